-- name: next_content_ids
SELECT nextval('content_ids')

-- name: open_content
INSERT INTO contents (id, generation, opened) VALUES (%(id)s, %(generation)s, true)

-- name: copy_contents
COPY contents (id, sha256, generation, metadata_only, size, source_bytes, read_bytes, text_bytes, line_count,
               time_min_us, time_max_us, chunk_count, level_mask, mime, kind, extent, encoding, compression, members,
               tail, extraction, hidden) FROM STDIN (FORMAT BINARY)

-- name: copy_chunks
COPY chunks (content_id, seq, line, text_start, text_end, source_start, source_end, lines, level_mask, time_min_us,
             time_max_us, label) FROM STDIN (FORMAT BINARY)

-- name: copy_blocks
COPY text_blocks (content_id, seq, text_start, text_end, source_start, data, span_map) FROM STDIN (FORMAT BINARY)

-- name: copy_content_gaps
COPY content_gaps (content_id, seq, reason, gap_start, gap_end, item, detail, lost) FROM STDIN (FORMAT BINARY)

-- name: delete_content_rows
DELETE FROM contents WHERE id = ANY(%(ids)s::bigint[])

-- name: delete_content_gaps
DELETE FROM content_gaps WHERE content_id = ANY(%(ids)s::bigint[])

-- name: delete_chunks_from
DELETE FROM chunks USING unnest(%(ids)s::bigint[], %(seqs)s::int[]) AS old (id, seq)
WHERE chunks.content_id = old.id AND chunks.seq >= old.seq

-- name: delete_blocks_from
DELETE FROM text_blocks USING unnest(%(ids)s::bigint[], %(seqs)s::int[]) AS old (id, seq)
WHERE text_blocks.content_id = old.id AND text_blocks.seq >= old.seq

-- name: opened_except
SELECT id FROM contents WHERE opened AND id <> ALL(%(keep)s::bigint[]) ORDER BY id FOR UPDATE

-- name: first_chunk
SELECT min(seq) FROM chunks WHERE content_id = %(id)s

-- name: first_block
SELECT min(seq) FROM text_blocks WHERE content_id = %(id)s

-- name: hand_over_chunks
UPDATE chunks SET content_id = %(heir)s WHERE content_id = %(id)s

-- name: hand_over_blocks
UPDATE text_blocks SET content_id = %(heir)s WHERE content_id = %(id)s

-- name: contents_by_hash
SELECT sha256, id, generation, metadata_only, extraction FROM contents WHERE sha256 = ANY(%(hashes)s::bytea[]) FOR UPDATE

-- name: count_sharers
SELECT content_id, count(*) FROM files WHERE content_id = ANY(%(ids)s::bigint[]) GROUP BY content_id

-- name: set_hashes
UPDATE contents c SET sha256 = new.sha256, tail = coalesce(new.tail, c.tail)
FROM unnest(%(ids)s::bigint[], %(hashes)s::bytea[], %(tails)s::bytea[]) AS new (id, sha256, tail)
WHERE c.id = new.id

-- name: orphan_contents
UPDATE contents SET orphaned_at = now()
WHERE id = ANY(%(ids)s::bigint[]) AND orphaned_at IS NULL
  AND NOT EXISTS (SELECT FROM files WHERE files.content_id = contents.id)

-- name: keep_contents
UPDATE contents SET orphaned_at = NULL WHERE id = ANY(%(ids)s::bigint[]) AND orphaned_at IS NOT NULL

-- name: generations_of
SELECT id, generation FROM contents WHERE id = ANY(%(ids)s::bigint[])
