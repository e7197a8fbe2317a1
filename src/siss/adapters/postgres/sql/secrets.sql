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
