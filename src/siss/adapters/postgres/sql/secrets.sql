-- fragment: there
f.status NOT IN ('missing', 'deleted')

-- name: copy_findings
COPY secret_findings (content_id, text_start, text_end, source_start, source_end, line, critical, accepted, fingerprint,
                      rule) FROM STDIN (FORMAT BINARY)

-- name: delete_findings
DELETE FROM secret_findings USING unnest(%(contents)s::bigint[], %(starts)s::bigint[]) AS old (id, start)
WHERE content_id = old.id AND text_start >= old.start

-- name: hand_over_findings
UPDATE secret_findings SET content_id = %(heir)s WHERE content_id = %(id)s

-- name: first_place
SELECT min(text_start) FROM chunks WHERE content_id = %(id)s

-- name: outdated_contents
SELECT id FROM contents
WHERE id > %(after)s AND extraction <> %(version)s AND NOT opened AND (text_bytes > 0 OR members <> '{}')
ORDER BY id LIMIT %(limit)s

-- name: count_outdated
SELECT count(*) FROM contents
WHERE extraction <> %(version)s AND NOT opened AND (text_bytes > 0 OR members <> '{}')

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
