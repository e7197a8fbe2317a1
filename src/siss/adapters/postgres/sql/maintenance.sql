-- name: runs
SELECT task, started_at, finished_at, succeeded_at, result, error FROM maintenance_runs

-- name: record
INSERT INTO maintenance_runs (task, started_at, finished_at, succeeded_at, result, error)
VALUES (%(task)s, %(started_at)s, %(finished_at)s, %(succeeded_at)s, %(result)s, %(error)s)
ON CONFLICT (task) DO UPDATE
SET started_at = excluded.started_at, finished_at = excluded.finished_at, result = excluded.result,
    error = excluded.error, succeeded_at = coalesce(excluded.succeeded_at, maintenance_runs.succeeded_at)

-- name: written
SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM outbox_id_seq

-- name: upkeep_mark
SELECT result ->> 'mark' FROM maintenance_runs WHERE task = 'upkeep'

-- name: note_upkeep
INSERT INTO maintenance_runs (task, started_at, finished_at, succeeded_at, result)
VALUES ('upkeep', now(), now(), now(), jsonb_build_object('mark', %(mark)s::text))
ON CONFLICT (task) DO UPDATE
SET finished_at = excluded.finished_at, succeeded_at = excluded.succeeded_at, result = excluded.result

-- name: tables
SELECT relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
WHERE relkind = 'r' AND nspname = 'public' ORDER BY relname

-- name: unfinished_indexes
-- What a rebuild left that was ended in the middle; nobody is answered from them.
SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE NOT i.indisvalid AND n.nspname = 'public' AND c.relname ~ '_cc(new|old)[0-9]*$'

-- name: loose_indexes
-- By rows of the table: what an index says of its own differs between a build and a vacuum where it is a GIN.
SELECT c.relname
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_index i ON i.indexrelid = c.oid
JOIN pg_class t ON t.oid = i.indrelid LEFT JOIN index_builds b ON b.name = c.relname
WHERE c.relkind = 'i' AND n.nspname = 'public' AND i.indisvalid
  AND pg_relation_size(c.oid) >= greatest(%(least)s, %(loose)s * b.bytes_per_row * greatest(t.reltuples, 1))
ORDER BY c.relname

-- name: note_build
INSERT INTO index_builds (name, bytes_per_row)
SELECT c.relname, pg_relation_size(c.oid) / greatest(t.reltuples, 1)
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
WHERE c.oid = to_regclass(quote_ident(%(name)s))
ON CONFLICT (name) DO UPDATE SET bytes_per_row = excluded.bytes_per_row

-- name: database_bytes
SELECT pg_database_size(current_database())

-- name: forget_jobs
DELETE FROM jobs WHERE state IN ('done', 'failed', 'cancelled') AND finished_at < %(ended_before)s

-- fragment: comparable
f.status IN ('indexed', 'metadata_only') AND f.read_mtime_ns = f.mtime_ns AND c.sha256 IS NOT NULL
AND c.size = f.size AND r.active AND r.state = 'available'

-- fragment: hash
f.id, r.path, d.path, f.name, f.shown, f.size, f.mtime_ns, f.inode, f.device, c.sha256,
g.file_id IS NOT NULL AS damaged
FROM files f
JOIN contents c ON c.id = f.content_id JOIN roots r ON r.id = f.root_id JOIN folders d ON d.id = f.folder_id

-- name: sample
WITH comparable AS MATERIALIZED (
    SELECT f.id, random() AS place FROM files f
    JOIN contents c ON c.id = f.content_id JOIN roots r ON r.id = f.root_id
    WHERE /*comparable*/
), chosen AS (
    SELECT id FROM comparable ORDER BY place
    LIMIT (SELECT ceil(count(*) * %(share)s::double precision)::bigint FROM comparable)
)
SELECT /*hash*/ JOIN chosen ON chosen.id = f.id LEFT JOIN file_gaps g ON g.file_id = f.id AND g.reason = 'bit_rot'
UNION
SELECT /*hash*/ JOIN file_gaps g ON g.file_id = f.id AND g.reason = 'bit_rot' WHERE /*comparable*/

-- name: set_damaged
INSERT INTO file_gaps (file_id, seq, reason, detail, lost) VALUES (%(id)s, -1, 'bit_rot', %(detail)s, false)
ON CONFLICT (file_id, seq) DO UPDATE SET detail = excluded.detail

-- name: clear_damaged
DELETE FROM file_gaps WHERE file_id = %(id)s AND seq = -1
