-- name: lock_roots
SELECT id, path, active FROM roots ORDER BY id FOR UPDATE

-- name: put_root
INSERT INTO roots (path, path_hash, shown, position, case_insensitive)
VALUES (%(path)s, %(path_hash)s, %(shown)s, %(position)s, %(case_insensitive)s)
ON CONFLICT (path_hash) DO UPDATE
SET shown = excluded.shown, position = excluded.position, case_insensitive = excluded.case_insensitive, active = true

-- name: drop_roots
UPDATE roots SET active = false WHERE id = ANY(%(ids)s::int[])

-- name: delete_files_of_roots
UPDATE files SET status = 'deleted', content_id = NULL, pending_since = NULL, missing_since = NULL, forced = false
WHERE root_id = ANY(%(ids)s::int[]) AND status <> 'deleted'
RETURNING id, generation

-- name: forget_folders_of_roots
UPDATE folders SET fingerprint = '', present = false WHERE root_id = ANY(%(ids)s::int[])

-- name: delete_skipped_of_roots
DELETE FROM skipped USING folders WHERE skipped.folder_id = folders.id AND folders.root_id = ANY(%(ids)s::int[])

-- name: orphan_all
UPDATE contents SET orphaned_at = now()
WHERE orphaned_at IS NULL AND NOT opened AND NOT EXISTS (SELECT FROM files WHERE files.content_id = contents.id)

-- name: active_roots
SELECT id, path, shown, case_insensitive, state, watch, reason FROM roots WHERE active ORDER BY position, id

-- name: set_root
UPDATE roots SET state = %(state)s, watch = %(watch)s, reason = %(reason)s WHERE id = %(id)s

-- name: finish_scan
UPDATE roots SET last_scan_at = now() WHERE id = %(id)s

-- name: fingerprints
SELECT path, fingerprint FROM folders WHERE root_id = %(root_id)s AND present

-- name: files_in_folders
SELECT d.path, f.name, f.id, f.key, f.size, f.mtime_ns, f.inode, f.device, f.status = 'missing'
FROM folders d JOIN files f ON f.folder_id = d.id
WHERE d.root_id = %(root_id)s AND d.path_hash = ANY(%(hashes)s::bytea[])
  AND (f.status <> 'deleted' OR f.removed_at IS NOT NULL)

-- name: unreadable_files
SELECT f.id, d.path, f.name
FROM file_gaps g JOIN files f ON f.id = g.file_id JOIN folders d ON d.id = f.folder_id
WHERE g.reason IN ('permission_denied', 'read_error') AND f.status IN ('failed', 'indexed', 'metadata_only') AND f.root_id = %(root_id)s
  AND (%(folders)s::bytea[] IS NULL OR d.path_hash = ANY(%(folders)s::bytea[]))

-- name: files_by_inode
SELECT d.path, f.name, f.id, f.key, f.size, f.mtime_ns, f.inode, f.device, f.status = 'missing', c.tail
FROM unnest(%(inodes)s::bigint[], %(sizes)s::bigint[], %(mtimes)s::bigint[]) AS wanted (inode, size, mtime_ns)
JOIN files f ON f.inode = wanted.inode
JOIN folders d ON d.id = f.folder_id
LEFT JOIN contents c ON c.id = f.content_id
WHERE f.root_id = %(root_id)s AND (f.status <> 'deleted' OR f.removed_at IS NOT NULL)
  AND (f.size = wanted.size AND f.mtime_ns = wanted.mtime_ns OR f.size <= wanted.size AND c.tail IS NOT NULL)

-- name: lock_root
SELECT FROM roots WHERE id = %(root_id)s FOR NO KEY UPDATE

-- name: root_shown
SELECT r.shown FROM roots r JOIN folders d ON d.root_id = r.id WHERE d.id = %(folder_id)s

-- name: put_folders
INSERT INTO folders (root_id, path, path_hash, fingerprint)
SELECT %(root_id)s, path, path_hash, fingerprint
FROM unnest(%(paths)s::bytea[], %(hashes)s::bytea[], %(fingerprints)s::bytea[]) AS new (path, path_hash, fingerprint)
ON CONFLICT (root_id, path_hash) DO UPDATE SET fingerprint = excluded.fingerprint, present = true
RETURNING path, id

-- name: ensure_folders
INSERT INTO folders (root_id, path, path_hash)
SELECT %(root_id)s, path, path_hash FROM unnest(%(paths)s::bytea[], %(hashes)s::bytea[]) AS new (path, path_hash)
ON CONFLICT (root_id, path_hash) DO UPDATE SET present = true
RETURNING path, id

-- name: files_by_key
SELECT f.key_hash, f.id, d.path, f.name, f.status::text, f.generation
FROM files f JOIN folders d ON d.id = f.folder_id
WHERE f.root_id = %(root_id)s AND f.key_hash = ANY(%(hashes)s::bytea[])
FOR UPDATE OF f

-- name: copy_files
COPY files (public_id, root_id, folder_id, size, mtime_ns, inode, device, key_hash, key, name, shown)
FROM STDIN (FORMAT BINARY)

-- name: ids_by_key
SELECT key_hash, id FROM files WHERE root_id = %(root_id)s AND key_hash = ANY(%(hashes)s::bytea[])

-- name: note_conflicts
INSERT INTO file_gaps (file_id, seq, reason, detail, lost)
SELECT id, 0, 'case_conflict', detail, false FROM unnest(%(ids)s::bigint[], %(details)s::text[]) AS new (id, detail)
ON CONFLICT (file_id, seq) DO UPDATE SET detail = excluded.detail

-- name: rename_files
UPDATE files f
SET folder_id = new.folder_id, name = new.name, shown = new.shown, key = new.key, key_hash = new.key_hash,
    size = new.size, mtime_ns = new.mtime_ns, inode = new.inode, device = new.device, seen_at = now(),
    read_mtime_ns = CASE WHEN new.changed THEN f.read_mtime_ns ELSE new.mtime_ns END,
    status = CASE WHEN f.removed_at IS NOT NULL AND NOT new.changed THEN 'deleted'::file_status
                  WHEN new.changed OR f.pending_since IS NOT NULL OR f.content_id IS NULL AND f.status <> 'failed'
                  THEN 'pending'
                  WHEN f.status <> 'missing' THEN f.status
                  WHEN (SELECT c.metadata_only FROM contents c WHERE c.id = f.content_id) THEN 'metadata_only'
                  ELSE 'indexed' END,
    pending_since = CASE WHEN f.removed_at IS NOT NULL AND NOT new.changed THEN NULL
                         WHEN new.changed OR f.pending_since IS NOT NULL OR f.content_id IS NULL AND f.status <> 'failed'
                         THEN coalesce(f.pending_since, now()) END,
    removed_at = CASE WHEN new.changed THEN NULL ELSE f.removed_at END,
    removed_by = CASE WHEN new.changed THEN NULL ELSE f.removed_by END,
    not_before = NULL,
    attempts = CASE WHEN new.changed THEN 0 ELSE f.attempts END,
    missing_since = NULL
FROM unnest(%(ids)s::bigint[], %(folders)s::bigint[], %(names)s::bytea[], %(shown)s::text[], %(keys)s::bytea[],
            %(hashes)s::bytea[], %(sizes)s::bigint[], %(mtimes)s::bigint[], %(inodes)s::bigint[],
            %(devices)s::bigint[], %(changed)s::boolean[])
     AS new (id, folder_id, name, shown, key, key_hash, size, mtime_ns, inode, device, changed)
WHERE f.id = new.id
RETURNING f.id, f.generation, f.status = 'pending'

-- name: change_files
UPDATE files f
SET size = new.size, mtime_ns = new.mtime_ns, inode = new.inode, device = new.device, seen_at = now(),
    status = CASE WHEN f.removed_at IS NULL THEN 'pending'::file_status ELSE 'deleted' END,
    pending_since = CASE WHEN f.removed_at IS NULL THEN coalesce(f.pending_since, now()) END, not_before = NULL,
    attempts = 0, missing_since = NULL
FROM unnest(%(ids)s::bigint[], %(sizes)s::bigint[], %(mtimes)s::bigint[], %(inodes)s::bigint[],
            %(devices)s::bigint[]) AS new (id, size, mtime_ns, inode, device),
     LATERAL (SELECT status FROM files WHERE files.id = new.id) AS old
WHERE f.id = new.id AND (f.status <> 'deleted' OR f.removed_at IS NOT NULL)
RETURNING f.id, CASE WHEN old.status = 'missing' THEN f.generation ELSE 0 END

-- name: return_files
UPDATE files f
SET seen_at = now(), missing_since = NULL,
    status = CASE WHEN f.pending_since IS NOT NULL OR f.content_id IS NULL THEN 'pending'::file_status
                  WHEN (SELECT c.metadata_only FROM contents c WHERE c.id = f.content_id) THEN 'metadata_only'
                  ELSE 'indexed' END,
    pending_since = CASE WHEN f.pending_since IS NOT NULL OR f.content_id IS NULL
                         THEN coalesce(f.pending_since, now()) END
WHERE f.id = ANY(%(ids)s::bigint[]) AND f.status = 'missing'
RETURNING f.id, f.generation, f.status = 'pending'

-- name: set_generations
-- None is lower than the one before, whatever the clock says.
UPDATE files f
SET generation = greatest(new.generation, f.generation + 1),
    path_since = CASE WHEN %(path)s THEN greatest(new.generation, f.generation + 1) ELSE f.path_since END,
    labels_since = CASE WHEN %(labels)s THEN greatest(new.generation, f.generation + 1) ELSE f.labels_since END
FROM unnest(%(ids)s::bigint[], %(generations)s::bigint[]) AS new (id, generation)
WHERE f.id = new.id

-- name: delete_files
DELETE FROM files WHERE id = ANY(%(ids)s::bigint[])

-- name: delete_skipped
DELETE FROM skipped WHERE folder_id = ANY(%(folders)s::bigint[])

-- name: copy_skipped
COPY skipped (folder_id, shown_hash, shown, reason, gap_start, gap_end, item, detail, lost) FROM STDIN (FORMAT BINARY)

-- name: folders_below
SELECT DISTINCT d.id
FROM unnest(%(lows)s::bytea[], %(highs)s::bytea[], %(prefixes)s::bytea[]) AS wanted (low, high, prefix)
JOIN folders d ON d.root_id = %(root_id)s
    AND substring(d.path FROM 1 FOR 512) >= wanted.low AND substring(d.path FROM 1 FOR 512) < wanted.high
    AND substring(d.path FROM 1 FOR length(wanted.prefix)) = wanted.prefix
UNION
SELECT d.id FROM folders d WHERE d.root_id = %(root_id)s AND d.path_hash = ANY(%(hashes)s::bytea[])

-- name: mark_missing
UPDATE files SET status = 'missing', missing_since = now()
WHERE (id = ANY(%(files)s::bigint[]) OR folder_id = ANY(%(folders)s::bigint[])) AND root_id = %(root_id)s
  AND status NOT IN ('missing', 'deleted')
RETURNING id, generation

-- name: forget_folders
UPDATE folders SET fingerprint = '', present = false WHERE id = ANY(%(folders)s::bigint[])

-- name: count_files
SELECT count(*) FROM files WHERE root_id = %(root_id)s AND status NOT IN ('missing', 'deleted')

-- name: expire_missing
UPDATE files f SET status = 'deleted', content_id = NULL, pending_since = NULL, missing_since = NULL, forced = false
FROM roots r
WHERE r.id = f.root_id AND r.state = 'available' AND f.status = 'missing'
  AND f.missing_since < now() - make_interval(secs => %(grace)s)
RETURNING f.id, f.generation

-- name: expired_contents
SELECT id FROM contents
WHERE orphaned_at < now() - make_interval(secs => %(grace)s)
  AND NOT EXISTS (SELECT FROM files WHERE files.content_id = contents.id)
ORDER BY id LIMIT 5000 FOR UPDATE

-- fragment: waiting_files
SELECT f.id, f.root_id, r.path, d.path, f.name, f.shown, f.size, f.mtime_ns, f.inode, f.device, f.attempts, f.forced,
       f.content_id, c.sha256, c.tail
FROM files f JOIN roots r ON r.id = f.root_id JOIN folders d ON d.id = f.folder_id
LEFT JOIN contents c ON c.id = f.content_id
WHERE f.status = 'pending' AND (f.not_before IS NULL OR f.not_before <= now()) AND r.state = 'available' AND r.active

-- name: pending_files
/*waiting_files*/ AND f.id > %(after)s ORDER BY f.id LIMIT %(limit)s

-- name: wanted_files
/*waiting_files*/ AND f.wanted ORDER BY f.id LIMIT %(limit)s

-- name: forget_waits
UPDATE files SET not_before = NULL WHERE status = 'pending' AND not_before > now()

-- name: count_pending
SELECT count(*), coalesce(extract(epoch FROM now() - min(greatest(pending_since, not_before))), 0)::float8
FROM files WHERE status = 'pending' AND (not_before IS NULL OR not_before <= now())

-- name: requeue
UPDATE files
SET status = 'pending', pending_since = coalesce(pending_since, now()), not_before = NULL, attempts = 0,
    forced = forced OR %(forced)s, wanted = wanted OR %(wanted)s
WHERE (%(ids)s::bigint[] IS NULL OR id = ANY(%(ids)s::bigint[])) AND status NOT IN ('missing', 'deleted')

-- name: note_limits
UPDATE control SET limits = %(limits)s WHERE limits <> %(limits)s RETURNING limits

-- name: requeue_limited
-- One that is missing is read when it returns.
UPDATE files f
SET status = CASE WHEN f.status = 'missing' THEN f.status ELSE 'pending' END,
    pending_since = coalesce(f.pending_since, now()), not_before = NULL, attempts = 0, forced = true
WHERE f.status <> 'deleted' AND (
    f.id IN (SELECT g.file_id FROM file_gaps g WHERE g.reason = ANY(%(reasons)s::text[]))
    OR f.content_id IN (
        SELECT g.content_id FROM content_gaps g
        WHERE g.reason = ANY(%(reasons)s::text[]) OR g.detail LIKE '%%(SISS_MAX_MEMBERS)%%'
        UNION ALL
        SELECT c.id FROM contents c
        WHERE NOT c.metadata_only AND c.size > %(largest)s AND c.kind = ANY(%(kinds)s::text[])))

-- name: requeue_content
-- One that is missing is read when it returns.
UPDATE files
SET status = CASE WHEN status = 'missing' THEN status ELSE 'pending' END,
    pending_since = coalesce(pending_since, now()), not_before = NULL, attempts = 0, forced = true
WHERE content_id = %(id)s AND status <> 'deleted'

-- name: broken_texts
-- Chunks and blocks have no number twice: as many as there should be, from the first to the last number (chunks) and
-- from one end of the text to the other, tile it.
SELECT c.id FROM contents c
LEFT JOIN (
    SELECT content_id, min(text_start) AS first, max(text_end) AS last, sum(text_end - text_start) AS bytes
    FROM text_blocks GROUP BY 1) AS b ON b.content_id = c.id
LEFT JOIN (
    SELECT content_id, count(*) AS chunks, max(seq) AS top, min(text_start) AS first, max(text_end) AS last,
           sum(text_end - text_start) AS bytes
    FROM chunks GROUP BY 1) AS k ON k.content_id = c.id
WHERE NOT c.opened AND (
    (coalesce(b.first, 0), coalesce(b.last, 0), coalesce(b.bytes, 0)) <> (0, c.text_bytes, c.text_bytes)
    OR (coalesce(k.first, 0), coalesce(k.last, 0), coalesce(k.bytes, 0)) <> (0, c.text_bytes, c.text_bytes)
    OR (coalesce(k.chunks, 0), coalesce(k.top, -1)) <> (c.chunk_count, c.chunk_count - 1))
ORDER BY c.id

-- name: files_without_content
-- A generation is given with the first content, and never taken.
SELECT f.id FROM files f
WHERE f.status <> 'deleted' AND (
    f.content_id IS NOT NULL AND NOT EXISTS (SELECT FROM contents c WHERE c.id = f.content_id)
    OR f.status IN ('indexed', 'metadata_only') AND (f.content_id IS NULL OR f.generation = 0))
ORDER BY f.id

-- name: requeue_without_content
UPDATE files f
SET content_id = NULL, hidden = false, status = CASE WHEN status = 'missing' THEN status ELSE 'pending' END,
    pending_since = coalesce(pending_since, now()), not_before = NULL, attempts = 0, forced = true
WHERE id = ANY(%(ids)s::bigint[]) AND NOT EXISTS (
    SELECT FROM contents c WHERE c.id = f.content_id AND f.generation <> 0)

-- name: left_behind
SELECT content_id FROM (
    SELECT content_id FROM chunks UNION SELECT content_id FROM text_blocks UNION SELECT content_id FROM content_gaps
) AS k
WHERE NOT EXISTS (SELECT FROM contents c WHERE c.id = k.content_id)
ORDER BY content_id

-- name: without_files
SELECT id FROM unnest(%(ids)s::bigint[]) AS wanted (id)
WHERE NOT EXISTS (SELECT FROM files f WHERE f.content_id = wanted.id)

-- name: write_status
UPDATE control SET status = %(status)s, updated_at = now()

-- name: note_damage
INSERT INTO damage (told) VALUES (%(told)s)
ON CONFLICT (only_row) DO UPDATE SET told = excluded.told WHERE damage.told <> excluded.told

-- name: forget_damage
DELETE FROM damage

-- name: paused
SELECT paused FROM control

-- name: set_paused
UPDATE control SET paused = %(paused)s

-- name: ring
SELECT pg_notify(%(channel)s, '')

-- name: put_outbox
INSERT INTO outbox (op, subject)
SELECT op, subject FROM unnest(%(ops)s::text[], %(subjects)s::bigint[]) WITH ORDINALITY AS new (op, subject, place)
ORDER BY place
RETURNING id, op, subject

-- name: readable_tables
SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_class whole ON whole.reltoastrelid = c.oid
WHERE c.relkind IN ('r', 't') AND c.relpersistence = 'p' AND n.nspname IN ('public', 'pg_catalog', 'pg_toast')
  AND 'text_blocks' NOT IN (c.relname, coalesce(whole.relname, ''))
  AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
ORDER BY n.nspname DESC, c.relname
