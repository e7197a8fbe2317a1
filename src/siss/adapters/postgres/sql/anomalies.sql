-- fragment: visible
(%(hidden)s OR NOT f.hidden)
AND (%(scopes)s::text[] IS NULL
     OR left(f.shown, 512) >= %(low)s AND left(f.shown, 512) <= %(high)s AND f.shown || '/' ^@ ANY(%(scopes)s::text[]))

-- fragment: there
f.status NOT IN ('missing', 'deleted')

-- fragment: wanted
FROM anomalies a JOIN files f ON f.id = a.file_id LEFT JOIN schemas z ON z.id = a.schema_id
WHERE (a.found OR a.status = 'resolved') AND /*there*/ AND /*visible*/
  AND (%(statuses)s::text[] IS NULL OR a.status = ANY(%(statuses)s::text[]))
  AND (%(kinds)s::text[] IS NULL OR a.kind = ANY(%(kinds)s::text[]))
  AND (%(ranks)s::int[] IS NULL OR a.rank = ANY(%(ranks)s::int[]))
  AND (%(schema)s::uuid IS NULL OR z.public_id = %(schema)s::uuid)
  AND (%(file)s::bigint IS NULL OR a.file_id = %(file)s::bigint)

-- fragment: shown
a.public_id, a.file_id, f.public_id, f.shown, z.public_id, z.name, a.deviation, a.status, a.created_at, a.updated_at,
       a.resolved_at

-- name: list_anomalies
SELECT /*shown*/ /*wanted*/
  AND (%(rank)s::int IS NULL OR (a.rank, a.public_id) > (%(rank)s::int, %(after)s::uuid))
ORDER BY a.rank, a.public_id LIMIT %(limit)s

-- name: count_anomalies
SELECT count(*) /*wanted*/

-- name: anomaly
SELECT /*shown*/
FROM anomalies a JOIN files f ON f.id = a.file_id LEFT JOIN schemas z ON z.id = a.schema_id
WHERE a.public_id = %(id)s AND (a.found OR a.status = 'resolved') AND /*there*/ AND /*visible*/

-- name: known_anomalies
SELECT public_id, status, created_at, updated_at, resolved_at FROM anomalies WHERE public_id = ANY(%(ids)s::uuid[])

-- name: schema_members
-- xmin: a structure that is written anew is another one, of the same content too.
SELECT h.schema_id, z.public_id, z.name, count(*) FILTER (WHERE /*visible*/), bool_and(/*visible*/),
       sha256(string_agg(int8send(f.id) || int8send(s.content_id) || xidsend(s.xmin), '' ORDER BY f.id)
              FILTER (WHERE /*visible*/))
FROM shapes h JOIN schemas z ON z.id = h.schema_id JOIN content_structures s ON s.shape_id = h.id
JOIN files f ON f.content_id = s.content_id
WHERE /*there*/ AND (%(only)s::uuid IS NULL OR z.public_id = %(only)s::uuid)
GROUP BY h.schema_id, z.public_id, z.name HAVING bool_or(/*visible*/)

-- name: secret_members
SELECT sha256(coalesce(string_agg(int8send(f.id) || s.fingerprint || convert_to(s.rule, 'UTF8') || int8send(s.line), ''
                                  ORDER BY f.id, s.text_start), '')), count(*)
FROM secret_findings s JOIN files f ON f.content_id = s.content_id WHERE NOT s.accepted AND /*there*/

-- name: members
SELECT s.content_id, h.id, s.value_keys, s.field_values, g.files, g.size
FROM shapes h JOIN content_structures s ON s.shape_id = h.id
CROSS JOIN LATERAL (
    SELECT array_agg(f.id ORDER BY f.id) AS files, max(f.size) AS size FROM files f
    WHERE f.content_id = s.content_id AND /*there*/ AND /*visible*/
) AS g
WHERE h.schema_id = %(schema)s AND s.content_id > %(after)s AND g.files IS NOT NULL
ORDER BY s.content_id LIMIT %(limit)s

-- name: file_names
SELECT id, public_id, shown FROM files WHERE id = ANY(%(ids)s::bigint[])

-- name: secrets
SELECT f.id, f.public_id, f.shown, s.rule, s.fingerprint, bool_or(s.critical), min(s.line), count(*)
FROM secret_findings s JOIN files f ON f.content_id = s.content_id
WHERE NOT s.accepted AND /*there*/
GROUP BY f.id, s.rule, s.fingerprint ORDER BY f.id, s.rule, s.fingerprint

-- name: looked_at
SELECT schema_id, members FROM anomaly_runs

-- name: baseline
SELECT kind, path, token, scopes FROM anomaly_baseline
WHERE schema_id IS NOT DISTINCT FROM %(schema)s::bigint

-- name: follow_merged
UPDATE anomaly_baseline b SET schema_id = z.merged_into FROM schemas z
WHERE z.id = b.schema_id AND z.merged_into IS NOT NULL

-- name: put_anomalies
INSERT INTO anomalies (public_id, file_id, schema_id, rank, found, kind, status, path, token, deviation)
SELECT new.public_id, new.file_id, %(schema)s::bigint, new.rank, %(found)s, new.kind, new.status, new.path, new.token,
       new.deviation
FROM unnest(%(ids)s::uuid[], %(files)s::bigint[], %(ranks)s::int[], %(kinds)s::text[], %(statuses)s::text[],
            %(paths)s::text[], %(tokens)s::text[], %(deviations)s::bytea[])
     AS new (public_id, file_id, rank, kind, status, path, token, deviation)
JOIN files f ON f.id = new.file_id
ON CONFLICT (public_id) DO UPDATE SET
    file_id = excluded.file_id, schema_id = excluded.schema_id, rank = excluded.rank, token = excluded.token,
    found = anomalies.found OR excluded.found, deviation = excluded.deviation, resolved_at = NULL,
    updated_at = CASE WHEN anomalies.deviation = excluded.deviation AND anomalies.status <> 'resolved'
                      THEN anomalies.updated_at ELSE now() END,
    status = CASE WHEN excluded.status = 'dismissed' OR anomalies.status = 'resolved' THEN excluded.status
                  ELSE anomalies.status END

-- name: resolve_others
UPDATE anomalies SET found = false, updated_at = now(),
    status = CASE WHEN status = 'dismissed' THEN status ELSE 'resolved' END,
    resolved_at = CASE WHEN status = 'dismissed' THEN NULL ELSE now() END
WHERE (schema_id = ANY(%(schemas)s::bigint[]) OR %(secrets)s AND schema_id IS NULL)
  AND found AND public_id <> ALL(%(ids)s::uuid[])

-- name: note_runs
INSERT INTO anomaly_runs SELECT * FROM unnest(%(schemas)s::bigint[], %(members)s::bytea[])
ON CONFLICT (schema_id) DO UPDATE SET members = excluded.members

-- name: forget_runs
DELETE FROM anomaly_runs WHERE schema_id = ANY(%(schemas)s::bigint[])

-- name: set_status
UPDATE anomalies SET status = %(status)s, updated_at = now() WHERE public_id = %(id)s

-- name: set_alike
UPDATE anomalies a SET status = %(status)s, updated_at = now() FROM files f, anomalies one
WHERE one.public_id = %(id)s AND f.id = a.file_id AND a.found AND a.status = ANY(%(from)s::text[])
  AND a.kind = one.kind AND a.path = one.path AND a.token = one.token
  AND a.schema_id IS NOT DISTINCT FROM one.schema_id AND /*visible*/

-- name: add_to_baseline
INSERT INTO anomaly_baseline (schema_id, kind, path, token, scopes)
SELECT a.schema_id, a.kind, a.path, a.token, %(scopes)s::text[] FROM anomalies a WHERE a.public_id = %(id)s

-- name: drop_from_baseline
DELETE FROM anomaly_baseline b USING anomalies a
WHERE a.public_id = %(id)s AND b.kind = a.kind AND b.path = a.path AND b.token = a.token
  AND b.schema_id IS NOT DISTINCT FROM a.schema_id
  AND (%(scopes)s::text[] IS NULL OR b.scopes IS NOT DISTINCT FROM %(scopes)s::text[])
