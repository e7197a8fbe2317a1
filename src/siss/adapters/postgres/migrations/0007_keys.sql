-- The text of a key is nowhere: id finds the row, hash (bcrypt) proves the rest.
-- revoked_at may lie ahead: a key that was rotated is good for a while yet.
CREATE TABLE api_keys (
    id                  text COLLATE "C" PRIMARY KEY,
    name                text NOT NULL,
    hash                text NOT NULL,
    role                text NOT NULL CHECK (role IN ('admin', 'editor', 'reader')),
    created_at          timestamptz NOT NULL,
    scopes              text[],
    raw                 boolean NOT NULL DEFAULT false,
    requests_per_minute int NOT NULL DEFAULT 0,
    expires_at          timestamptz,
    revoked_at          timestamptz,
    last_used_at        timestamptz
);
