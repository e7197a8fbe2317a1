INSERT INTO roots (path, path_hash, shown, position, case_insensitive) VALUES ('/nas', 'x', '/nas', 0, false);
INSERT INTO folders (root_id, path, path_hash)
SELECT 1, n::text::bytea, n::text::bytea FROM generate_series(0, %(families)s - 1) n;
INSERT INTO contents (id, sha256, generation, size, text_bytes, line_count, chunk_count, mime, kind, extent)
SELECT id, sha256(id::text::bytea), 1, size, size, 1, 1, 'application/json', 'json', 'whole' FROM made_texts;
INSERT INTO files (public_id, root_id, status, folder_id, size, mtime_ns, inode, device, content_id, generation,
                   indexed_at, key_hash, name, shown, pending_since)
SELECT gen_random_uuid(), 1, 'indexed', 1 + family, size, 1.7e18, id, 1, id, 1, now(), int8send(id),
       ('app-' || id || '.json')::bytea, '/nas/' || family || '/app-' || id || '.json', NULL
FROM made_texts;
INSERT INTO text_blocks (content_id, seq, text_start, text_end, source_start, data)
SELECT id, 0, 0, size, 0, data FROM made_texts;
