-- From which generation on a file's engine document has the path, and the labels, that the file has; NULL: from its first.
-- So a question by name need not wait for the engine where only a tag changed. Generations of one file only grow.
ALTER TABLE files ADD COLUMN path_since bigint, ADD COLUMN labels_since bigint;
UPDATE files SET path_since = generation, labels_since = generation
WHERE id IN (SELECT subject FROM outbox WHERE op = 'put_file');
