-- What relationships look up that nothing else does. They themselves are stored nowhere: they are asked of the
-- tables of entities, schemas and versions, so that they are never out of date and within any scope.

-- Where a path that some file names may lie: its last two parts.
CREATE INDEX files_by_tail ON files
    (left(split_part(shown, '/', -2) || '/' || split_part(shown, '/', -1), 256));
-- Which files had these bytes before.
CREATE INDEX file_versions_by_sha256 ON file_versions (sha256);
