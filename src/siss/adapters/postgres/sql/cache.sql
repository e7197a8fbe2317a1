-- name: get
SELECT value FROM cache WHERE key_hash = %(key)s AND expires_at > clock_timestamp()

-- name: put
INSERT INTO cache (key_hash, value, expires_at)
VALUES (%(key)s, %(value)s, clock_timestamp() + make_interval(secs => %(ttl)s))
ON CONFLICT (key_hash) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at

-- name: delete
DELETE FROM cache WHERE key_hash = %(key)s

-- name: sweep
DELETE FROM cache WHERE expires_at <= clock_timestamp()
