-- fragment: columns
id, at, subject, action, resource_type, resource_id, status, results, address, duration_ms, details

-- fragment: entry
-- As it was given: a real has more digits than it was made of, as a double.
id, at, subject, action, resource_type, resource_id, status, results, address, duration_ms::text::float8, details

-- fragment: matching
(%(subject)s::text IS NULL OR subject = %(subject)s) AND (%(action)s::text IS NULL OR action = %(action)s)
AND (%(resource_id)s::uuid IS NULL OR resource_id = %(resource_id)s)
AND (%(since)s::timestamptz IS NULL OR at >= %(since)s) AND (%(until)s::timestamptz IS NULL OR at < %(until)s)

-- name: append
INSERT INTO audit_logs (/*columns*/)
SELECT * FROM unnest(%(ids)s::uuid[], %(times)s::timestamptz[], %(subjects)s::text[], %(actions)s::text[],
    %(resource_types)s::text[], %(resource_ids)s::uuid[], %(statuses)s::int[], %(results)s::bigint[],
    %(addresses)s::text[], %(durations)s::real[], %(details)s::jsonb[])
ON CONFLICT (id) DO NOTHING

-- name: latest
SELECT /*entry*/ FROM audit_logs
WHERE (%(before)s::uuid IS NULL OR id < %(before)s) AND /*matching*/
ORDER BY id DESC LIMIT %(limit)s

-- name: oldest
SELECT /*entry*/ FROM audit_logs WHERE /*matching*/ ORDER BY id LIMIT %(limit)s

-- name: forget
DELETE FROM audit_logs WHERE id = ANY(%(ids)s::uuid[])
