-- Files that people upload, describe and remove.

-- removed_at: somebody took the file out of the index (status: deleted). It stays on the NAS, and scans leave it out
-- until it is restored, or uploaded again.
ALTER TABLE files ADD COLUMN removed_at timestamptz, ADD COLUMN removed_by text;

-- What was answered to an upload, for whoever sends it again. answer NULL: it is being worked on, since claimed_at.
CREATE TABLE idempotency_keys (
    subject     text NOT NULL,
    key         text NOT NULL,
    fingerprint bytea NOT NULL,
    claimed_at  timestamptz NOT NULL DEFAULT now(),
    status      int,
    answer      bytea,
    PRIMARY KEY (subject, key)
);
CREATE INDEX idempotency_keys_old ON idempotency_keys (claimed_at);

-- cancelling: somebody asked for the end of a job that runs. Jobs are listed by id (uuid7), the latest first.
ALTER TABLE jobs ADD COLUMN cancelling boolean NOT NULL DEFAULT false;
CREATE INDEX jobs_by_subject ON jobs (requested_by, id);
