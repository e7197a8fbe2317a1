-- fragments: naming

-- fragment: visible
(%(hidden)s OR NOT f.hidden)
AND (%(scopes)s::text[] IS NULL
     OR left(f.shown, 512) >= %(low)s AND left(f.shown, 512) <= %(high)s AND f.shown || '/' ^@ ANY(%(scopes)s::text[]))

-- fragment: seen
f.status NOT IN ('missing', 'deleted') AND /*visible*/

-- fragment: tail
left(split_part(f.shown, '/', -2) || '/' || split_part(f.shown, '/', -1), 256)

-- fragment: looked_at
SELECT said.id AS entity_id, get_byte(m.confidences, said.at::int - 1)::smallint AS confidence
FROM entity_mentions m CROSS JOIN LATERAL unnest(m.ids) WITH ORDINALITY AS said (id, at)
WHERE m.content_id = %(content_id)s LIMIT %(looked_at)s

-- fragment: named
SELECT entity_id, max(confidence) AS confidence FROM (/*looked_at*/) AS few GROUP BY entity_id

-- name: common_names
SELECT e.type, e.value, e.confidence, near.content_id, near.confidence, e.looked_at
FROM (SELECT e.*, m.confidence, count(*) OVER ()::int AS looked_at FROM (/*named*/) AS m JOIN entities e ON e.id = m.entity_id
      WHERE e.type NOT IN (3, 9) AND e.contents > 1 AND e.contents <= %(hot)s
      ORDER BY e.contents, e.id LIMIT %(names)s) AS e
CROSS JOIN LATERAL (
    SELECT named.content_id, (SELECT max(get_byte(m.confidences, array_position(m.ids, e.id) - 1))::smallint
                              FROM entity_mentions m WHERE m.content_id = named.content_id) AS confidence
    FROM (/*naming_e*/) AS named
    WHERE named.content_id <> %(content_id)s
      AND EXISTS (SELECT FROM files f WHERE f.content_id = named.content_id AND /*seen*/)
    LIMIT %(others)s
) AS near

-- name: count_frequent
SELECT count(*)::int, (SELECT count(*)::int FROM (/*looked_at*/) AS few)
FROM (/*named*/) AS m JOIN entities e ON e.id = m.entity_id
WHERE e.type NOT IN (3, 9) AND e.contents > %(hot)s

-- name: service_places
SELECT m.content_id, array_agg(e.type), array_agg(e.value), array_agg(few.at), m.confidences, m.places
FROM (SELECT m.part, said.id, said.at
      FROM entity_mentions m CROSS JOIN LATERAL unnest(m.ids) WITH ORDINALITY AS said (id, at)
      WHERE m.content_id = %(content_id)s LIMIT %(looked_at)s) AS few
JOIN entities e ON e.id = few.id
JOIN entity_mentions m ON m.content_id = %(content_id)s AND m.part = few.part
WHERE e.type IN (1, 2, 3)
GROUP BY m.content_id, m.part ORDER BY m.part

-- name: places_in
SELECT m.content_id, array_agg(wanted.type), array_agg(wanted.value), array_agg(said.at), m.confidences, m.places
FROM unnest(%(ids)s::bigint[], %(types)s::smallint[], %(values)s::text[], %(contents)s::bigint[])
     AS wanted (id, type, value, content_id)
JOIN entity_mentions m ON m.content_id = wanted.content_id
CROSS JOIN LATERAL (SELECT array_position(m.ids, wanted.id) AS at) AS said
WHERE said.at IS NOT NULL
GROUP BY m.content_id, m.part ORDER BY m.content_id, m.part

-- name: schema_siblings
WITH own AS MATERIALIZED (
    SELECT s.shape_id, z.id AS schema_id, z.public_id, z.name FROM content_structures s
    JOIN shapes h ON h.id = s.shape_id JOIN schemas z ON z.id = h.schema_id WHERE s.content_id = %(content_id)s
)
SELECT own.public_id, own.name, near.content_id
FROM own LEFT JOIN LATERAL (
    (SELECT s.content_id, 0 AS other FROM content_structures s
     WHERE s.shape_id = own.shape_id AND s.content_id <> %(content_id)s
       AND EXISTS (SELECT FROM files f WHERE f.content_id = s.content_id AND /*seen*/) LIMIT %(limit)s)
    UNION ALL
    (SELECT s.content_id, 1 FROM shapes h JOIN content_structures s ON s.shape_id = h.id
     WHERE h.schema_id = own.schema_id AND h.id <> own.shape_id
       AND EXISTS (SELECT FROM files f WHERE f.content_id = s.content_id AND /*seen*/) LIMIT %(limit)s)
) AS near ON true
ORDER BY near.other, near.content_id LIMIT %(limit)s

-- name: versions
SELECT f.content_id, max(v.captured_at), true
FROM file_versions v JOIN contents c ON c.sha256 = v.sha256 JOIN files f ON f.content_id = c.id
WHERE v.file_id = %(file_id)s AND c.id <> %(content_id)s AND /*seen*/
GROUP BY f.content_id
UNION ALL
SELECT f.content_id, max(v.captured_at), false
FROM contents c JOIN file_versions v ON v.sha256 = c.sha256 JOIN files f ON f.id = v.file_id
WHERE c.id = %(content_id)s AND f.content_id <> c.id AND /*seen*/
GROUP BY f.content_id
ORDER BY 2 DESC LIMIT %(limit)s

-- name: file_paths_in
SELECT e.value FROM (SELECT DISTINCT entity_id FROM (SELECT unnest(ids) AS entity_id FROM entity_mentions
                     WHERE content_id = %(content_id)s LIMIT %(looked_at)s) AS few) AS m
JOIN entities e ON e.id = m.entity_id WHERE e.type = %(type)s AND e.contents <= %(hot)s
ORDER BY e.contents, e.value LIMIT %(limit)s

-- name: files_at
SELECT f.content_id, f.shown FROM unnest(%(paths)s::text[]) AS wanted (path)
JOIN files f ON left(f.shown, 512) = left(wanted.path, 512) AND f.shown = wanted.path
WHERE f.content_id IS NOT NULL AND /*seen*/
UNION
SELECT near.content_id, near.shown FROM unnest(%(tails)s::text[]) AS wanted (tail)
CROSS JOIN LATERAL (
    SELECT f.content_id, f.shown FROM files f
    WHERE /*tail*/ = left(wanted.tail, 256) AND f.content_id IS NOT NULL AND /*seen*/ LIMIT %(limit)s
) AS near

-- name: files_in
-- What begins with a folder and a slash comes before the same with "0", which follows the slash.
SELECT near.content_id, near.shown FROM unnest(%(folders)s::text[]) AS wanted (folder)
CROSS JOIN LATERAL (
    SELECT f.content_id, f.shown FROM files f
    WHERE left(f.shown, 512) >= left(wanted.folder || '/', 512) AND left(f.shown, 512) <= left(wanted.folder || '0', 512)
      AND starts_with(f.shown, wanted.folder || '/') AND strpos(substr(f.shown, length(wanted.folder) + 2), '/') = 0
      AND f.content_id IS NOT NULL AND /*seen*/
    ORDER BY left(f.shown, 512) LIMIT %(limit)s
) AS near

-- name: naming
SELECT wanted.id, near.content_id, near.shown
FROM unnest(%(ids)s::bigint[]) AS wanted (id)
JOIN entities e ON e.id = wanted.id
CROSS JOIN LATERAL (
    SELECT named.content_id, min(f.shown) AS shown
    FROM (/*latest_e*/) AS named JOIN files f ON f.content_id = named.content_id
    WHERE /*seen*/
    GROUP BY named.span, named.content_id ORDER BY named.span DESC, named.content_id DESC LIMIT %(limit)s
) AS near
ORDER BY wanted.id, near.content_id DESC

-- name: first_files
SELECT DISTINCT ON (f.content_id) f.content_id, f.id, f.public_id, f.shown, count(*) OVER (PARTITION BY f.content_id)::int
FROM files f WHERE f.content_id = ANY(%(contents)s::bigint[]) AND /*seen*/
ORDER BY f.content_id, f.id

-- name: rarest
SELECT wanted.content_id, e.id, e.type, e.value, e.looked_at
FROM unnest(%(contents)s::bigint[]) AS wanted (content_id)
CROSS JOIN LATERAL (
    SELECT e.id, e.type, e.value, e.contents, m.looked_at
    FROM (SELECT DISTINCT entity_id, count(*) OVER ()::int AS looked_at
          FROM (SELECT unnest(m.ids) AS entity_id FROM entity_mentions m WHERE m.content_id = wanted.content_id
                LIMIT %(looked_at)s) AS few) AS m
    JOIN entities e ON e.id = m.entity_id
    WHERE (%(types)s::smallint[] IS NULL AND e.type NOT IN (3, 9) OR e.type = ANY(%(types)s::smallint[]))
      AND e.contents > 1 AND e.contents <= %(hot)s
    ORDER BY e.contents, e.id LIMIT %(candidates)s
) AS e
ORDER BY wanted.content_id, e.contents, e.id

-- name: count_files
SELECT wanted.id, n.files
FROM unnest(%(ids)s::bigint[]) AS wanted (id) JOIN entities e ON e.id = wanted.id
CROSS JOIN LATERAL (
    SELECT count(*)::int AS files, min(found.content_id) < max(found.content_id) AS shared FROM (
        SELECT f.content_id FROM (/*naming_e*/) AS named JOIN files f ON f.content_id = named.content_id WHERE /*seen*/ LIMIT %(count_limit)s
    ) AS found
) AS n
WHERE n.shared

-- name: sources
SELECT f.id FROM files f
WHERE f.id > %(after)s AND f.content_id IS NOT NULL AND /*seen*/
  AND NOT EXISTS (SELECT FROM files g WHERE g.content_id = f.content_id AND g.id < f.id
                  AND g.status NOT IN ('missing', 'deleted')
                  AND (%(scopes)s::text[] IS NULL OR g.shown || '/' ^@ ANY(%(scopes)s::text[])))
ORDER BY f.id LIMIT %(limit)s
