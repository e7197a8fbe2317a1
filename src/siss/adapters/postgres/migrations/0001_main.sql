-- Files are paths, contents are bytes. Everything is core PostgreSQL 17.
--
-- Identities are bigint inside; what the API shows is a uuid7 that the program makes. Text that is compared by
-- prefix or sorted is COLLATE "C", so that order and prefixes mean the same on every server. Values of any length are
-- never indexed whole (an index row has 2,700 bytes at most): a 16-byte hash, or the first 512 characters.

CREATE TYPE file_status AS ENUM ('pending', 'indexed', 'metadata_only', 'failed', 'missing', 'deleted');

CREATE TABLE roots (
    id                int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    path              bytea NOT NULL,
    path_hash         bytea NOT NULL UNIQUE,
    shown             text COLLATE "C" NOT NULL,
    position          int NOT NULL,
    active            boolean NOT NULL DEFAULT true,
    case_insensitive  boolean NOT NULL,
    state             text NOT NULL DEFAULT 'available' CHECK (state IN ('available', 'away')),
    watch             text NOT NULL DEFAULT 'polling' CHECK (watch IN ('events', 'polling')),
    reason            text NOT NULL DEFAULT '',
    last_scan_at      timestamptz,
    last_scan_seconds double precision
);

-- path: relative to the root, original bytes. A folder that vanished stays for the sake of its missing files.
CREATE TABLE folders (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    root_id     int NOT NULL REFERENCES roots ON DELETE CASCADE,
    path        bytea NOT NULL,
    path_hash   bytea NOT NULL,
    fingerprint bytea NOT NULL DEFAULT '',
    present     boolean NOT NULL DEFAULT true,
    UNIQUE (root_id, path_hash)
);
CREATE INDEX folders_below ON folders (root_id, substring(path FROM 1 FOR 512));

-- Ids come in blocks, so that a batch knows its keys before it is sent.
CREATE SEQUENCE content_ids INCREMENT BY 256;

-- sha256: NULL while its segments are still coming (opened) and for a log that grows.
-- mime ... members are facts of the bytes; tail (MessagePack) says where reading a log goes on.
CREATE TABLE contents (
    id            bigint PRIMARY KEY,
    sha256        bytea UNIQUE,
    generation    bigint NOT NULL,
    opened        boolean NOT NULL DEFAULT false,
    metadata_only boolean NOT NULL DEFAULT false,
    size          bigint NOT NULL DEFAULT 0,
    source_bytes  bigint NOT NULL DEFAULT 0,
    read_bytes    bigint NOT NULL DEFAULT 0,
    text_bytes    bigint NOT NULL DEFAULT 0,
    line_count    bigint NOT NULL DEFAULT 0,
    time_min_us   bigint,
    time_max_us   bigint,
    chunk_count   int NOT NULL DEFAULT 0,
    level_mask    int NOT NULL DEFAULT 0,
    mime          text NOT NULL DEFAULT '',
    kind          text NOT NULL DEFAULT '',
    extent        text NOT NULL DEFAULT 'none',
    encoding      text,
    compression   text,
    members       text[] NOT NULL DEFAULT '{}',
    tail          bytea,
    orphaned_at   timestamptz
);
CREATE INDEX contents_opened ON contents (id) WHERE opened;
CREATE INDEX contents_orphaned ON contents (orphaned_at) WHERE orphaned_at IS NOT NULL;

-- No foreign keys on the two large tables: checking them would cost a third of the copy; contents are only ever
-- deleted together with them (delete_contents).
CREATE TABLE chunks (
    content_id   bigint NOT NULL,
    seq          int NOT NULL,
    line         int NOT NULL,
    text_start   bigint NOT NULL,
    text_end     bigint NOT NULL,
    source_start bigint NOT NULL,
    source_end   bigint NOT NULL,
    lines        int NOT NULL,
    level_mask   int NOT NULL DEFAULT 0,
    time_min_us  bigint,
    time_max_us  bigint,
    label        text,
    PRIMARY KEY (content_id, seq)
);

-- seq: of the chunk divided by BLOCK_CHUNKS. The data is compressed already.
CREATE TABLE text_blocks (
    content_id   bigint NOT NULL,
    seq          int NOT NULL,
    text_start   bigint NOT NULL,
    text_end     bigint NOT NULL,
    source_start bigint NOT NULL,
    data         bytea NOT NULL,
    span_map     bytea,
    PRIMARY KEY (content_id, seq)
);
ALTER TABLE text_blocks ALTER COLUMN data SET STORAGE EXTERNAL, ALTER COLUMN span_map SET STORAGE EXTERNAL;

CREATE TABLE content_gaps (
    content_id bigint NOT NULL,
    seq        int NOT NULL,
    reason     text NOT NULL,
    gap_start  bigint,
    gap_end    bigint,
    item       text,
    detail     text NOT NULL,
    lost       boolean NOT NULL,
    PRIMARY KEY (content_id, seq)
);

-- name: the last part of the path, original bytes; shown: absolute, as people see it.
-- key: what paths of this root are compared by, NULL where it is the path itself; key_hash: hash of it, or of key and
-- path where another name has that key (a conflict of case).
-- read_mtime_ns: mtime of the bytes that content_id stands for. pending_since survives `missing`, so that a file that
-- returns is read if it had to be.
-- generation: 0 until the engine was first told of the file.
CREATE TABLE files (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    public_id     uuid NOT NULL UNIQUE,
    root_id       int NOT NULL REFERENCES roots,
    status        file_status NOT NULL DEFAULT 'pending',
    folder_id     bigint NOT NULL REFERENCES folders,
    size          bigint NOT NULL,
    mtime_ns      bigint NOT NULL,
    inode         bigint NOT NULL,
    device        bigint NOT NULL,
    content_id    bigint,
    read_mtime_ns bigint,
    generation    bigint NOT NULL DEFAULT 0,
    discovered_at timestamptz NOT NULL DEFAULT now(),
    seen_at       timestamptz NOT NULL DEFAULT now(),
    indexed_at    timestamptz,
    pending_since timestamptz DEFAULT now(),
    not_before    timestamptz,
    missing_since timestamptz,
    attempts      int NOT NULL DEFAULT 0,
    forced        boolean NOT NULL DEFAULT false,
    key_hash      bytea NOT NULL,
    key           bytea,
    name          bytea NOT NULL,
    shown         text COLLATE "C" NOT NULL,
    description   text,
    tags          text[] NOT NULL DEFAULT '{}',
    -- Deferrable: checked at the end of a statement, so that two files can swap their names in one.
    CONSTRAINT files_key UNIQUE (root_id, key_hash) DEFERRABLE INITIALLY IMMEDIATE
);
CREATE INDEX files_in_folder ON files (folder_id);
CREATE INDEX files_of_content ON files (content_id) WHERE content_id IS NOT NULL;
CREATE INDEX files_by_inode ON files (inode);
CREATE INDEX files_below ON files (left(shown, 512));
CREATE INDEX files_pending ON files (id) INCLUDE (pending_since, not_before, root_id) WHERE status = 'pending';
CREATE INDEX files_missing ON files (missing_since) WHERE status = 'missing';

CREATE TABLE file_gaps (
    file_id   bigint NOT NULL REFERENCES files ON DELETE CASCADE,
    seq       int NOT NULL,
    reason    text NOT NULL,
    gap_start bigint,
    gap_end   bigint,
    item      text,
    detail    text NOT NULL,
    lost      boolean NOT NULL,
    PRIMARY KEY (file_id, seq)
);

CREATE TABLE file_versions (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    file_id     bigint NOT NULL REFERENCES files ON DELETE CASCADE,
    sha256      bytea NOT NULL,
    size        bigint NOT NULL,
    mtime_ns    bigint NOT NULL,
    captured_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX file_versions_of ON file_versions (file_id, id);

-- What scans saw and did not take. shown_hash finds a path, or the folders above it, without a long index.
CREATE TABLE skipped (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    folder_id  bigint NOT NULL REFERENCES folders ON DELETE CASCADE,
    shown_hash bytea NOT NULL,
    shown      text COLLATE "C" NOT NULL,
    reason     text NOT NULL,
    gap_start  bigint,
    gap_end    bigint,
    item       text,
    detail     text NOT NULL,
    lost       boolean NOT NULL
);
CREATE INDEX skipped_in_folder ON skipped (folder_id);
CREATE INDEX skipped_by_path ON skipped (shown_hash);

-- What the engine has yet to see; a row is deleted when the engine's commit is on disk.
CREATE TABLE outbox (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    op      text NOT NULL CHECK (op IN ('put_content', 'drop_content', 'put_file', 'drop_file')),
    subject bigint NOT NULL
);

CREATE TABLE jobs (
    id           uuid PRIMARY KEY,
    kind         text NOT NULL,
    state        text NOT NULL DEFAULT 'queued',
    arguments    jsonb NOT NULL,
    requested_by text NOT NULL,
    requested_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    started_at   timestamptz,
    finished_at  timestamptz,
    progress     jsonb NOT NULL DEFAULT '{}',
    result       jsonb NOT NULL DEFAULT '{}',
    error        text
);
CREATE INDEX jobs_queued ON jobs (requested_at, id) WHERE state = 'queued';
CREATE INDEX jobs_running ON jobs (id) WHERE state = 'running';

-- One row: what was asked of indexing, and what it last said of itself.
CREATE TABLE control (
    only_row   boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    paused     boolean NOT NULL DEFAULT false,
    status     jsonb NOT NULL DEFAULT '{}',
    updated_at timestamptz
);
INSERT INTO control DEFAULT VALUES;

-- May be lost in a crash: that is what a cache is.
CREATE UNLOGGED TABLE cache (
    key_hash   bytea PRIMARY KEY,
    value      bytea NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX cache_expired ON cache (expires_at);
