-- name: put
INSERT INTO synonyms (term_key, source, two_way, term, synonyms, synonym_keys, updated_at)
VALUES (%(key)s, %(source)s, %(two_way)s, %(term)s, %(synonyms)s, %(keys)s, %(updated_at)s)
ON CONFLICT (term_key, source) DO UPDATE
SET two_way = excluded.two_way, term = excluded.term, synonyms = excluded.synonyms,
    synonym_keys = excluded.synonym_keys, updated_at = excluded.updated_at

-- name: delete
DELETE FROM synonyms WHERE term_key = %(key)s AND source = 'user'
RETURNING term_key, term, synonyms, two_way, source, updated_at

-- name: page
SELECT DISTINCT ON (term_key) term_key, term, synonyms, two_way, source, updated_at
FROM synonyms WHERE %(after)s::text IS NULL OR term_key > %(after)s::text
ORDER BY term_key, source DESC LIMIT %(limit)s

-- name: count
SELECT count(DISTINCT term_key) FROM synonyms

-- name: of
SELECT term_key, source, two_way, term, synonyms, synonym_keys FROM synonyms
WHERE term_key = ANY(%(keys)s::text[])
UNION ALL
SELECT term_key, source, two_way, term, synonyms, synonym_keys FROM synonyms
WHERE two_way AND synonym_keys && %(keys)s::text[] AND term_key <> ALL(%(keys)s::text[])

-- Another after every change: each row has the number of the transaction that wrote it.
-- name: version
SELECT count(*), coalesce(sum(xmin::text::bigint), 0)::bigint FROM synonyms
