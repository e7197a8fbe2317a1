-- fragments: naming

-- fragment: visible
(%(hidden)s OR NOT f.hidden)
AND (%(scopes)s::text[] IS NULL
     OR left(f.shown, 512) >= %(low)s AND left(f.shown, 512) <= %(high)s AND f.shown || '/' ^@ ANY(%(scopes)s::text[]))

-- fragment: seen
f.status NOT IN ('missing', 'deleted') AND /*visible*/

-- fragment: files_of_e
SELECT count(*)::int AS files FROM (
    SELECT FROM (/*naming_e*/) AS named JOIN files f ON f.content_id = named.content_id WHERE /*seen*/
    LIMIT %(count_limit)s
) AS found

-- fragment: meant
    (%(type)s::smallint IS NULL OR e.type = %(type)s::smallint)
AND (%(id)s::bigint IS NULL OR e.id = %(id)s::bigint)
AND (%(prefix_low)s::text IS NULL OR lower(left(e.value, 32)) >= %(prefix_low)s::text
                                 AND lower(left(e.value, 32)) <= %(prefix_high)s::text)
AND (%(trigrams)s::text[] IS NULL
     OR e.type NOT IN (3, 5, 7, 9, 15) AND entity_trigrams(e.value) @> %(trigrams)s::text[]
     OR e.type IN (5, 7) AND (%(third)s::text[] IS NULL OR entity_thirds(e.value) @> %(third)s::text[]
                                                        OR entity_thirds(e.value) @> %(third_after_1)s::text[]
                                                        OR entity_thirds(e.value) @> %(third_after_2)s::text[])
     OR length(e.value) > 128)
AND (%(like)s::text IS NULL OR lower(e.value) LIKE %(like)s::text)
AND (%(address_low)s::inet IS NULL OR e.address >= %(address_low)s::inet AND e.address <= %(address_high)s::inet)

-- fragment: in_small_scope
-- contents: those of a small scope, which is the better place to begin.
(%(contents)s::bigint[] IS NULL
 OR e.id = ANY (ARRAY(SELECT DISTINCT unnest(ids) FROM entity_mentions WHERE content_id = ANY(%(contents)s::bigint[]))))

-- fragment: known
(%(contents)s::bigint[] IS NOT NULL
 OR EXISTS (SELECT FROM (/*naming_e*/) AS named JOIN files f ON f.content_id = named.content_id WHERE /*seen*/ OFFSET 0))

-- fragment: files_in_e
SELECT count(*)::int AS files FROM (
    SELECT FROM files f WHERE f.content_id = ANY(%(contents)s::bigint[]) AND /*seen*/ AND /*f_names_e*/
    LIMIT %(count_limit)s
) AS found

-- fragment: counted
SELECT CASE WHEN %(contents)s::bigint[] IS NULL THEN (/*files_of_e*/) ELSE (/*files_in_e*/) END AS files

-- name: list_entities
-- The next ones in order, and of these what somebody may know, until the page is full; the last row counts the former.
-- The index ends at 32 letters: what begins alike is sorted here, which with a bound (reach) keeps no more than that.
-- lower() of the whole takes an eighth of the time of left(), which counts letters. CASE hides from the planner what it
-- judges by the type alone, as next to nothing: it read and sorted the whole table for each page but the first.
WITH near AS MATERIALIZED (
    SELECT e.* FROM entities e
    WHERE e.type = ANY(%(types)s::smallint[]) AND /*meant*/ AND /*in_small_scope*/
      AND (%(after)s::text IS NULL
           OR (e.type, lower(left(e.value, 32))) >= (%(after_type)s::smallint, left(%(after)s::text, 32))
              AND CASE WHEN e.type > 0 THEN (e.type, lower(e.value), e.id)
                                            > (%(after_type)s::smallint, %(after)s::text, %(after_id)s::bigint) END)
    ORDER BY e.type, lower(left(e.value, 32)), lower(e.value), e.id LIMIT %(reach)s
)
SELECT e.type, e.value, n.files, lower(e.value), e.id
FROM (SELECT e.* FROM near AS e WHERE /*known*/ LIMIT %(limit)s) AS e
CROSS JOIN LATERAL (/*counted*/) AS n
UNION ALL SELECT NULL, NULL, count(*)::int, NULL, NULL FROM near
ORDER BY 1, 4, 5

-- name: list_addresses
SELECT e.type, e.value, n.files, e.address::text, e.id
FROM (SELECT e.* FROM (SELECT e.* FROM entities e
                       WHERE /*meant*/ AND /*in_small_scope*/
                         AND (%(after)s::text IS NULL OR (e.address, e.id) > (%(after)s::inet, %(after_id)s::bigint))
                       ORDER BY e.address, e.id OFFSET 0) AS e
      WHERE /*known*/ LIMIT %(limit)s) AS e
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
JOIN (SELECT DISTINCT unnest(ids) AS entity_id, content_id FROM entity_mentions
      WHERE content_id = ANY(%(contents)s::bigint[])) AS m
     ON m.content_id = f.content_id
JOIN entities e ON e.id = m.entity_id
WHERE /*seen*/ AND /*meant*/
GROUP BY e.type, e.value ORDER BY 3 DESC, e.type, e.value LIMIT %(limit)s

-- name: count_files
SELECT n.files FROM entities e CROSS JOIN LATERAL (/*files_of_e*/) AS n WHERE e.id = %(id)s

-- name: naming_files
SELECT page.id, page.content_id
FROM entities e
CROSS JOIN LATERAL (
    SELECT f.id, named.content_id FROM (/*latest_e*/) AS named JOIN files f ON f.content_id = named.content_id
    WHERE /*seen*/
      AND (%(after)s::bigint IS NULL OR named.span <= %(after)s::bigint >> 10
                                        AND (named.content_id, f.id) < (%(after)s::bigint, %(after_id)s::bigint))
    ORDER BY named.span DESC, named.content_id DESC, f.id DESC LIMIT %(limit)s
) AS page
WHERE e.id = %(id)s
ORDER BY page.content_id DESC, page.id DESC

-- name: naming_visible_files
SELECT f.id, f.content_id FROM files f JOIN entities e ON e.id = %(id)s
WHERE /*seen*/ AND /*f_names_e*/
  AND (%(after)s::bigint IS NULL OR (f.content_id, f.id) < (%(after)s::bigint, %(after_id)s::bigint))
ORDER BY f.content_id DESC, f.id DESC LIMIT %(limit)s

-- name: count_visible_files
SELECT count(*)::int FROM (
    SELECT FROM files f JOIN entities e ON e.id = %(id)s WHERE /*seen*/ AND /*f_names_e*/ LIMIT %(count_limit)s
) AS found

-- name: mentions_in
SELECT m.content_id, said.at, m.confidences, m.places
FROM entity_mentions m CROSS JOIN LATERAL (SELECT array_position(m.ids, %(id)s::bigint) AS at) AS said
WHERE m.content_id = ANY(%(contents)s::bigint[]) AND said.at IS NOT NULL
ORDER BY m.content_id, m.part

-- name: entities_of
WITH page AS MATERIALIZED (
    SELECT e.id, e.type, e.value
    FROM (SELECT DISTINCT unnest(ids) AS id FROM entity_mentions WHERE content_id = %(content_id)s) AS own
    JOIN entities e ON e.id = own.id
    WHERE (%(types)s::smallint[] IS NULL OR e.type = ANY(%(types)s::smallint[]))
      AND (%(after)s::text IS NULL OR (e.type, e.value) > (%(after_type)s::smallint, %(after)s::text))
    ORDER BY e.type, e.value LIMIT %(limit)s
)
SELECT m.content_id, array_agg(e.type), array_agg(e.value), array_agg(said.at), m.confidences, m.places
FROM entity_mentions m CROSS JOIN LATERAL unnest(m.ids) WITH ORDINALITY AS said (id, at) JOIN page e ON e.id = said.id
WHERE m.content_id = %(content_id)s
GROUP BY m.content_id, m.part ORDER BY m.part

-- name: file_times
SELECT id, content_id, mtime_ns FROM files WHERE id = ANY(%(ids)s::bigint[])

-- name: chunk_times
SELECT k.content_id, k.seq, k.time_min_us, k.time_max_us
FROM unnest(%(contents)s::bigint[], %(seqs)s::int[]) AS wanted (content_id, seq)
JOIN chunks k ON k.content_id = wanted.content_id AND k.seq = wanted.seq
WHERE k.time_min_us IS NOT NULL

-- name: neighbours
-- First what many of these files name and few others: how many they are, but for one, which proves nothing, times what
-- part they are of all that name it. Then the rarest. Counting ends early; without a scope the column of contents goes on.
SELECT e.type, e.value, e.shared, n.files
FROM (SELECT e.*, near.shared
      FROM (SELECT m.entity_id, count(DISTINCT wanted.content_id)::int AS shared
            FROM unnest(%(contents)s::bigint[]) AS wanted (content_id)
            CROSS JOIN LATERAL (SELECT unnest(m.ids) AS entity_id FROM entity_mentions m
                                WHERE m.content_id = wanted.content_id LIMIT %(looked_at)s) AS m
            WHERE m.entity_id <> %(id)s GROUP BY m.entity_id) AS near
      JOIN entities e ON e.id = near.entity_id
      WHERE e.type NOT IN (3, 9)
      ORDER BY near.shared * (near.shared - 1.0) / greatest(e.contents, 1) DESC, e.contents, e.type, e.value
      LIMIT %(candidates)s) AS e
CROSS JOIN LATERAL (/*files_of_e*/) AS n
CROSS JOIN LATERAL (SELECT CASE WHEN %(scopes)s::text[] IS NULL THEN greatest(n.files, e.contents) ELSE n.files END AS files)
    AS every
WHERE n.files > 0
ORDER BY e.shared * (e.shared - 1.0) / every.files DESC, every.files, e.type, e.value LIMIT %(limit)s

-- name: ports_in
SELECT m.content_id, array_agg(e.type), array_agg(e.value), array_agg(said.at), m.confidences, m.places
FROM entity_mentions m CROSS JOIN LATERAL unnest(m.ids) WITH ORDINALITY AS said (id, at) JOIN entities e ON e.id = said.id
WHERE m.content_id = ANY(%(contents)s::bigint[]) AND e.type = %(port)s
GROUP BY m.content_id, m.part

-- name: findings_in
SELECT content_id, text_start, line, rule, critical FROM secret_findings
WHERE content_id = ANY(%(contents)s::bigint[]) AND NOT accepted
ORDER BY content_id, text_start LIMIT %(limit)s

-- name: contents_of
WITH few AS MATERIALIZED (
    SELECT named.content_id FROM entities e CROSS JOIN LATERAL (/*naming_e*/) AS named WHERE /*meant*/ LIMIT %(rows)s
)
SELECT DISTINCT content_id, (SELECT count(*)::int FROM few) FROM few LIMIT %(limit)s

-- name: visible_contents_of
WITH few AS MATERIALIZED (
    SELECT named.content_id FROM entities e CROSS JOIN LATERAL (/*naming_e*/) AS named WHERE /*meant*/ LIMIT %(rows)s
)
SELECT DISTINCT content_id, (SELECT count(*)::int FROM few) FROM few
WHERE EXISTS (SELECT FROM files f WHERE f.content_id = few.content_id AND /*seen*/) LIMIT %(limit)s

-- name: visible_contents
SELECT DISTINCT f.content_id FROM files f WHERE f.content_id IS NOT NULL AND /*seen*/ LIMIT %(small)s

-- name: contents_among
SELECT wanted.content_id, 0 FROM unnest(%(contents)s::bigint[]) AS wanted (content_id)
CROSS JOIN LATERAL (SELECT FROM entity_mentions m CROSS JOIN LATERAL unnest(m.ids) AS said (id)
                    JOIN entities e ON e.id = said.id
                    WHERE m.content_id = wanted.content_id AND /*meant*/ OFFSET 0 LIMIT 1) AS named
LIMIT %(limit)s

-- name: first_places
SELECT m.content_id, array_agg(e.type), array_agg(e.value), array_agg(said.at), m.confidences, m.places
FROM entity_mentions m CROSS JOIN LATERAL unnest(m.ids) WITH ORDINALITY AS said (id, at) JOIN entities e ON e.id = said.id
WHERE m.content_id = ANY(%(contents)s::bigint[]) AND /*meant*/
GROUP BY m.content_id, m.part

-- name: lock_entities
SELECT FROM entities WHERE id = ANY(%(ids)s::bigint[]) ORDER BY id FOR UPDATE

-- name: put_entities
WITH put AS (
    INSERT INTO entities AS e (id, content_id, contents, type, value, address, others)
    SELECT id, content_id, 1 + coalesce(cardinality(others::bigint[]), 0), type, value,
           CASE WHEN type = 2 THEN value::inet END, others::bigint[]
    FROM unnest(%(ids)s::bigint[], %(contents)s::bigint[], %(others)s::text[], %(types)s::smallint[],
                string_to_array(%(values)s::text, E'\x1f')) AS new (id, content_id, others, type, value)
    ORDER BY id
    ON CONFLICT (id) DO UPDATE
    SET contents = e.contents + excluded.contents, others = e.others || (excluded.content_id || excluded.others)
    RETURNING id, cardinality(others) AS others
)
SELECT id FROM put WHERE others > %(few)s

-- name: spread_contents
INSERT INTO entity_spans AS s (entity_id, span, members)
SELECT e.id, (o.content_id >> 10)::int, array_agg((o.content_id & 1023)::smallint)
FROM entities e CROSS JOIN LATERAL unnest(e.others) AS o (content_id)
WHERE e.id = ANY(%(ids)s::bigint[])
GROUP BY 1, 2 ORDER BY 1, 2
ON CONFLICT (entity_id, span) DO UPDATE SET members = s.members || excluded.members

-- name: forget_others
UPDATE entities SET others = NULL WHERE id = ANY(%(ids)s::bigint[])

-- name: release_entities
-- Only contents that a thing knows of: one that it does not know would be counted off another's account.
UPDATE entities thing
SET contents = thing.contents - cardinality(old.contents),
    (content_id, others) = (SELECT kept.ids[1], nullif(kept.ids[2:], '{}')
                            FROM (SELECT array_agg(c) AS ids FROM unnest(thing.content_id || thing.others) AS c
                                  WHERE c <> ALL (old.contents)) AS kept)
FROM (SELECT f.id, array_agg(f.content_id) AS contents
      FROM unnest(%(ids)s::bigint[], %(contents)s::bigint[]) AS f (id, content_id) JOIN entities e ON e.id = f.id
      WHERE /*f_names_e*/ GROUP BY f.id ORDER BY f.id) AS old
WHERE thing.id = old.id

-- name: release_spans
UPDATE entity_spans s SET members = ARRAY(SELECT m FROM unnest(s.members) AS m WHERE m <> ALL (old.members))
FROM (SELECT id, (content_id >> 10)::int AS span, array_agg((content_id & 1023)::smallint) AS members
      FROM unnest(%(ids)s::bigint[], %(contents)s::bigint[]) AS pair (id, content_id) GROUP BY 1, 2) AS old
WHERE s.entity_id = old.id AND s.span = old.span

-- name: delete_unnamed
WITH empty AS (DELETE FROM entity_spans WHERE entity_id = ANY(%(ids)s::bigint[]) AND members = '{}')
DELETE FROM entities WHERE id = ANY(%(ids)s::bigint[]) AND contents <= 0

-- name: copy_mentions
COPY entity_mentions (content_id, part, ids, confidences, places) FROM STDIN (FORMAT BINARY)

-- name: delete_mentions
DELETE FROM entity_mentions m USING unnest(%(contents)s::bigint[], %(parts)s::int[]) AS old (content_id, part)
WHERE m.content_id = old.content_id AND m.part >= old.part
RETURNING m.content_id, m.part, m.ids, m.confidences, m.places

-- name: naming_already
SELECT e.id, f.content_id FROM unnest(%(ids)s::bigint[], %(contents)s::bigint[]) AS f (id, content_id)
JOIN entities e ON e.id = f.id WHERE /*f_names_e*/

-- name: mentioned_before
SELECT pair.id, pair.content_id
FROM unnest(%(ids)s::bigint[], %(contents)s::bigint[], %(parts)s::int[]) AS pair (id, content_id, part)
WHERE EXISTS (SELECT FROM entity_mentions m
              WHERE m.content_id = pair.content_id AND m.part < pair.part AND pair.id = ANY(m.ids))

-- name: take_mentions
SELECT m.part, array_agg(e.type ORDER BY said.at), array_agg(e.value ORDER BY said.at), m.confidences, m.places
FROM entity_mentions m CROSS JOIN LATERAL unnest(m.ids) WITH ORDINALITY AS said (id, at) JOIN entities e ON e.id = said.id
WHERE m.content_id = %(id)s
GROUP BY m.content_id, m.part ORDER BY m.part
