-- name: blocks
SELECT b.content_id, b.seq, b.text_start, b.source_start, b.data, b.span_map
FROM (
    SELECT DISTINCT content_id, (
        SELECT max(t.seq) FROM text_blocks t
        WHERE t.content_id = wanted.content_id
          AND t.seq BETWEEN wanted.seq / %(block_steps)s * %(block_steps)s AND wanted.seq
    ) AS seq
    FROM unnest(%(contents)s::bigint[], %(seqs)s::int[]) AS wanted (content_id, seq)
) found
JOIN text_blocks b ON b.content_id = found.content_id AND b.seq = found.seq

-- name: first_block_at
SELECT coalesce(max(seq), 0) FROM text_blocks WHERE content_id = %(content_id)s AND text_start <= %(start)s

-- name: blocks_from
SELECT content_id, seq, text_start, source_start, data, span_map FROM text_blocks
WHERE content_id = %(content_id)s AND seq >= %(seq)s AND text_start < %(end)s
ORDER BY seq LIMIT %(limit)s

-- name: whole
SELECT content_id, seq, text_start, source_start, data, span_map FROM text_blocks
WHERE content_id = ANY(%(contents)s::bigint[]) ORDER BY content_id, seq

-- name: maps_at
-- What is shown of a content stands near its beginning, where the first matches are: blocks are gone through from there.
SELECT wanted.content_id, wanted.start, b.text_start, b.source_start, b.span_map
FROM (SELECT DISTINCT * FROM unnest(%(contents)s::bigint[], %(starts)s::bigint[]) AS places (content_id, start)) wanted
CROSS JOIN LATERAL (
    SELECT t.text_start, t.source_start, t.span_map FROM text_blocks t
    WHERE t.content_id = wanted.content_id AND t.text_end > wanted.start ORDER BY t.seq LIMIT 1
) b
WHERE b.text_start <= wanted.start

-- name: every_block
SELECT content_id, seq, text_start, source_start, data, span_map, text_end FROM text_blocks
WHERE (content_id, seq) > (%(content_id)s, %(seq)s) ORDER BY content_id, seq LIMIT %(limit)s
