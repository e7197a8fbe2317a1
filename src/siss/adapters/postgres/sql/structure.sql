-- fragment: visible
(%(hidden)s OR NOT f.hidden)
AND (%(scopes)s::text[] IS NULL
     OR left(f.shown, 512) >= %(low)s AND left(f.shown, 512) <= %(high)s AND f.shown || '/' ^@ ANY(%(scopes)s::text[]))

-- fragment: there
f.status NOT IN ('missing', 'deleted')

-- name: known_paths
SELECT hash, id FROM paths WHERE hash = ANY(%(hashes)s::bytea[])

-- name: add_paths
INSERT INTO paths (last_hash, hash, path)
SELECT * FROM unnest(%(lasts)s::int[], %(hashes)s::bytea[], %(paths)s::text[]) ORDER BY 2
ON CONFLICT (hash) DO NOTHING

-- name: known_shapes
SELECT digest, id FROM shapes WHERE digest = ANY(%(digests)s::bytea[])

-- name: add_shape
INSERT INTO shapes (complete, kind, digest, path_ids, types)
VALUES (%(complete)s, %(kind)s, %(digest)s, %(path_ids)s::int[], %(types)s::smallint[])
ON CONFLICT (digest) DO NOTHING

-- name: delete_structures
DELETE FROM content_structures WHERE content_id = ANY(%(ids)s::bigint[])

-- name: copy_structures
COPY content_structures (content_id, shape_id, documents, value_keys, field_values) FROM STDIN (FORMAT BINARY)

-- name: paths_by_hash
SELECT id, path FROM paths WHERE hash = ANY(%(hashes)s::bytea[])

-- name: paths_by_last
SELECT id, path FROM paths WHERE last_hash = ANY(%(lasts)s::int[])

-- fragment: passing
f.content_id = s.content_id AND /*there*/ AND /*visible*/
AND (%(glob)s::text IS NULL OR f.shown LIKE %(glob)s::text)

-- fragment: complete
SELECT s.content_id FROM content_structures s JOIN shapes h ON h.id = s.shape_id
WHERE h.kind = ANY(%(kinds)s::text[]) AND h.complete AND s.content_id > %(after)s /*required*/
  AND EXISTS (SELECT FROM files f WHERE /*passing*/)

-- fragment: incomplete
-- Of the shapes that were cut short, which may have anything; but for those that no evaluation reads (BROKEN).
SELECT s.content_id FROM content_structures s JOIN shapes h ON h.id = s.shape_id
WHERE h.kind = ANY(%(kinds)s::text[]) AND NOT h.complete AND h.types[1] & 1024 = 0 AND s.content_id > %(after)s
  AND EXISTS (SELECT FROM files f WHERE /*passing*/)

-- name: keyed_contents
-- Key by key: an overlap of hundreds of keys with every row takes seconds, and the planner takes it for cheap.
SELECT named.content_id FROM unnest(%(keys)s::int[]) AS wanted (key)
CROSS JOIN LATERAL (SELECT content_id FROM content_structures WHERE value_keys @> ARRAY[wanted.key] OFFSET 0) AS named

-- name: candidates
-- Each half is bounded by itself: what many contents have is found in the order of their ids, without the rest.
(/*complete*/ ORDER BY s.content_id LIMIT %(limit)s)
UNION ALL
(/*incomplete*/ ORDER BY s.content_id LIMIT %(limit)s)
ORDER BY content_id LIMIT %(limit)s

-- name: keyed_candidates
-- Bounded at the end only: the planner takes values for commoner than they are, and would go through all ids for one.
SELECT content_id FROM (/*complete*/ UNION ALL /*incomplete*/) AS found ORDER BY content_id LIMIT %(limit)s

-- name: count_candidates
SELECT count(*) FROM (SELECT FROM (/*complete*/ UNION ALL /*incomplete*/) AS every LIMIT %(limit)s) AS found

-- name: count_structures
SELECT count(*) FILTER (WHERE found.readable), count(*) FILTER (WHERE NOT found.readable)
FROM (
    SELECT h.types[1] & 1024 = 0 IS TRUE AS readable
    FROM contents c LEFT JOIN content_structures s ON s.content_id = c.id LEFT JOIN shapes h ON h.id = s.shape_id
    WHERE c.kind = ANY(%(kinds)s::text[])
      AND EXISTS (SELECT FROM files f WHERE f.content_id = c.id AND /*there*/ AND /*visible*/)
) AS found

-- name: hit_files
SELECT wanted.id, c.kind, c.mime, c.text_bytes, same.public_id, same.shown, same.total
FROM unnest(%(ids)s::bigint[]) AS wanted (id)
JOIN contents c ON c.id = wanted.id
CROSS JOIN LATERAL (
    SELECT f.public_id, f.shown, count(*) OVER () AS total FROM files f
    WHERE f.content_id = wanted.id AND /*there*/ AND /*visible*/ AND (%(glob)s::text IS NULL OR f.shown LIKE %(glob)s::text)
    ORDER BY f.shown LIMIT %(paths)s
) AS same
ORDER BY wanted.id, same.shown

-- name: structure
SELECT h.kind, h.digest, h.path_ids, h.types, s.documents, s.value_keys, s.field_values
FROM content_structures s JOIN shapes h ON h.id = s.shape_id WHERE s.content_id = %(id)s

-- name: shapes
SELECT id, kind, digest, path_ids, types FROM shapes WHERE id = ANY(%(ids)s::bigint[])

-- name: path_texts
SELECT id, path FROM paths WHERE id = ANY(%(ids)s::int[])

-- name: list_schemas
SELECT z.id, z.public_id, z.kind, z.name, z.created_at, z.updated_at, counted.files, counted.shapes, counted.mime
FROM schemas z
CROSS JOIN LATERAL (
    SELECT count(*) AS files, count(DISTINCT h.id) AS shapes, coalesce(mode() WITHIN GROUP (ORDER BY c.mime), '') AS mime
    FROM shapes h JOIN content_structures s ON s.shape_id = h.id JOIN contents c ON c.id = s.content_id
    JOIN files f ON f.content_id = s.content_id
    WHERE h.schema_id = z.id AND /*there*/ AND /*visible*/
) AS counted
WHERE z.merged_into IS NULL AND counted.files > 0 AND (%(kind)s::text IS NULL OR z.kind = %(kind)s::text)
  AND (%(files)s::numeric IS NULL OR counted.files < %(files)s::numeric
       OR counted.files = %(files)s::numeric AND z.public_id > %(last)s::uuid)
ORDER BY counted.files DESC, z.public_id LIMIT %(limit)s

-- name: count_schemas
SELECT count(DISTINCT h.schema_id) FROM shapes h
JOIN content_structures s ON s.shape_id = h.id JOIN files f ON f.content_id = s.content_id
WHERE h.schema_id IS NOT NULL AND /*there*/ AND /*visible*/ AND (%(kind)s::text IS NULL OR h.kind = %(kind)s::text)

-- name: schema
WITH RECURSIVE heirs AS (
    SELECT id, merged_into, 0 AS step FROM schemas WHERE public_id = %(public_id)s
    UNION ALL
    SELECT z.id, z.merged_into, step + 1 FROM schemas z JOIN heirs ON z.id = heirs.merged_into WHERE step < 100
)
SELECT z.id, z.public_id, z.kind, z.name, z.created_at, z.updated_at, count(f.id),
       count(DISTINCT h.id) FILTER (WHERE f.id IS NOT NULL), coalesce(mode() WITHIN GROUP (ORDER BY c.mime), ''),
       z.definition
FROM heirs JOIN schemas z ON z.id = heirs.id AND z.merged_into IS NULL
LEFT JOIN shapes h ON h.schema_id = z.id
LEFT JOIN content_structures s ON s.shape_id = h.id
LEFT JOIN contents c ON c.id = s.content_id
LEFT JOIN files f ON f.content_id = s.content_id AND /*there*/ AND /*visible*/
GROUP BY z.id

-- name: schema_of_content
SELECT z.public_id FROM content_structures s JOIN shapes h ON h.id = s.shape_id JOIN schemas z ON z.id = h.schema_id
WHERE s.content_id = %(id)s

-- name: schemas_of_contents
SELECT s.content_id, z.public_id
FROM content_structures s JOIN shapes h ON h.id = s.shape_id JOIN schemas z ON z.id = h.schema_id
WHERE s.content_id = ANY(%(ids)s::bigint[])

-- name: schema_file_ids
SELECT f.id FROM shapes h JOIN content_structures s ON s.shape_id = h.id JOIN files f ON f.content_id = s.content_id
WHERE h.schema_id = %(id)s AND f.id > %(after)s AND /*there*/ AND /*visible*/
ORDER BY f.id LIMIT %(limit)s

-- name: schema_contents
SELECT s.content_id FROM shapes h JOIN content_structures s ON s.shape_id = h.id
WHERE h.schema_id = %(id)s AND EXISTS (SELECT FROM files f WHERE f.content_id = s.content_id AND /*there*/ AND /*visible*/)
ORDER BY s.content_id DESC LIMIT %(limit)s

-- name: member_shapes
SELECT h.digest, h.kind, h.path_ids, h.types, count(*)
FROM shapes h JOIN content_structures s ON s.shape_id = h.id JOIN files f ON f.content_id = s.content_id
WHERE h.schema_id = %(id)s AND /*there*/ AND /*visible*/
GROUP BY h.id ORDER BY h.digest

-- name: member_values
SELECT h.digest, s.value_keys, s.field_values, f.size
FROM shapes h JOIN content_structures s ON s.shape_id = h.id JOIN files f ON f.content_id = s.content_id
WHERE h.schema_id = %(id)s AND /*there*/ AND /*visible*/
ORDER BY f.id LIMIT %(limit)s

-- name: member_shapes_at
SELECT h.digest, h.kind, h.path_ids, h.types, count(*)
FROM shapes h JOIN file_shapes p ON p.shape_id = h.id JOIN files f ON f.id = p.file_id
WHERE h.schema_id = %(id)s AND p.since <= %(at)s AND (p.until IS NULL OR p.until > %(at)s) AND /*visible*/
GROUP BY h.id ORDER BY h.digest

-- name: cluster_input
-- Grouped before it is joined: one pass over the files, whatever the planner knows of tables that were just filled.
WITH seen AS MATERIALIZED (
    -- xmin: a structure that is written anew is another one, of the same content too.
    SELECT s.shape_id, f.folder_id, count(*) AS files, bit_xor(hashint8extended(
        f.id, hashint8extended(f.size, hashint8extended(s.content_id, s.xmin::text::bigint)))) AS witness
    FROM content_structures s JOIN files f ON f.content_id = s.content_id AND /*there*/ AND NOT f.hidden
    GROUP BY s.shape_id, f.folder_id
), shaped AS MATERIALIZED (
    SELECT shape_id, sum(files)::bigint AS files, (array_agg(folder_id ORDER BY folder_id))[1:3] AS folders,
           bit_xor(witness) AS witness
    FROM seen GROUP BY shape_id
)
SELECT h.id, h.digest, h.kind, h.path_ids, h.types, w.files, z.public_id, w.folders, w.witness
FROM shaped w JOIN shapes h ON h.id = w.shape_id LEFT JOIN schemas z ON z.id = h.schema_id

-- name: shape_values
SELECT h.digest, s.value_keys, s.field_values, f.size
FROM unnest(%(digests)s::bytea[]) AS wanted (digest) JOIN shapes h USING (digest)
JOIN content_structures s ON s.shape_id = h.id JOIN files f ON f.content_id = s.content_id
WHERE /*there*/ AND NOT f.hidden
ORDER BY f.id LIMIT %(limit)s

-- name: shape_samples
-- By their hashes: whatever the order in which they came.
SELECT wanted.digest, drawn.value_keys, drawn.field_values, drawn.size
FROM unnest(%(digests)s::bytea[]) AS wanted (digest) JOIN shapes h USING (digest)
CROSS JOIN LATERAL (
    SELECT s.value_keys, s.field_values, c.size FROM content_structures s JOIN contents c ON c.id = s.content_id
    WHERE s.shape_id = h.id AND EXISTS (
        SELECT FROM files f WHERE f.content_id = s.content_id AND /*there*/ AND NOT f.hidden)
    ORDER BY c.sha256, c.id LIMIT %(each)s
) AS drawn

-- name: described
SELECT public_id, made_of FROM schemas WHERE made_of IS NOT NULL AND merged_into IS NULL

-- name: put_schema
INSERT INTO schemas (public_id, kind, name, members, definition, profile, made_of)
VALUES (%(public_id)s, %(kind)s, %(name)s, %(members)s, %(definition)s::jsonb, %(profile)s::jsonb, %(made_of)s)
ON CONFLICT (public_id) DO UPDATE SET
    name = excluded.name, members = excluded.members, definition = excluded.definition, profile = excluded.profile,
    made_of = excluded.made_of, merged_into = NULL,
    updated_at = CASE WHEN schemas.definition = excluded.definition THEN schemas.updated_at ELSE now() END
RETURNING id

-- name: set_shape_schemas
UPDATE shapes h SET schema_id = z.id
FROM unnest(%(digests)s::bytea[], %(schemas)s::uuid[]) AS new (digest, public_id) JOIN schemas z USING (public_id)
WHERE h.digest = new.digest AND h.schema_id IS DISTINCT FROM z.id

-- name: set_redirects
UPDATE schemas z SET merged_into = heir.id, members = 0, made_of = NULL
FROM unnest(%(olds)s::uuid[], %(heirs)s::uuid[]) AS new (old, heir_id) JOIN schemas heir ON heir.public_id = new.heir_id
WHERE z.public_id = new.old

-- name: close_file_shapes
UPDATE file_shapes p SET until = now()
FROM files f LEFT JOIN content_structures s ON s.content_id = f.content_id
WHERE f.id = p.file_id AND p.until IS NULL
  AND (f.status IN ('missing', 'deleted') OR s.shape_id IS DISTINCT FROM p.shape_id)

-- name: open_file_shapes
INSERT INTO file_shapes (file_id, shape_id, size)
SELECT f.id, s.shape_id, f.size FROM files f JOIN content_structures s ON s.content_id = f.content_id
WHERE /*there*/ AND NOT EXISTS (SELECT FROM file_shapes p WHERE p.file_id = f.id AND p.until IS NULL)
ON CONFLICT (file_id, since) DO UPDATE SET shape_id = excluded.shape_id, size = excluded.size, until = NULL

-- name: drop_unused_shapes
DELETE FROM shapes h
WHERE NOT EXISTS (SELECT FROM content_structures s WHERE s.shape_id = h.id)
  AND NOT EXISTS (SELECT FROM file_shapes p WHERE p.shape_id = h.id)
