-- What happened to files, for whoever wants to be told; saved searches and webhooks.

-- Noted in the transactions that change files, numbered (events) by one process when these are on disk: a number is
-- never seen after a higher one. outbox_id: the engine has seen the change when all rows up to this one are settled.
CREATE TABLE event_inbox (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    file_id   bigint NOT NULL,
    public_id uuid NOT NULL,
    at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    kind      text NOT NULL,
    what      text NOT NULL,
    shown     text COLLATE "C" NOT NULL,
    former    text COLLATE "C",
    tags      text[] NOT NULL
);
CREATE SEQUENCE event_numbers;
CREATE TABLE events (
    seq       bigint PRIMARY KEY,
    file_id   bigint NOT NULL,
    outbox_id bigint NOT NULL,
    public_id uuid NOT NULL,
    at        timestamptz NOT NULL,
    kind      text NOT NULL,
    what      text NOT NULL,
    shown     text COLLATE "C" NOT NULL,
    former    text COLLATE "C",
    tags      text[] NOT NULL
);

-- A file is there for those who are told when its content is in the index and nothing hides it.
CREATE FUNCTION file_is_there(file files) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN file.content_id IS NOT NULL AND NOT file.hidden AND file.status NOT IN ('missing', 'deleted');

CREATE FUNCTION note_changed_files() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO event_inbox (file_id, public_id, kind, what, shown, former, tags)
    SELECT n.id, n.public_id,
           CASE WHEN NOT file_is_there(o) THEN 'indexed' WHEN NOT file_is_there(n) THEN 'removed' ELSE 'changed' END,
           CASE WHEN NOT file_is_there(o) OR NOT file_is_there(n) THEN ''
                WHEN n.shown <> o.shown THEN 'path'
                WHEN n.tags <> o.tags OR n.description IS DISTINCT FROM o.description THEN 'labels'
                ELSE 'content' END,
           CASE WHEN file_is_there(n) THEN n.shown ELSE o.shown END,
           CASE WHEN file_is_there(o) AND file_is_there(n) AND n.shown <> o.shown THEN o.shown END,
           n.tags
    FROM new_files n JOIN old_files o ON o.id = n.id
    WHERE file_is_there(o) <> file_is_there(n)
       OR file_is_there(n) AND (n.shown <> o.shown OR n.tags <> o.tags OR n.description IS DISTINCT FROM o.description
           OR n.indexed_at IS DISTINCT FROM o.indexed_at
              AND (n.content_id <> o.content_id OR n.generation <> o.generation));
    IF FOUND THEN
        PERFORM pg_notify('noted', '');
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER files_changed AFTER UPDATE ON files
    REFERENCING OLD TABLE AS old_files NEW TABLE AS new_files
    FOR EACH STATEMENT EXECUTE FUNCTION note_changed_files();

CREATE FUNCTION note_deleted_files() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO event_inbox (file_id, public_id, kind, what, shown, tags)
    SELECT o.id, o.public_id, 'removed', '', o.shown, o.tags
    FROM old_files o WHERE file_is_there(o);
    IF FOUND THEN
        PERFORM pg_notify('noted', '');
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER files_deleted AFTER DELETE ON files REFERENCING OLD TABLE AS old_files
    FOR EACH STATEMENT EXECUTE FUNCTION note_deleted_files();

-- query: the body of POST /search, as it was given.
CREATE TABLE saved_searches (
    id         uuid PRIMARY KEY,
    name       text NOT NULL,
    subject    text NOT NULL,
    query      jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    UNIQUE (subject, name)
);

-- subject, role, scopes, raw: of who made it, and sees no more through it than then; a key that ends ends it, too.
-- secret: signs what is sent. matched_seq: events up to this one were looked at. state: active, paused by somebody, or
-- failing (too often in a row, or its key ended: reason says so): nothing is sent until somebody makes it active again.
CREATE TABLE webhooks (
    id          uuid PRIMARY KEY,
    subject     text NOT NULL,
    role        text NOT NULL,
    scopes      text[],
    raw         boolean NOT NULL,
    url         text NOT NULL,
    secret      bytea NOT NULL,
    kinds       text[] NOT NULL,
    folder      text,
    tag         text,
    search_id   uuid REFERENCES saved_searches ON DELETE CASCADE,
    state       text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'paused', 'failing')),
    reason      text NOT NULL DEFAULT '',
    matched_seq bigint NOT NULL,
    created_at  timestamptz NOT NULL
);

-- What is to be sent, and what was. body: the bytes that are signed.
CREATE TABLE deliveries (
    id          uuid PRIMARY KEY,
    webhook_id  uuid NOT NULL REFERENCES webhooks ON DELETE CASCADE,
    state       text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sent', 'failed')),
    attempts    int NOT NULL DEFAULT 0,
    created_at  timestamptz NOT NULL DEFAULT now(),
    next_at     timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    status      int,
    error       text,
    body        bytea NOT NULL
);
CREATE INDEX deliveries_waiting ON deliveries (next_at) WHERE state = 'waiting';
CREATE INDEX deliveries_of ON deliveries (webhook_id, id);

-- Which files a saved search of a webhook has told of, so that it tells of each once.
CREATE TABLE told_files (
    webhook_id uuid NOT NULL REFERENCES webhooks ON DELETE CASCADE,
    file_id    bigint NOT NULL,
    PRIMARY KEY (webhook_id, file_id)
);
