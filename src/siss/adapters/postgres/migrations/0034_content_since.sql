-- From which generation on a file's engine document tells of the bytes that the file has; NULL: from its first. Parsed
-- again they are another content, and what the engine has of the one before is as good until it knows the new one.
ALTER TABLE files ADD COLUMN content_since bigint;
UPDATE files SET content_since = generation WHERE id IN (SELECT subject FROM outbox WHERE op = 'put_file');
