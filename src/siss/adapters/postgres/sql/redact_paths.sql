-- name: version
SELECT paths_redacted FROM control

-- name: set_version
UPDATE control SET paths_redacted = %(version)s

-- name: shown_files
SELECT id, shown FROM files WHERE id > %(after)s ORDER BY id LIMIT %(limit)s

-- name: shown_events
SELECT shown FROM events UNION SELECT former FROM events WHERE former IS NOT NULL
UNION SELECT shown FROM event_inbox UNION SELECT former FROM event_inbox WHERE former IS NOT NULL

-- name: update_files
UPDATE files f SET shown = new.shown
FROM unnest(%(ids)s::bigint[], %(old)s::text[], %(new)s::text[]) AS new (id, old, shown)
WHERE f.id = new.id AND f.shown = new.old
RETURNING f.id, CASE WHEN f.status IN ('missing', 'deleted') THEN 0 ELSE f.generation END

-- name: update_events
WITH new AS (SELECT * FROM unnest(%(old)s::text[], %(new)s::text[]) AS new (old, shown))
UPDATE events e
SET shown = coalesce((SELECT new.shown FROM new WHERE new.old = e.shown), e.shown),
    former = coalesce((SELECT new.shown FROM new WHERE new.old = e.former), e.former)
WHERE e.shown IN (SELECT old FROM new) OR e.former IN (SELECT old FROM new)

-- name: update_inbox
WITH new AS (SELECT * FROM unnest(%(old)s::text[], %(new)s::text[]) AS new (old, shown))
UPDATE event_inbox e
SET shown = coalesce((SELECT new.shown FROM new WHERE new.old = e.shown), e.shown),
    former = coalesce((SELECT new.shown FROM new WHERE new.old = e.former), e.former)
WHERE e.shown IN (SELECT old FROM new) OR e.former IN (SELECT old FROM new)

-- name: look_at_skipped
UPDATE folders d SET fingerprint = '' WHERE EXISTS (SELECT FROM skipped s WHERE s.folder_id = d.id)
