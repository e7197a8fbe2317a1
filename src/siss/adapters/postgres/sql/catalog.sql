-- fragment: visible
(%(hidden)s OR NOT f.hidden)
AND (%(scopes)s::text[] IS NULL
     OR left(f.shown, 512) >= %(low)s AND left(f.shown, 512) <= %(high)s AND f.shown || '/' ^@ ANY(%(scopes)s::text[]))

-- fragment: there
f.status NOT IN ('missing', 'deleted')

-- fragment: columns
f.id, f.public_id, f.root_id, f.shown, split_part(f.shown, '/', -1), f.size, f.mtime_ns, f.discovered_at,
greatest(f.seen_at, CASE WHEN f.status NOT IN ('missing', 'deleted') THEN r.last_scan_at END), f.indexed_at,
f.status::text, f.tags, f.description, f.generation, c.id, c.generation, c.sha256, c.mime, c.kind, c.encoding,
c.compression, coalesce(c.chunk_count, 0), coalesce(c.line_count, 0), coalesce(c.text_bytes, 0),
coalesce(c.extent, 'none'), f.removed_at, f.removed_by, coalesce(f.path_since, 0), coalesce(f.labels_since, 0),
(SELECT z.public_id FROM content_structures s JOIN shapes h ON h.id = s.shape_id JOIN schemas z ON z.id = h.schema_id
 WHERE s.content_id = c.id)

-- fragment: tables
files f JOIN roots r ON r.id = f.root_id LEFT JOIN contents c ON c.id = f.content_id

-- fragment: filters
    (%(statuses)s::text[] IS NULL AND /*there*/ OR f.status::text = ANY(%(statuses)s::text[]))
AND (%(mime)s::text[] IS NULL OR c.mime = ANY(%(mime)s::text[]))
AND (%(kind)s::text[] IS NULL OR c.kind = ANY(%(kind)s::text[]))
AND (%(tags)s::text[] IS NULL OR f.tags && %(tags)s::text[])
AND (%(extent)s::text[] IS NULL OR coalesce(c.extent, 'none') = ANY(%(extent)s::text[]))
AND (%(folder)s::text IS NULL
     OR left(f.shown, 512) >= %(folder_low)s AND left(f.shown, 512) <= %(folder_high)s AND f.shown ^@ %(folder)s::text)
AND (%(name)s::text IS NULL OR lower(split_part(f.shown, '/', -1)) LIKE %(name)s::text)
AND /*visible*/

-- name: files
SELECT wanted.seq, k.line, k.text_start, k.text_end, k.source_start, k.source_end, k.lines, k.level_mask,
       k.time_min_us, k.time_max_us, k.label, /*columns*/
FROM unnest(%(ids)s::bigint[], %(seqs)s::int[]) AS wanted (id, seq)
JOIN (/*tables*/) ON f.id = wanted.id
LEFT JOIN chunks k ON k.content_id = f.content_id AND k.seq = wanted.seq
WHERE /*there*/ AND /*visible*/

-- name: page
SELECT CASE WHEN wanted.copied THEN ARRAY(
           SELECT f.shown FROM files f WHERE f.content_id = c.id AND /*there*/ AND /*visible*/
           ORDER BY f.shown LIMIT %(copies)s
       ) END,
       b.content_id, b.seq, b.text_start, b.source_start, b.data, b.span_map,
       wanted.seq, k.line, k.text_start, k.text_end, k.source_start, k.source_end, k.lines, k.level_mask,
       k.time_min_us, k.time_max_us, k.label, /*columns*/
FROM unnest(%(ids)s::bigint[], %(seqs)s::int[], %(copied)s::bool[]) AS wanted (id, seq, copied)
JOIN (/*tables*/) ON f.id = wanted.id
LEFT JOIN chunks k ON k.content_id = f.content_id AND k.seq = wanted.seq
LEFT JOIN LATERAL (
    SELECT * FROM text_blocks
    WHERE content_id = k.content_id
      AND seq BETWEEN k.seq / %(block_chunks)s * %(block_steps)s AND k.seq / %(block_step)s
    ORDER BY seq DESC LIMIT 1
) b ON true
WHERE /*there*/ AND /*visible*/

-- name: file_by_public_id
SELECT /*columns*/ FROM /*tables*/ WHERE f.public_id = %(public_id)s AND /*visible*/

-- name: file_by_path
SELECT /*columns*/ FROM /*tables*/
WHERE left(f.shown, 512) = left(%(shown)s::text, 512) AND f.shown = %(shown)s::text AND /*visible*/
ORDER BY f.status LIMIT 1

-- name: raw_path
SELECT r.path, d.path, f.name
FROM files f JOIN roots r ON r.id = f.root_id JOIN folders d ON d.id = f.folder_id WHERE f.id = %(id)s

-- name: list_files
SELECT /*columns*/, /*sort*/
FROM /*tables*/
JOIN (SELECT f.id FROM files f LEFT JOIN contents c ON c.id = f.content_id
      WHERE /*filters*/ AND (%(after_id)s::bigint IS NULL OR /*beyond*/)
      ORDER BY /*sort*/ /*direction*/, f.id LIMIT %(limit)s) AS page ON page.id = f.id
ORDER BY /*sort*/ /*direction*/, f.id

-- name: count_list
SELECT count(*) FROM files f LEFT JOIN contents c ON c.id = f.content_id WHERE /*filters*/

-- name: same_content
SELECT wanted.id, same.shown
FROM unnest(%(ids)s::bigint[]) AS wanted (id)
CROSS JOIN LATERAL (
    SELECT f.shown FROM files f WHERE f.content_id = wanted.id AND /*there*/ AND /*visible*/
    ORDER BY f.shown LIMIT %(limit)s
) AS same

-- name: chunks
SELECT k.content_id, k.seq, k.line, k.text_start, k.text_end, k.source_start, k.source_end, k.lines, k.level_mask,
       k.time_min_us, k.time_max_us, k.label
FROM unnest(%(contents)s::bigint[], %(seqs)s::int[]) AS wanted (content_id, seq)
JOIN chunks k ON k.content_id = wanted.content_id AND k.seq = wanted.seq

-- name: chunk_page
SELECT seq, line, text_start, text_end, source_start, source_end, lines, level_mask, time_min_us, time_max_us, label
FROM chunks WHERE content_id = %(content_id)s AND seq > %(after)s ORDER BY seq LIMIT %(limit)s

-- name: file_gaps
SELECT reason, gap_start, gap_end, item, detail, lost FROM file_gaps WHERE file_id = %(id)s ORDER BY seq

-- name: content_gaps
SELECT reason, gap_start, gap_end, item, detail, lost FROM content_gaps WHERE content_id = %(id)s ORDER BY seq

-- name: extent_of_file
SELECT
    content.source_bytes,
    content.read_bytes,
    (SELECT count(*) FROM file_versions AS version WHERE version.file_id = %(id)s),
    ARRAY(SELECT reason FROM file_gaps WHERE file_id = %(id)s)
    || ARRAY(SELECT reason FROM content_gaps WHERE content_id = %(content_id)s),
    ARRAY(
        SELECT f.shown FROM files f
        WHERE f.content_id = %(content_id)s AND f.id <> %(id)s AND /*there*/ AND /*visible*/
        ORDER BY f.shown LIMIT %(limit)s
    )
FROM (VALUES (%(content_id)s::bigint)) AS wanted (id)
LEFT JOIN contents AS content ON content.id = wanted.id

-- name: source_bytes
SELECT source_bytes, read_bytes FROM contents WHERE id = %(id)s

-- name: skipped
SELECT shown, reason, gap_start, gap_end, item, detail, lost FROM skipped
WHERE shown_hash = ANY(%(hashes)s::bytea[]) ORDER BY length(shown) DESC, id DESC LIMIT 1

-- name: versions
SELECT sha256, size, mtime_ns, captured_at FROM file_versions WHERE file_id = %(id)s ORDER BY id DESC

-- name: count_groups
SELECT f.status::text, coalesce(c.mime, ''), coalesce(c.kind, ''), coalesce(c.extent, 'none'), f.root_id, count(*),
       sum(f.size)::bigint
FROM files f LEFT JOIN contents c ON c.id = f.content_id
WHERE f.status <> 'deleted' AND /*visible*/
GROUP BY 1, 2, 3, 4, 5

-- name: count_hidden
SELECT count(*) FROM files f WHERE f.hidden AND /*there*/ AND /*visible*/

-- name: count_contents
SELECT count(*), coalesce(sum(c.chunk_count), 0)::bigint, coalesce(sum(c.text_bytes), 0)::bigint
FROM contents c
WHERE NOT c.opened AND EXISTS (SELECT FROM files f WHERE f.content_id = c.id AND /*there*/ AND /*visible*/)

-- name: count_reasons
SELECT reason, count(DISTINCT id) FROM (
    SELECT g.reason, f.id FROM file_gaps g JOIN files f ON f.id = g.file_id WHERE /*there*/ AND /*visible*/
    UNION ALL
    SELECT g.reason, f.id FROM content_gaps g JOIN files f ON f.content_id = g.content_id WHERE /*there*/ AND /*visible*/
) AS found
GROUP BY reason

-- name: count_skipped
SELECT f.reason, count(*) FROM skipped f
WHERE f.shown ^@ %(below)s::text
  AND (%(scopes)s::text[] IS NULL
       OR f.shown >= %(low)s AND f.shown <= %(high)s AND f.shown || '/' ^@ ANY(%(scopes)s::text[]))
GROUP BY f.reason

-- name: holds_folder
SELECT EXISTS (SELECT FROM folders WHERE root_id = %(root_id)s AND path_hash = %(hash)s AND present)

-- name: root_statuses
SELECT id, shown, state, watch, reason, last_scan_at FROM roots WHERE active ORDER BY position, id

-- fragment: beyond
%(files)s::numeric IS NULL OR files < %(files)s::numeric OR files = %(files)s::numeric AND value > %(value)s::text

-- name: facet_mime
SELECT value, files
FROM (SELECT c.mime, count(*) FROM files f JOIN contents c ON c.id = f.content_id WHERE /*there*/ AND /*visible*/
      GROUP BY 1) AS found (value, files)
WHERE /*beyond*/ ORDER BY 2 DESC, 1 LIMIT %(limit)s

-- name: facet_kind
SELECT value, files
FROM (SELECT c.kind, count(*) FROM files f JOIN contents c ON c.id = f.content_id WHERE /*there*/ AND /*visible*/
      GROUP BY 1) AS found (value, files)
WHERE /*beyond*/ ORDER BY 2 DESC, 1 LIMIT %(limit)s

-- name: facet_tags
SELECT value, files
FROM (SELECT tag, count(*) FROM files f CROSS JOIN LATERAL unnest(f.tags) AS tag WHERE /*there*/ AND /*visible*/
      GROUP BY 1) AS found (value, files)
WHERE /*beyond*/ ORDER BY 2 DESC, 1 LIMIT %(limit)s

-- name: facet_ext
SELECT value, files
FROM (SELECT lower(ext), sum(files)::bigint
      FROM (SELECT split_part(f.shown, '.', -1) AS ext, count(*) AS files FROM files f
            WHERE split_part(f.shown, '/', -1) LIKE '_%%.%%' AND NOT f.shown LIKE '%%.' AND /*there*/ AND /*visible*/ GROUP BY 1) AS spelt
      GROUP BY 1) AS found (value, files)
WHERE /*beyond*/ ORDER BY 2 DESC, 1 LIMIT %(limit)s

-- name: facet_folder
SELECT value, files
FROM (SELECT folder, sum(files)::bigint
      FROM (SELECT left(min(f.shown), -length(split_part(min(f.shown), '/', -1)) - 1) AS folder, count(*) AS files
            FROM files f WHERE /*there*/ AND /*visible*/ GROUP BY f.folder_id) AS held
      GROUP BY 1) AS found (value, files)
WHERE /*beyond*/ ORDER BY 2 DESC, 1 LIMIT %(limit)s

-- name: facet_schema
SELECT value, files
FROM (SELECT z.public_id::text, count(*)
      FROM files f JOIN content_structures s ON s.content_id = f.content_id
      JOIN shapes h ON h.id = s.shape_id JOIN schemas z ON z.id = h.schema_id
      WHERE /*there*/ AND /*visible*/ GROUP BY 1) AS found (value, files)
WHERE /*beyond*/ ORDER BY 2 DESC, 1 LIMIT %(limit)s

-- name: facet_level
SELECT mask, count(*)
FROM (SELECT c.level_mask AS mask FROM files f JOIN contents c ON c.id = f.content_id
      WHERE c.level_mask <> 0 AND /*there*/ AND /*visible*/) AS found
GROUP BY 1

-- name: ping
SELECT 1
