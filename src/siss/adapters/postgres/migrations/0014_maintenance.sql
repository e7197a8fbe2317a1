-- The last run of each task; succeeded_at may be of an earlier one.
CREATE TABLE maintenance_runs (
    task         text PRIMARY KEY,
    started_at   timestamptz NOT NULL,
    finished_at  timestamptz NOT NULL,
    succeeded_at timestamptz,
    result       jsonb NOT NULL DEFAULT '{}',
    error        text
);
