-- name: claim
INSERT INTO idempotency_keys (subject, key, fingerprint)
VALUES (%(subject)s, %(key)s, %(fingerprint)s)
ON CONFLICT (subject, key) DO UPDATE SET claimed_at = now()
WHERE idempotency_keys.answer IS NULL AND idempotency_keys.fingerprint = excluded.fingerprint
  AND idempotency_keys.claimed_at < now() - make_interval(secs => %(lease)s)
RETURNING key

-- name: look
SELECT fingerprint, status, answer FROM idempotency_keys WHERE subject = %(subject)s AND key = %(key)s

-- name: finish
UPDATE idempotency_keys SET status = %(status)s, answer = %(answer)s WHERE subject = %(subject)s AND key = %(key)s

-- name: abandon
DELETE FROM idempotency_keys WHERE subject = %(subject)s AND key = %(key)s AND answer IS NULL

-- name: forget
DELETE FROM idempotency_keys WHERE claimed_at < now() - make_interval(secs => %(seconds)s)
