-- name: engine_redacted
SELECT engine_redacted FROM control

-- name: note_new_engine
UPDATE control SET engine_redacted = %(version)s WHERE NOT EXISTS (SELECT FROM contents)

-- name: note_engine_redacted
UPDATE control SET engine_redacted = %(version)s

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

-- fragment: there
f.status NOT IN ('missing', 'deleted')

-- name: count_outdated
SELECT count(*) FROM contents
WHERE extraction <> %(version)s AND NOT opened AND (text_bytes > 0 OR members <> '{}')

-- name: outdated_contents
SELECT id FROM contents
WHERE id > %(after)s AND extraction <> %(version)s AND NOT opened AND (text_bytes > 0 OR members <> '{}')
ORDER BY id LIMIT %(limit)s

-- name: first_files
SELECT min(f.id) FROM files f JOIN roots r ON r.id = f.root_id
WHERE f.content_id = ANY(%(contents)s::bigint[]) AND /*there*/ AND r.active AND r.state = 'available'
GROUP BY f.content_id

-- name: lost_contents
SELECT id FROM contents c
WHERE extraction <> %(version)s AND NOT opened AND (text_bytes > 0 OR members <> '{}')
  AND NOT EXISTS (SELECT FROM files f WHERE f.content_id = c.id AND /*there*/)
ORDER BY id LIMIT %(limit)s FOR UPDATE

-- name: leave_contents
UPDATE files SET content_id = NULL, hidden = false, pending_since = coalesce(pending_since, now())
WHERE content_id = ANY(%(contents)s::bigint[])
