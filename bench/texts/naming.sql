INSERT INTO roots (path, path_hash, shown, position, case_insensitive) VALUES ('/nas', 'x', '/nas', 0, false);
INSERT INTO folders (root_id, path, path_hash)
SELECT 1, n::text::bytea, n::text::bytea FROM generate_series(0, 999) n;
INSERT INTO contents (id, sha256, generation, size, text_bytes, line_count, chunk_count, mime, kind, extent)
SELECT n, sha256(n::text::bytea), 1, 4000, 4000, 40, 1, 'text/plain', 'log', 'whole'
FROM generate_series(1, %(files)s) n;
INSERT INTO chunks (content_id, seq, line, text_start, text_end, source_start, source_end, lines,
                    time_min_us, time_max_us)
SELECT n, 0, 1, 0, 4000, 0, 4000, 40, 1.7e15 + n * 1e8, 1.7e15 + n * 1e8 + 1e6
FROM generate_series(1, %(files)s) n;
INSERT INTO files (public_id, root_id, status, folder_id, size, mtime_ns, inode, device, content_id, generation,
                   indexed_at, key_hash, name, shown, pending_since)
SELECT gen_random_uuid(), 1, 'indexed', 1 + n %% 1000, 4000, 1.7e18, n, 1, n, 1, now(), int8send(n),
       ('app-' || n || '.log')::bytea, '/nas/' || n %% 1000 || '/app-' || n || '.log', NULL
FROM generate_series(1, %(files)s) n;
INSERT INTO entity_mentions
SELECT DISTINCT ON (content_id, n.id) n.id, content_id, 0, 1, 3, '\x00050f01'::bytea
FROM (SELECT c AS content_id, floor(power(random(), 3) * %(names)s)::int AS number
      FROM generate_series(1, %(files)s) c, generate_series(1, %(each)s)) AS picked
JOIN made_names n USING (number) ORDER BY content_id, n.id;
INSERT INTO entities (id, contents, type, value, address)
SELECT n.id, m.contents, n.type, n.value, n.address::inet
FROM made_names n JOIN (SELECT entity_id, count(*)::int AS contents FROM entity_mentions GROUP BY 1) AS m
     ON m.entity_id = n.id
ORDER BY n.id;
