-- fragment: visible
(%(hidden)s OR NOT f.hidden)
AND (%(scopes)s::text[] IS NULL
     OR left(f.shown, 512) >= %(low)s AND left(f.shown, 512) <= %(high)s AND f.shown || '/' ^@ ANY(%(scopes)s::text[]))

-- fragment: seen
f.status NOT IN ('missing', 'deleted') AND /*visible*/

-- fragment: files_of_e
SELECT count(*)::int AS files FROM (
    SELECT FROM (SELECT DISTINCT content_id FROM entity_mentions m WHERE m.entity_id = e.id) AS named
    JOIN files f ON f.content_id = named.content_id WHERE /*seen*/
    LIMIT %(count_limit)s
) AS found

-- fragment: meant
    (%(type)s::smallint IS NULL OR e.type = %(type)s::smallint)
AND (%(id)s::bigint IS NULL OR e.id = %(id)s::bigint)
AND (%(prefix_low)s::text IS NULL OR lower(left(e.value, 128)) >= %(prefix_low)s::text
                                 AND lower(left(e.value, 128)) <= %(prefix_high)s::text)
AND (%(trigrams)s::text[] IS NULL
     OR e.type NOT IN (3, 5, 7, 9, 15) AND entity_trigrams(e.value) @> %(trigrams)s::text[]
     OR e.type IN (5, 7) AND (%(third)s::text[] IS NULL OR entity_thirds(e.value) @> %(third)s::text[]
                                                        OR entity_thirds(e.value) @> %(third_after_1)s::text[]
                                                        OR entity_thirds(e.value) @> %(third_after_2)s::text[])
     OR length(e.value) > 128)
AND (%(like)s::text IS NULL OR lower(e.value) LIKE %(like)s::text)
AND (%(address_low)s::inet IS NULL OR e.address >= %(address_low)s::inet AND e.address <= %(address_high)s::inet)

-- fragment: known
-- contents: those of a small scope, which is the better place to begin. OFFSET 0: asked of one thing after the other,
-- until the page is full, and not of all at once.
CASE WHEN %(contents)s::bigint[] IS NULL
     THEN EXISTS (SELECT FROM entity_mentions m JOIN files f ON f.content_id = m.content_id
                  WHERE m.entity_id = e.id AND /*seen*/ OFFSET 0)
     ELSE e.id = ANY (ARRAY(SELECT DISTINCT entity_id FROM entity_mentions
                            WHERE content_id = ANY(%(contents)s::bigint[])))
END

-- fragment: files_in_e
SELECT count(*)::int AS files FROM (
    SELECT FROM files f WHERE f.content_id = ANY(%(contents)s::bigint[]) AND /*seen*/
      AND EXISTS (SELECT FROM entity_mentions m WHERE m.entity_id = e.id AND m.content_id = f.content_id)
    LIMIT %(count_limit)s
) AS found

-- fragment: counted
SELECT CASE WHEN %(contents)s::bigint[] IS NULL THEN (/*files_of_e*/) ELSE (/*files_in_e*/) END AS files

-- name: list_entities
SELECT e.type, e.value, n.files, lower(left(e.value, 128)), e.id
FROM (SELECT * FROM entities e
      WHERE e.type = ANY(%(types)s::smallint[]) AND /*meant*/ AND /*known*/
        AND (%(after)s::text IS NULL OR (e.type, lower(left(e.value, 128)), e.id)
                                        > (%(after_type)s::smallint, %(after)s::text, %(after_id)s::bigint))
      ORDER BY e.type, lower(left(e.value, 128)), e.id LIMIT %(limit)s) AS e
CROSS JOIN LATERAL (/*counted*/) AS n
ORDER BY e.type, lower(left(e.value, 128)), e.id

-- name: list_addresses
SELECT e.type, e.value, n.files, e.address::text, e.id
FROM (SELECT * FROM entities e
      WHERE /*meant*/ AND /*known*/
        AND (%(after)s::text IS NULL OR (e.address, e.id) > (%(after)s::inet, %(after_id)s::bigint))
      ORDER BY e.address, e.id LIMIT %(limit)s) AS e
CROSS JOIN LATERAL (/*counted*/) AS n
ORDER BY e.address, e.id

-- name: top_entities
SELECT e.type, e.value, n.files
FROM (SELECT * FROM entities e WHERE /*meant*/ ORDER BY e.contents DESC, e.type, e.value LIMIT %(candidates)s) AS e
CROSS JOIN LATERAL (/*counted*/) AS n
WHERE n.files > 0
ORDER BY n.files DESC, e.contents DESC, e.type, e.value LIMIT %(limit)s

-- name: top_visible_entities
SELECT e.type, e.value, count(*)::int
FROM files f
JOIN (SELECT DISTINCT entity_id, content_id FROM entity_mentions WHERE content_id = ANY(%(contents)s::bigint[])) AS m
     ON m.content_id = f.content_id
JOIN entities e ON e.id = m.entity_id
WHERE /*seen*/ AND /*meant*/
GROUP BY e.type, e.value ORDER BY 3 DESC, e.type, e.value LIMIT %(limit)s

-- name: count_files
SELECT n.files FROM (SELECT %(id)s::bigint AS id) AS e CROSS JOIN LATERAL (/*files_of_e*/) AS n

-- name: naming_files
SELECT f.id, named.content_id
FROM (SELECT DISTINCT content_id FROM entity_mentions m
      WHERE m.entity_id = %(id)s AND (%(after)s::bigint IS NULL OR m.content_id <= %(after)s::bigint)
      ORDER BY content_id DESC) AS named
JOIN files f ON f.content_id = named.content_id
WHERE /*seen*/ AND (%(after)s::bigint IS NULL OR (named.content_id, f.id) < (%(after)s::bigint, %(after_id)s::bigint))
ORDER BY named.content_id DESC, f.id DESC LIMIT %(limit)s

-- name: naming_visible_files
SELECT f.id, f.content_id FROM files f
WHERE /*seen*/ AND EXISTS (SELECT FROM entity_mentions m WHERE m.entity_id = %(id)s AND m.content_id = f.content_id)
  AND (%(after)s::bigint IS NULL OR (f.content_id, f.id) < (%(after)s::bigint, %(after_id)s::bigint))
ORDER BY f.content_id DESC, f.id DESC LIMIT %(limit)s

-- name: count_visible_files
SELECT count(*)::int FROM (
    SELECT FROM files f
    WHERE /*seen*/ AND EXISTS (SELECT FROM entity_mentions m WHERE m.entity_id = %(id)s AND m.content_id = f.content_id)
    LIMIT %(count_limit)s
) AS found

-- name: mentions_in
SELECT content_id, count, confidence, places FROM entity_mentions
WHERE entity_id = %(id)s AND content_id = ANY(%(contents)s::bigint[])
ORDER BY content_id, part

-- name: entities_of
SELECT e.type, e.value, sum(m.count)::int, max(m.confidence), string_agg(m.places, '' ORDER BY m.part)
FILTER (WHERE m.part = least.part)
FROM (SELECT entity_id, min(part) AS part FROM entity_mentions WHERE content_id = %(content_id)s GROUP BY 1) AS least
JOIN entity_mentions m ON m.content_id = %(content_id)s AND m.entity_id = least.entity_id
JOIN entities e ON e.id = m.entity_id
WHERE (%(types)s::smallint[] IS NULL OR e.type = ANY(%(types)s::smallint[]))
  AND (%(after)s::text IS NULL OR (e.type, e.value) > (%(after_type)s::smallint, %(after)s::text))
GROUP BY e.type, e.value ORDER BY e.type, e.value LIMIT %(limit)s

-- name: file_times
SELECT id, content_id, mtime_ns FROM files WHERE id = ANY(%(ids)s::bigint[])

-- name: chunk_times
SELECT k.content_id, k.seq, k.time_min_us, k.time_max_us
FROM unnest(%(contents)s::bigint[], %(seqs)s::int[]) AS wanted (content_id, seq)
JOIN chunks k ON k.content_id = wanted.content_id AND k.seq = wanted.seq
WHERE k.time_min_us IS NOT NULL

-- name: neighbours
SELECT e.type, e.value, e.shared, n.files
FROM (SELECT e.id, e.type, e.value, near.shared
      FROM (SELECT m.entity_id, count(DISTINCT m.content_id)::int AS shared
            FROM unnest(%(contents)s::bigint[]) AS wanted (content_id)
            CROSS JOIN LATERAL (SELECT entity_id, content_id FROM entity_mentions m
                                WHERE m.content_id = wanted.content_id LIMIT %(looked_at)s) AS m
            WHERE m.entity_id <> %(id)s GROUP BY m.entity_id) AS near
      JOIN entities e ON e.id = near.entity_id
      WHERE e.type NOT IN (3, 9)
      ORDER BY near.shared / ln(1 + e.contents) DESC, e.type, e.value LIMIT %(candidates)s) AS e
CROSS JOIN LATERAL (/*files_of_e*/) AS n
WHERE n.files > 0
ORDER BY e.shared / ln(1 + n.files) DESC, e.type, e.value LIMIT %(limit)s

-- name: ports_in
SELECT m.content_id, e.value, m.places FROM entity_mentions m JOIN entities e ON e.id = m.entity_id
WHERE m.content_id = ANY(%(contents)s::bigint[]) AND e.type = %(port)s

-- name: findings_in
SELECT content_id, text_start, line, rule, critical FROM secret_findings
WHERE content_id = ANY(%(contents)s::bigint[]) AND NOT accepted
ORDER BY content_id, text_start LIMIT %(limit)s

-- name: contents_of
WITH few AS MATERIALIZED (
    SELECT m.content_id FROM entities e JOIN entity_mentions m ON m.entity_id = e.id WHERE /*meant*/ LIMIT %(rows)s
)
SELECT DISTINCT content_id, (SELECT count(*)::int FROM few) FROM few LIMIT %(limit)s

-- name: visible_contents_of
WITH few AS MATERIALIZED (
    SELECT m.content_id FROM entities e JOIN entity_mentions m ON m.entity_id = e.id WHERE /*meant*/ LIMIT %(rows)s
)
SELECT DISTINCT content_id, (SELECT count(*)::int FROM few) FROM few
WHERE EXISTS (SELECT FROM files f WHERE f.content_id = few.content_id AND /*seen*/) LIMIT %(limit)s

-- name: visible_contents
SELECT DISTINCT f.content_id FROM files f WHERE f.content_id IS NOT NULL AND /*seen*/ LIMIT %(small)s

-- name: contents_among
SELECT wanted.content_id, 0 FROM unnest(%(contents)s::bigint[]) AS wanted (content_id)
CROSS JOIN LATERAL (SELECT FROM entity_mentions m JOIN entities e ON e.id = m.entity_id
                    WHERE m.content_id = wanted.content_id AND /*meant*/ OFFSET 0 LIMIT 1) AS named
LIMIT %(limit)s

-- name: first_places
SELECT DISTINCT ON (m.content_id, e.id) m.content_id, e.type, e.value, m.places
FROM entity_mentions m JOIN entities e ON e.id = m.entity_id
WHERE m.content_id = ANY(%(contents)s::bigint[]) AND /*meant*/
ORDER BY m.content_id, e.id, m.part

-- name: count_by_type
SELECT e.type, count(*)::int FROM entities e
WHERE EXISTS (SELECT FROM entity_mentions m JOIN files f ON f.content_id = m.content_id
              WHERE m.entity_id = e.id AND /*seen*/)
GROUP BY 1

-- name: put_entities
INSERT INTO entities AS e (id, contents, type, value, address)
SELECT id, contents, type, value, CASE WHEN type = 2 THEN value::inet END
FROM unnest(%(ids)s::bigint[], %(contents)s::int[], %(types)s::smallint[], string_to_array(%(values)s::text, E'\x1f'))
     AS new (id, contents, type, value)
ORDER BY id
ON CONFLICT (id) DO UPDATE SET contents = e.contents + excluded.contents

-- name: copy_mentions
COPY entity_mentions (entity_id, content_id, part, count, confidence, places) FROM STDIN (FORMAT BINARY)

-- name: delete_mentions
DELETE FROM entity_mentions USING unnest(%(contents)s::bigint[], %(parts)s::int[]) AS old (content_id, part)
WHERE entity_mentions.content_id = old.content_id AND entity_mentions.part >= old.part
RETURNING entity_mentions.content_id, entity_id, entity_mentions.part, count, confidence, places

-- name: mentioned_before
SELECT m.content_id, m.entity_id
FROM unnest(%(contents)s::bigint[], %(parts)s::int[]) AS old (content_id, part)
JOIN entity_mentions m ON m.content_id = old.content_id AND m.part < old.part

-- name: release_entities
UPDATE entities e SET contents = e.contents - old.contents
FROM unnest(%(ids)s::bigint[], %(contents)s::int[]) AS old (id, contents)
WHERE e.id = old.id

-- name: delete_unnamed
DELETE FROM entities WHERE id = ANY(%(ids)s::bigint[]) AND contents <= 0

-- name: take_mentions
SELECT e.type, e.value, m.part, m.count, m.confidence, m.places
FROM entity_mentions m JOIN entities e ON e.id = m.entity_id WHERE m.content_id = %(id)s ORDER BY m.part
