-- fragment: as_seen
(NOT %(seen)s::boolean OR (
    f.shown = %(seen_shown)s::text AND f.size = %(seen_size)s::bigint AND f.status = %(seen_status)s::file_status
    AND f.tags = %(seen_tags)s::text[] AND f.description IS NOT DISTINCT FROM %(seen_description)s::text
    AND f.indexed_at IS NOT DISTINCT FROM %(seen_indexed_at)s::timestamptz
    AND f.content_id IS NOT DISTINCT FROM %(seen_content_id)s::bigint))

-- name: annotate
UPDATE files f
SET tags = coalesce(%(tags)s::text[], tags),
    description = CASE WHEN %(description)s::text IS NULL THEN description
                       ELSE nullif(%(description)s::text, '') END
WHERE f.id = %(id)s AND f.status <> 'deleted' AND /*as_seen*/
RETURNING f.generation

-- name: label_uploads
UPDATE files f
SET tags = coalesce(%(tags)s::text[], f.tags), description = coalesce(%(description)s::text, f.description),
    wanted = f.status = 'pending'
FROM files old, unnest(%(hashes)s::bytea[], %(names)s::bytea[]) AS upload (key_hash, name)
WHERE f.root_id = %(root_id)s AND f.key_hash = upload.key_hash AND f.name = upload.name AND old.id = f.id
RETURNING f.id, f.generation <> 0 AND (f.tags, f.description) IS DISTINCT FROM (old.tags, old.description)

-- name: remove
UPDATE files f
SET status = 'deleted', content_id = NULL, hidden = false, pending_since = NULL, missing_since = NULL, forced = false,
    indexed_at = NULL, removed_at = now(), removed_by = %(subject)s
FROM (SELECT id, content_id FROM files WHERE id = %(id)s FOR UPDATE) AS old
WHERE f.id = old.id AND f.status <> 'deleted' AND /*as_seen*/
RETURNING f.generation, old.content_id

-- name: orphan
UPDATE contents SET orphaned_at = now()
WHERE id = %(content_id)s AND orphaned_at IS NULL AND NOT EXISTS (SELECT FROM files WHERE content_id = contents.id)

-- name: restore
UPDATE files
SET status = 'pending', pending_since = now(), not_before = NULL, attempts = 0, removed_at = NULL, removed_by = NULL,
    wanted = true
WHERE id = %(id)s AND removed_at IS NOT NULL
