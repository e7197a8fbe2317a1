-- Where below a root file systems were mounted, so that one which is away is not taken for files that were deleted.

-- path: relative to the root, original bytes. away: as the last scan found it, though files of it are known.
CREATE TABLE root_mounts (
    root_id   int NOT NULL REFERENCES roots ON DELETE CASCADE,
    path      bytea NOT NULL,
    path_hash bytea NOT NULL,
    away      boolean NOT NULL,
    PRIMARY KEY (root_id, path_hash)
);
