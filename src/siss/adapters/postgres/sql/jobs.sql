-- fragment: columns
id, kind, state, arguments, requested_by, requested_at, started_at, finished_at, progress, result, error, cancelling

-- name: submit
INSERT INTO jobs (id, kind, arguments, requested_by)
VALUES (%(id)s, %(kind)s, %(arguments)s, %(requested_by)s)
RETURNING /*columns*/

-- name: ring
SELECT pg_notify('jobs', '')

-- name: get
SELECT /*columns*/ FROM jobs WHERE id = %(id)s

-- name: page
SELECT /*columns*/ FROM jobs
WHERE (%(state)s::text IS NULL OR state = %(state)s::text) AND (%(kind)s::text IS NULL OR kind = %(kind)s::text)
  AND (%(requested_by)s::text IS NULL OR requested_by = %(requested_by)s::text)
  AND (%(after)s::uuid IS NULL OR id < %(after)s::uuid)
ORDER BY id DESC LIMIT %(limit)s

-- name: cancel
UPDATE jobs
SET cancelling = state = 'running', finished_at = CASE WHEN state = 'queued' THEN clock_timestamp() END,
    state = CASE WHEN state = 'queued' THEN 'cancelled' ELSE state END
WHERE id = %(id)s AND state IN ('queued', 'running')

-- name: claim
UPDATE jobs SET state = 'running', started_at = clock_timestamp()
WHERE id = (
    SELECT id FROM jobs WHERE state = 'queued' AND kind = ANY(%(kinds)s::text[])
    ORDER BY requested_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
)
RETURNING /*columns*/

-- name: update
UPDATE jobs
SET state = %(state)s, progress = coalesce(%(progress)s::jsonb, progress), result = coalesce(%(result)s::jsonb, result),
    error = coalesce(%(error)s::text, error),
    finished_at = CASE WHEN %(state)s IN ('done', 'failed', 'cancelled') THEN clock_timestamp() END
WHERE id = %(id)s

-- name: requeue_running
UPDATE jobs SET state = 'queued', started_at = NULL WHERE state = 'running' AND kind = ANY(%(kinds)s::text[])
