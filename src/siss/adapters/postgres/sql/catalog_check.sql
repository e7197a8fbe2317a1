-- fragments: naming

-- name: readable_tables
SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_class whole ON whole.reltoastrelid = c.oid
WHERE c.relkind IN ('r', 't') AND c.relpersistence = 'p' AND n.nspname IN ('public', 'pg_catalog', 'pg_toast')
  AND 'text_blocks' NOT IN (c.relname, coalesce(whole.relname, ''))
  AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
ORDER BY n.nspname DESC, c.relname

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

-- name: sample_drawn
WITH fitting AS MATERIALIZED (
    SELECT c.id FROM contents c
    WHERE NOT c.opened AND c.extraction = %(extraction)s AND c.text_bytes BETWEEN 1 AND %(most_bytes)s
      AND EXISTS (SELECT FROM files f WHERE f.content_id = c.id AND f.status <> 'deleted')
), chosen AS (
    SELECT id FROM fitting ORDER BY random()
    LIMIT (SELECT least(%(most)s, greatest(%(least)s, ceil(count(*) * %(share)s::double precision)))::bigint FROM fitting)
)
SELECT id FROM chosen ORDER BY id

-- name: drawn_from
SELECT c.kind, c.encoding, c.hidden,
       ARRAY(SELECT DISTINCT f.name FROM files f WHERE f.content_id = c.id),
       ARRAY(SELECT k.text_end FROM chunks k WHERE k.content_id = c.id ORDER BY k.seq)
FROM contents c WHERE c.id = %(id)s

-- name: findings_of
SELECT rule, critical, encode(fingerprint, 'hex'), line, text_start, text_end, source_start, source_end, accepted
FROM secret_findings WHERE content_id = %(id)s ORDER BY text_start

-- name: mentions_of
SELECT part, ids, places FROM entity_mentions WHERE content_id = %(id)s

-- name: known_things
SELECT e.id, e.type, e.value FROM entities e CROSS JOIN (SELECT %(id)s::bigint AS content_id) AS f
WHERE e.id = ANY(%(ids)s::bigint[]) AND /*f_names_e*/
