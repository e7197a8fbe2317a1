-- fragment: columns
seq, at, kind, what, file_id, public_id, shown, former, tags, outbox_id

-- fragment: visible
(%(scopes)s::text[] IS NULL OR e.shown || '/' ^@ ANY(%(scopes)s::text[]) OR e.former || '/' ^@ ANY(%(scopes)s::text[]))
AND (e.kind = 'removed' OR NOT EXISTS (SELECT FROM files f WHERE f.id = e.file_id AND f.hidden))

-- name: lock
SELECT pg_advisory_xact_lock(hashtext('siss events'))

-- name: number
WITH taken AS (
    DELETE FROM event_inbox WHERE id IN (SELECT id FROM event_inbox ORDER BY id LIMIT %(limit)s)
    RETURNING id, at, kind, what, file_id, public_id, shown, former, tags)
INSERT INTO events (/*columns*/)
SELECT nextval('event_numbers'), at, kind, what, file_id, public_id, shown, former, tags,
       (SELECT last_value FROM outbox_id_seq)
FROM (SELECT * FROM taken ORDER BY id) AS ordered

-- name: ring
SELECT pg_notify('numbered', '')

-- name: page
SELECT /*columns*/ FROM events e
WHERE seq > %(after)s AND seq <= %(last)s
  AND (%(kinds)s::text[] IS NULL OR kind = ANY(%(kinds)s::text[]) OR former IS NOT NULL)
  AND (%(tag)s::text IS NULL OR tags @> ARRAY[%(tag)s::text])
  AND (%(folder)s::text IS NULL OR shown ^@ %(folder)s::text OR former ^@ %(folder)s::text)
  AND /*visible*/
ORDER BY seq LIMIT %(limit)s

-- name: bounds
SELECT coalesce((SELECT min(seq) FROM events), 0),
       coalesce((SELECT max(seq) FROM events), 0)

-- name: prune
DELETE FROM events
WHERE seq <= least((SELECT max(seq) FROM events) - %(keep)s,
                   (SELECT min(matched_seq) FROM webhooks WHERE state = 'active'))
