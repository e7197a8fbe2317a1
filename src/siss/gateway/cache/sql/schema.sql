-- The cache's database, made once when the file is new (PRAGMA user_version tells).
CREATE TABLE namespaces (
    digest BLOB PRIMARY KEY,          -- fingerprint.Namespace.digest, revision left empty
    revision TEXT NOT NULL,           -- of the namespace in use; '' until the model behind it changed
    dimension INTEGER NOT NULL,
    probe BLOB NOT NULL               -- the probe text's vector, <f2
) WITHOUT ROWID;

CREATE TABLE entries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,   -- never used again: the vector index goes by it
    key BLOB NOT NULL UNIQUE,
    tenant TEXT NOT NULL,
    model TEXT NOT NULL,
    route TEXT NOT NULL,
    created REAL NOT NULL,            -- seconds since 1970, UTC, as all times here
    keep_until REAL NOT NULL,
    used REAL NOT NULL,
    size INTEGER NOT NULL,            -- bytes that count against the cap
    status INTEGER NOT NULL,
    prompt_tokens INTEGER NOT NULL,
    completion_tokens INTEGER NOT NULL,
    checksum BLOB NOT NULL,
    data BLOB NOT NULL
);
CREATE INDEX entries_by_use ON entries (used, id, size);
CREATE INDEX entries_by_end ON entries (keep_until);
CREATE INDEX entries_by_owner ON entries (tenant, model);

CREATE TABLE tags (
    entry INTEGER NOT NULL REFERENCES entries ON DELETE CASCADE,
    tag TEXT NOT NULL,
    PRIMARY KEY (entry, tag)
) WITHOUT ROWID;
CREATE INDEX tags_by_name ON tags (tag, entry);

CREATE TABLE embedded (
    entry INTEGER PRIMARY KEY REFERENCES entries ON DELETE CASCADE,
    namespace BLOB NOT NULL,
    partition BLOB NOT NULL,
    code BLOB NOT NULL,               -- one bit a component
    vector BLOB NOT NULL,             -- <f2, L2-normalised
    text TEXT NOT NULL,
    checksum BLOB NOT NULL            -- with the entry's key: a row never speaks for another entry
);
CREATE INDEX embedded_codes ON embedded (namespace, partition, entry, code);

CREATE TABLE comparisons (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant TEXT NOT NULL,
    model TEXT NOT NULL,
    route TEXT NOT NULL,
    at REAL NOT NULL,
    similarity REAL NOT NULL,
    refused TEXT NOT NULL,            -- the verification rule that refused the pair; '' where none did
    agreed INTEGER NOT NULL,
    asked TEXT NOT NULL,
    kept TEXT NOT NULL,
    answer TEXT NOT NULL,
    would TEXT NOT NULL
);
CREATE INDEX comparisons_by_route ON comparisons (route, id);
