-- When it was first seen that a key is over: it stays so when the clock is set back to a time at which it was good.
ALTER TABLE api_keys ADD COLUMN ended_at timestamptz;
UPDATE api_keys SET ended_at = now() WHERE least(revoked_at, expires_at) <= now();
