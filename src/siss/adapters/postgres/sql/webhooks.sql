-- fragment: hook
w.id, w.subject, w.role, w.scopes, w.raw, w.url, w.secret, w.kinds, w.folder, w.tag, w.search_id, w.state, w.reason,
w.matched_seq, w.created_at

-- fragment: delivery
d.id, d.webhook_id, d.state, d.attempts, d.created_at, d.next_at, d.finished_at, d.status, d.error, d.body

-- name: add_search
INSERT INTO saved_searches (id, name, subject, query, created_at)
VALUES (%(id)s, %(name)s, %(subject)s, %(query)s, %(created_at)s)
ON CONFLICT (subject, name) DO NOTHING

-- name: get_search
SELECT id, name, subject, query, created_at FROM saved_searches WHERE id = %(id)s

-- name: page_searches
SELECT id, name, subject, query, created_at FROM saved_searches
WHERE (%(subject)s::text IS NULL OR subject = %(subject)s::text) AND (%(after)s::uuid IS NULL OR id > %(after)s::uuid)
ORDER BY id LIMIT %(limit)s

-- name: delete_search
DELETE FROM saved_searches WHERE id = %(id)s

-- name: add
INSERT INTO webhooks (id, subject, role, scopes, raw, url, secret, kinds, folder, tag, search_id, state, reason,
                      matched_seq, created_at)
VALUES (%(id)s, %(subject)s, %(role)s, %(scopes)s, %(raw)s, %(url)s, %(secret)s, %(kinds)s, %(folder)s, %(tag)s,
        %(search_id)s, %(state)s, %(reason)s, %(matched)s, %(created_at)s)

-- name: get
SELECT /*hook*/ FROM webhooks w WHERE w.id = %(id)s

-- name: page
SELECT /*hook*/ FROM webhooks w
WHERE (%(subject)s::text IS NULL OR w.subject = %(subject)s::text)
  AND (%(after)s::uuid IS NULL OR w.id > %(after)s::uuid)
ORDER BY w.id LIMIT %(limit)s

-- name: active
SELECT /*hook*/ FROM webhooks w WHERE w.state = 'active' ORDER BY w.id

-- name: set_state
UPDATE webhooks SET state = %(state)s, reason = %(reason)s WHERE id = %(id)s

-- name: try_again
UPDATE deliveries SET state = 'waiting', attempts = 0, next_at = now(), finished_at = NULL
WHERE webhook_id = %(id)s AND state <> 'sent'

-- name: delete
DELETE FROM webhooks WHERE id = %(id)s

-- name: told
SELECT file_id FROM told_files WHERE webhook_id = %(id)s AND file_id = ANY(%(files)s::bigint[])

-- name: advance
UPDATE webhooks SET matched_seq = %(reached)s WHERE id = %(id)s AND matched_seq = %(matched)s AND state = 'active'

-- name: put_delivery
INSERT INTO deliveries (id, webhook_id, body) VALUES (%(id)s, %(webhook_id)s, %(body)s)

-- name: put_told
INSERT INTO told_files (webhook_id, file_id) SELECT %(id)s, file_id FROM unnest(%(files)s::bigint[]) AS new (file_id)
ON CONFLICT DO NOTHING

-- name: claim
WITH oldest AS (
    SELECT DISTINCT ON (d.webhook_id) d.id, d.next_at
    FROM deliveries d JOIN webhooks w ON w.id = d.webhook_id
    WHERE d.state = 'waiting' AND w.state = 'active'
    ORDER BY d.webhook_id, d.id),
due AS (
    SELECT d.id FROM deliveries d JOIN oldest o ON o.id = d.id
    -- No pause is longer than that: the clock was set back since.
    WHERE o.next_at <= now() OR o.next_at > now() + make_interval(secs => %(longest)s) ORDER BY d.id LIMIT %(limit)s FOR UPDATE OF d SKIP LOCKED)
UPDATE deliveries d SET next_at = now() + make_interval(secs => %(lease)s), attempts = d.attempts + 1
FROM due, webhooks w WHERE d.id = due.id AND w.id = d.webhook_id
RETURNING /*delivery*/, /*hook*/

-- name: record
UPDATE deliveries
SET status = %(status)s, error = %(error)s, next_at = coalesce(%(next_at)s::timestamptz, next_at),
    state = CASE WHEN %(error)s::text IS NULL THEN 'sent' WHEN %(next_at)s::timestamptz IS NULL THEN 'failed'
                 ELSE 'waiting' END,
    finished_at = CASE WHEN %(error)s::text IS NULL OR %(next_at)s::timestamptz IS NULL THEN now() END
WHERE id = %(id)s

-- name: deliveries
SELECT /*delivery*/ FROM deliveries d
WHERE d.webhook_id = %(id)s AND (%(after)s::uuid IS NULL OR d.id < %(after)s::uuid)
ORDER BY d.id DESC LIMIT %(limit)s

-- name: forget
DELETE FROM deliveries WHERE finished_at < now() - make_interval(secs => %(seconds)s)
