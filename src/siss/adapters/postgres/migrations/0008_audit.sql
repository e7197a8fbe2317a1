-- id: uuid7, so that the key is the order of time.
CREATE TABLE audit_logs (
    id            uuid PRIMARY KEY,
    at            timestamptz NOT NULL,
    subject       text NOT NULL,
    action        text NOT NULL,
    resource_type text NOT NULL,
    resource_id   uuid,
    status        int NOT NULL,
    results       bigint,
    address       text NOT NULL,
    duration_ms   real NOT NULL,
    details       jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX audit_by_subject ON audit_logs (subject, id);
CREATE INDEX audit_by_resource ON audit_logs (resource_id, id) WHERE resource_id IS NOT NULL;
