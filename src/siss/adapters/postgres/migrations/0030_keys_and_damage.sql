-- When it was first seen that a key is over: it stays so when the clock is set back to a time at which it was good.
ALTER TABLE api_keys ADD COLUMN ended_at timestamptz;
UPDATE api_keys SET ended_at = now() WHERE least(revoked_at, expires_at) <= now();

-- What of this database cannot be read, as an answer or a job met it last; no row where nothing is known. Not dumped.
CREATE TABLE damage (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    told     text NOT NULL
);
