-- Which contents name the thing e, a row of entities; each once (migration 0018).

-- fragment: naming_e
-- The first one may be gone, while others name it: NULL || NULL is a list of one, too.
SELECT few.content_id FROM unnest(e.content_id || e.others) AS few (content_id) WHERE few.content_id IS NOT NULL
UNION ALL
SELECT (s.span::bigint << 10) + unnest(s.members) FROM entity_spans s WHERE s.entity_id = e.id

-- fragment: latest_e
-- By spans, the latest first, so that of a thing that everybody names those are looked at that a page needs.
SELECT latest.span, found.content_id
FROM (SELECT DISTINCT span FROM (SELECT (unnest(e.content_id || e.others) >> 10)::int AS span
                                 UNION ALL
                                 SELECT s.span FROM entity_spans s WHERE s.entity_id = e.id) AS spans
      ORDER BY span DESC) AS latest
CROSS JOIN LATERAL (
    SELECT few.content_id FROM unnest(e.content_id || e.others) AS few (content_id)
    WHERE few.content_id >> 10 = latest.span
    UNION ALL
    SELECT (s.span::bigint << 10) + unnest(s.members) FROM entity_spans s
    WHERE s.entity_id = e.id AND s.span = latest.span
) AS found
ORDER BY latest.span DESC, found.content_id DESC

-- fragment: f_names_e
(f.content_id = ANY(e.content_id || e.others)
 OR EXISTS (SELECT FROM entity_spans s WHERE s.entity_id = e.id AND s.span = (f.content_id >> 10)::int
            AND (f.content_id & 1023)::smallint = ANY(s.members)))
