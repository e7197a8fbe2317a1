-- Secrets that stand in contents, by fingerprint: a value is stored nowhere. The key of the fingerprints is in no table
-- (siss.app.secret_key).

-- fingerprint: 8 bytes, keyed; text_start, text_end: bytes of the redacted text; source_start, source_end: of the
-- (decompressed) file. No foreign key, as for chunks.
CREATE TABLE secret_findings (
    content_id   bigint NOT NULL,
    text_start   bigint NOT NULL,
    text_end     bigint NOT NULL,
    source_start bigint NOT NULL,
    source_end   bigint NOT NULL,
    line         bigint NOT NULL,
    critical     boolean NOT NULL,
    accepted     boolean NOT NULL,
    fingerprint  bytea NOT NULL,
    rule         text NOT NULL,
    PRIMARY KEY (content_id, text_start)
);
CREATE INDEX secret_findings_by_fingerprint ON secret_findings (fingerprint);

-- extraction: which rules and settings secrets, entities and fields were drawn with; a content of others is read again.
-- hidden: an open critical secret stands in it. files.hidden is that of the file's content, so that whether a file may
-- be seen is told by its own row.
ALTER TABLE contents ADD COLUMN extraction bigint NOT NULL DEFAULT 0, ADD COLUMN hidden boolean NOT NULL DEFAULT false;
ALTER TABLE files ADD COLUMN hidden boolean NOT NULL DEFAULT false;
CREATE INDEX files_hidden ON files (id) WHERE hidden;
