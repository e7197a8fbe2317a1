-- name: unreadable_files
SELECT f.id, d.path, f.name
FROM file_gaps g JOIN files f ON f.id = g.file_id JOIN folders d ON d.id = f.folder_id
WHERE g.reason IN ('permission_denied', 'read_error') AND f.status IN ('failed', 'indexed', 'metadata_only') AND f.root_id = %(root_id)s
  AND (%(folders)s::bytea[] IS NULL OR d.path_hash = ANY(%(folders)s::bytea[]))

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

-- name: count_pending
SELECT count(*), coalesce(extract(epoch FROM now() - min(greatest(pending_since, not_before))), 0)::float8
FROM files WHERE status = 'pending' AND (not_before IS NULL OR not_before <= now())

-- name: forget_waits
UPDATE files SET not_before = NULL WHERE status = 'pending' AND not_before > now()

-- name: requeue
UPDATE files
SET status = 'pending', pending_since = coalesce(pending_since, now()), not_before = NULL, attempts = 0,
    forced = forced OR %(forced)s, wanted = wanted OR %(wanted)s
WHERE (%(ids)s::bigint[] IS NULL OR id = ANY(%(ids)s::bigint[])) AND status NOT IN ('missing', 'deleted')

-- name: requeue_content
-- One that is missing is read when it returns.
UPDATE files
SET status = CASE WHEN status = 'missing' THEN status ELSE 'pending' END,
    pending_since = coalesce(pending_since, now()), not_before = NULL, attempts = 0, forced = true
WHERE content_id = %(id)s AND status <> 'deleted'
