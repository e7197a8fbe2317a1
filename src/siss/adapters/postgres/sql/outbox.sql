-- name: put_outbox
INSERT INTO outbox (op, subject)
SELECT op, subject FROM unnest(%(ops)s::text[], %(subjects)s::bigint[]) WITH ORDINALITY AS new (op, subject, place)
ORDER BY place
RETURNING id, op, subject

-- name: ring
SELECT pg_notify(%(channel)s, '')

-- name: set_generations
-- None is lower than the one before, whatever the clock says.
UPDATE files f
SET generation = greatest(new.generation, f.generation + 1),
    path_since = CASE WHEN %(path)s THEN greatest(new.generation, f.generation + 1) ELSE f.path_since END,
    labels_since = CASE WHEN %(labels)s THEN greatest(new.generation, f.generation + 1) ELSE f.labels_since END
FROM unnest(%(ids)s::bigint[], %(generations)s::bigint[]) AS new (id, generation)
WHERE f.id = new.id

-- name: pending
SELECT id, op, subject FROM outbox WHERE id > %(after)s ORDER BY id LIMIT %(limit)s

-- name: settle
WITH settled AS (DELETE FROM outbox WHERE id = ANY(%(ids)s::bigint[]))
UPDATE control SET engine_stamp = coalesce(%(stamp)s::text, engine_stamp)

-- name: stamp
SELECT engine_stamp FROM control

-- name: settled
SELECT NOT EXISTS (SELECT FROM outbox WHERE id <= %(up_to)s)

-- name: depth
SELECT count(*) FROM outbox

-- name: file_documents
SELECT f.id, f.generation, c.id, c.generation, f.shown, split_part(f.shown, '/', -1), f.tags, coalesce(c.mime, ''),
       coalesce(c.kind, ''), f.size, f.mtime_ns, coalesce(extract(epoch FROM f.indexed_at) * 1000000, 0)::bigint,
       coalesce(c.level_mask, 0), coalesce(c.members, '{}'), coalesce(f.description, ''), coalesce(c.chunk_count, 0)
FROM files f LEFT JOIN contents c ON c.id = f.content_id
WHERE f.id = ANY(%(ids)s::bigint[]) AND f.generation <> 0 AND f.status NOT IN ('missing', 'deleted') AND NOT f.hidden

-- name: stored_contents
SELECT id, generation, chunk_count FROM contents WHERE id = ANY(%(ids)s::bigint[]) AND NOT opened AND NOT hidden

-- name: enqueue_contents
INSERT INTO outbox (op, subject)
SELECT 'put_content', id FROM contents WHERE NOT opened AND NOT hidden AND chunk_count > 0 ORDER BY id

-- name: enqueue_files
INSERT INTO outbox (op, subject)
SELECT 'put_file', id FROM files WHERE generation <> 0 AND status NOT IN ('missing', 'deleted') AND NOT hidden ORDER BY id

-- name: every_file
SELECT id, generation FROM files
WHERE id > %(after)s AND generation <> 0 AND status NOT IN ('missing', 'deleted') AND NOT hidden
ORDER BY id LIMIT %(limit)s

-- name: every_content
SELECT id, generation, chunk_count FROM contents
WHERE id > %(after)s AND NOT opened AND NOT hidden AND chunk_count > 0
ORDER BY id LIMIT %(limit)s
