-- name: lock_files
SELECT f.id, f.status::text, f.content_id, f.mtime_ns, f.inode, f.read_mtime_ns, f.attempts, f.forced, f.generation,
       c.sha256, c.generation, c.metadata_only, c.tail IS NOT NULL, c.size, f.hidden
FROM files f LEFT JOIN contents c ON c.id = f.content_id
WHERE f.id = ANY(%(ids)s::bigint[])
ORDER BY f.id FOR UPDATE OF f

-- name: places
SELECT f.id, r.path, d.path, f.name
FROM files f JOIN roots r ON r.id = f.root_id JOIN folders d ON d.id = f.folder_id
WHERE f.id = ANY(%(ids)s::bigint[])

-- name: update_files
UPDATE files f
SET status = new.status::file_status, content_id = new.content_id,
    hidden = coalesce((SELECT c.hidden FROM contents c WHERE c.id = new.content_id), false),
    size = coalesce(new.size, f.size), mtime_ns = coalesce(new.mtime_ns, f.mtime_ns),
    inode = coalesce(new.inode, f.inode), device = coalesce(new.device, f.device),
    read_mtime_ns = new.read_mtime_ns,
    generation = CASE WHEN new.generation IS NULL THEN f.generation
                      ELSE greatest(new.generation, f.generation + 1) END,
    attempts = new.attempts, forced = new.forced, wanted = f.wanted AND new.status = 'pending',
    not_before = now() + make_interval(secs => new.wait),
    pending_since = CASE WHEN new.status = 'pending' AND new.indexed THEN now()
                         WHEN new.status = 'pending' THEN coalesce(f.pending_since, now())
                         WHEN new.status = 'missing' THEN f.pending_since END,
    missing_since = CASE WHEN new.status = 'missing' THEN now() END,
    indexed_at = CASE WHEN new.indexed THEN now() ELSE f.indexed_at END,
    seen_at = CASE WHEN new.status = 'missing' THEN f.seen_at ELSE now() END
FROM unnest(%(ids)s::bigint[], %(statuses)s::text[], %(contents)s::bigint[], %(sizes)s::bigint[],
            %(mtimes)s::bigint[], %(inodes)s::bigint[], %(devices)s::bigint[], %(read_mtimes)s::bigint[],
            %(generations)s::bigint[], %(attempts)s::int[], %(forced)s::boolean[], %(waits)s::float8[],
            %(indexed)s::boolean[])
     AS new (id, status, content_id, size, mtime_ns, inode, device, read_mtime_ns, generation, attempts, forced, wait,
             indexed)
WHERE f.id = new.id

-- name: hide_files
UPDATE files f SET hidden = c.hidden FROM contents c
WHERE f.content_id = ANY(%(contents)s::bigint[]) AND f.id <> ALL(%(besides)s::bigint[])
  AND c.id = f.content_id AND f.hidden <> c.hidden

-- name: files_of_contents
SELECT id FROM files
WHERE content_id = ANY(%(contents)s::bigint[]) AND id <> ALL(%(besides)s::bigint[])
  AND generation <> 0 AND status NOT IN ('missing', 'deleted')
FOR UPDATE

-- name: delete_file_gaps
DELETE FROM file_gaps WHERE file_id = ANY(%(ids)s::bigint[]) AND reason <> 'case_conflict'

-- name: forget_outcome_gaps
DELETE FROM file_gaps WHERE file_id = ANY(%(ids)s::bigint[]) AND seq > 0

-- name: note_unread
INSERT INTO file_gaps (file_id, seq, reason, detail, lost)
SELECT f.id, -2, new.reason,
       'since ' || to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') || ' UTC: '
       || new.detail || '; what was indexed before is searched', new.lost
FROM unnest(%(ids)s::bigint[], %(reasons)s::text[], %(details)s::text[], %(lost)s::boolean[])
     AS new (id, reason, detail, lost)
JOIN files f ON f.id = new.id AND f.content_id IS NOT NULL
ON CONFLICT (file_id, seq) DO UPDATE
SET reason = excluded.reason, lost = file_gaps.lost OR excluded.lost,
    detail = CASE WHEN file_gaps.reason = excluded.reason THEN file_gaps.detail ELSE excluded.detail END
WHERE file_gaps.reason <> excluded.reason OR file_gaps.lost < excluded.lost

-- name: copy_file_gaps
COPY file_gaps (file_id, seq, reason, gap_start, gap_end, item, detail, lost) FROM STDIN (FORMAT BINARY)

-- name: put_versions
INSERT INTO file_versions (file_id, sha256, size, mtime_ns)
SELECT * FROM unnest(%(files)s::bigint[], %(hashes)s::bytea[], %(sizes)s::bigint[], %(mtimes)s::bigint[])

-- name: missing_with_content
SELECT content_id, min(id) FROM files
WHERE status = 'missing' AND content_id = ANY(%(contents)s::bigint[])
GROUP BY content_id HAVING count(*) = 1

-- name: lock_missing
SELECT FROM files WHERE id = %(id)s AND status = 'missing' FOR UPDATE

-- name: take_identity
DELETE FROM files WHERE id = %(id)s
RETURNING public_id, tags, description, discovered_at, generation

-- name: hand_over_versions
UPDATE file_versions SET file_id = %(heir)s WHERE file_id = %(id)s

-- name: give_identity
UPDATE files
SET public_id = %(public_id)s, tags = %(tags)s, description = %(description)s, discovered_at = %(discovered_at)s
WHERE id = %(id)s
