-- A content that was only read again (other rules, siss reindex) is no change: its bytes are those that they were. The old
-- one is gone then, where other bytes leave theirs to whoever has them still, and the time of the file is the same.
CREATE OR REPLACE FUNCTION note_changed_files() RETURNS trigger LANGUAGE plpgsql AS $$
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
              AND (n.content_id <> o.content_id OR n.generation <> o.generation)
              AND (n.read_mtime_ns IS DISTINCT FROM o.read_mtime_ns
                   OR n.content_id <> o.content_id AND EXISTS (SELECT FROM contents c WHERE c.id = o.content_id)));
    IF FOUND THEN
        PERFORM pg_notify('noted', '');
    END IF;
    RETURN NULL;
END $$;
