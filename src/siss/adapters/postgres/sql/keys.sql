-- fragment: columns
id, name, hash, role, created_at, scopes, raw, requests_per_minute, expires_at, revoked_at, last_used_at,
ended_at

-- name: lock
SELECT pg_advisory_xact_lock(hashtext('api_keys'))

-- name: name_taken
SELECT EXISTS (
    SELECT FROM api_keys
    WHERE name = %(name)s AND id <> %(id)s AND revoked_at IS NULL AND ended_at IS NULL AND coalesce(expires_at, 'infinity') > now()
)

-- name: add
INSERT INTO api_keys (/*columns*/)
VALUES (%(id)s, %(name)s, %(hash)s, %(role)s, %(created_at)s, %(scopes)s, %(raw)s, %(requests_per_minute)s,
        %(expires_at)s, %(revoked_at)s, %(last_used_at)s, %(ended_at)s)

-- name: get
SELECT /*columns*/ FROM api_keys WHERE id = %(id)s

-- name: all
SELECT /*columns*/ FROM api_keys ORDER BY created_at, id

-- name: revoke
UPDATE api_keys SET revoked_at = %(at)s, ended_at = %(ended_at)s
WHERE id = %(id)s AND ended_at IS NULL AND coalesce(revoked_at, 'infinity') > %(at)s

-- name: renew
UPDATE api_keys SET expires_at = %(expires_at)s, ended_at = NULL
WHERE id = %(id)s AND revoked_at IS NULL
RETURNING name

-- name: end_due
UPDATE api_keys SET ended_at = %(now)s WHERE ended_at IS NULL AND least(revoked_at, expires_at) <= %(now)s

-- name: inherit
WITH kept AS (UPDATE saved_searches SET subject = %(heir)s WHERE subject = %(old)s),
     asked AS (UPDATE jobs SET requested_by = %(heir)s WHERE requested_by = %(old)s)
UPDATE webhooks SET subject = %(heir)s WHERE subject = %(old)s

-- name: note_use
UPDATE api_keys SET last_used_at = used.at
FROM unnest(%(ids)s::text[], %(times)s::timestamptz[]) AS used (id, at)
WHERE api_keys.id = used.id AND coalesce(api_keys.last_used_at, '-infinity') < used.at
