-- What is unusual about files. A row is found anew, or not, whenever its schema's members have changed.

-- public_id: from what it is about (siss.anomalies.identity); rank: of the severity, 0 is the worst; token: with kind and
-- path what a dismissal names; found: it was there when all members were last looked at (a row that is not was
-- resolved, or is only of somebody's scope); deviation: MessagePack.
CREATE TABLE anomalies (
    public_id   uuid PRIMARY KEY,
    file_id     bigint NOT NULL REFERENCES files ON DELETE CASCADE,
    schema_id   bigint REFERENCES schemas ON DELETE CASCADE,
    rank        smallint NOT NULL,
    found       boolean NOT NULL,
    kind        text NOT NULL,
    status      text NOT NULL,
    path        text NOT NULL,
    token       text NOT NULL,
    deviation   bytea NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    resolved_at timestamptz
);
CREATE INDEX anomalies_of_file ON anomalies (file_id);
CREATE INDEX anomalies_of_schema ON anomalies (schema_id);
CREATE INDEX anomalies_in_order ON anomalies (rank, public_id);

-- What people called no anomaly: it belongs to the baseline, for whoever has it. schema_id NULL: credentials, in any
-- file. scopes: of who said so; NULL for all files.
CREATE TABLE anomaly_baseline (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    schema_id bigint REFERENCES schemas ON DELETE CASCADE,
    kind      text NOT NULL,
    path      text NOT NULL,
    token     text NOT NULL,
    scopes    text[]
);
CREATE INDEX anomaly_baseline_of ON anomaly_baseline (schema_id);

-- Which members were last looked at: schema_id 0 stands for the secrets of all files.
CREATE TABLE anomaly_runs (
    schema_id bigint PRIMARY KEY,
    members   bytea NOT NULL
);
