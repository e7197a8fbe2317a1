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
CREATE TEMP TABLE made_mentions AS
SELECT DISTINCT content_id, n.id
FROM (SELECT c AS content_id, floor(power(random(), 3) * %(names)s)::int AS number
      FROM generate_series(1, %(files)s) c, generate_series(1, %(each)s)) AS picked
JOIN made_names n USING (number);
INSERT INTO entity_mentions (content_id, part, ids, confidences, places)
SELECT content_id, 0, array_agg(id), decode(repeat('03', count(*)::int), 'hex'),
       decode(repeat('04', count(*)::int) || repeat('00050f01', count(*)::int), 'hex')
FROM made_mentions GROUP BY content_id ORDER BY content_id;
CREATE TEMP TABLE made_named AS
SELECT id, array_agg(content_id ORDER BY content_id) AS contents FROM made_mentions GROUP BY id;
INSERT INTO entities (id, content_id, contents, type, value, address, others)
SELECT n.id, m.contents[1], cardinality(m.contents), n.type, n.value, n.address::inet,
       CASE WHEN cardinality(m.contents) <= %(few)s THEN nullif(m.contents[2:], '{}') END
FROM made_names n JOIN made_named m USING (id)
ORDER BY n.id;
INSERT INTO entity_spans (entity_id, span, members)
SELECT m.id, o.content_id >> 10, array_agg((o.content_id & 1023)::smallint)
FROM made_named m CROSS JOIN LATERAL unnest(m.contents[2:]) AS o (content_id)
WHERE cardinality(m.contents) > %(few)s
GROUP BY 1, 2;
