-- name: get
SELECT id, tenant, model, route, created, keep_until, used, status, prompt_tokens, completion_tokens, checksum, data
FROM entries WHERE key = ?

-- name: get_by_id
SELECT key, tenant, model, route, created, keep_until, used, status, prompt_tokens, completion_tokens, checksum, data
FROM entries WHERE id = ?

-- name: size_of
SELECT size FROM entries WHERE key = ?

-- name: put
INSERT INTO entries (key, tenant, model, route, created, keep_until, used, size, status, prompt_tokens,
                     completion_tokens, checksum, data)
VALUES (:key, :tenant, :model, :route, :created, :keep_until, :created, :size, :status, :prompt_tokens,
        :completion_tokens, :checksum, :data)
ON CONFLICT (key) DO UPDATE SET
    tenant = excluded.tenant, model = excluded.model, route = excluded.route, created = excluded.created,
    keep_until = excluded.keep_until, used = excluded.used, size = excluded.size, status = excluded.status,
    prompt_tokens = excluded.prompt_tokens, completion_tokens = excluded.completion_tokens,
    checksum = excluded.checksum, data = excluded.data
RETURNING id

-- name: clear_tags
DELETE FROM tags WHERE entry = ?

-- name: put_tag
INSERT OR IGNORE INTO tags (entry, tag) VALUES (?, ?)

-- name: clear_embedded
DELETE FROM embedded WHERE entry = ?

-- name: put_embedded
INSERT INTO embedded (entry, namespace, partition, code, vector, text, checksum) VALUES (?, ?, ?, ?, ?, ?, ?)

-- name: touch
UPDATE entries SET used = ? WHERE key = ?

-- name: delete_key
DELETE FROM entries WHERE key = ? RETURNING id, key, size

-- name: delete_ended
DELETE FROM entries WHERE id IN (SELECT id FROM entries WHERE keep_until <= ? ORDER BY keep_until LIMIT 500)
RETURNING id, key, size

-- name: delete_least_used
DELETE FROM entries WHERE id IN (
    SELECT id FROM (
        SELECT id, coalesce(sum(size) OVER (ORDER BY used, id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS freed
        FROM (SELECT id, used, size FROM entries ORDER BY used, id LIMIT 64))
    WHERE freed < :excess)
RETURNING id, key, size

-- name: purge
DELETE FROM entries
WHERE (:tenant IS NULL OR tenant = :tenant) AND (:model IS NULL OR model = :model)
  AND (:route IS NULL OR route = :route)
  AND (:tag IS NULL OR id IN (SELECT entry FROM tags WHERE tag = :tag))
RETURNING id, key, size

-- name: purge_comparisons
DELETE FROM comparisons
WHERE (:tenant IS NULL OR tenant = :tenant) AND (:model IS NULL OR model = :model)
  AND (:route IS NULL OR route = :route)

-- name: list
SELECT id, key, tenant, model, route, created, keep_until, used, size, status,
       (SELECT group_concat(tag, char(10)) FROM tags WHERE entry = id), EXISTS (SELECT 1 FROM embedded WHERE entry = id)
FROM entries
WHERE id < :before AND (:tenant IS NULL OR tenant = :tenant) AND (:model IS NULL OR model = :model)
  AND (:route IS NULL OR route = :route)
  AND (:tag IS NULL OR id IN (SELECT entry FROM tags WHERE tag = :tag))
ORDER BY id DESC LIMIT :limit

-- name: totals
SELECT count(*), coalesce(sum(size), 0) FROM entries

-- name: keys
SELECT key FROM entries

-- name: owners
SELECT tenant, model, count(*) FROM entries GROUP BY tenant, model ORDER BY tenant, model

-- name: codes
SELECT partition, entry, code FROM embedded WHERE namespace = ? ORDER BY partition, entry

-- name: embedded
SELECT key, embedded.checksum, namespace, partition, code, vector, text
FROM embedded JOIN entries ON entries.id = embedded.entry WHERE entry = ?

-- name: namespace
SELECT revision, dimension, probe FROM namespaces WHERE digest = ?

-- name: put_namespace
INSERT OR REPLACE INTO namespaces (digest, revision, dimension, probe) VALUES (?, ?, ?, ?)

-- name: put_comparison
INSERT INTO comparisons (tenant, model, route, at, similarity, refused, agreed, asked, kept, answer, would)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: trim_comparisons
DELETE FROM comparisons WHERE route = :route AND id <= (
    SELECT id FROM comparisons WHERE route = :route ORDER BY id DESC LIMIT 1 OFFSET :most)

-- name: comparisons
SELECT route, at, similarity, refused, agreed, asked, kept, answer, would
FROM comparisons WHERE (:route IS NULL OR route = :route) ORDER BY id
