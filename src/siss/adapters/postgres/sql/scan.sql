-- name: lock_roots
SELECT id, path, active FROM roots ORDER BY id FOR UPDATE

-- name: put_root
INSERT INTO roots (path, path_hash, shown, position, case_insensitive)
VALUES (%(path)s, %(path_hash)s, %(shown)s, %(position)s, %(case_insensitive)s)
ON CONFLICT (path_hash) DO UPDATE
SET shown = excluded.shown, position = excluded.position, case_insensitive = excluded.case_insensitive, active = true

-- name: drop_roots
UPDATE roots SET active = false WHERE id = ANY(%(ids)s::int[])

-- name: delete_files_of_roots
UPDATE files SET status = 'deleted', content_id = NULL, pending_since = NULL, missing_since = NULL, forced = false
WHERE root_id = ANY(%(ids)s::int[]) AND status <> 'deleted'
RETURNING id, generation

-- name: forget_folders_of_roots
UPDATE folders SET fingerprint = '', present = false WHERE root_id = ANY(%(ids)s::int[])

-- name: delete_skipped_of_roots
DELETE FROM skipped USING folders WHERE skipped.folder_id = folders.id AND folders.root_id = ANY(%(ids)s::int[])

-- name: orphan_all
UPDATE contents SET orphaned_at = now()
WHERE orphaned_at IS NULL AND NOT opened AND NOT EXISTS (SELECT FROM files WHERE files.content_id = contents.id)

-- name: active_roots
SELECT id, path, shown, case_insensitive, state, watch, reason,
       (SELECT count(*) FROM root_mounts m WHERE m.root_id = roots.id AND m.away)
FROM roots WHERE active ORDER BY position, id

-- name: set_root
UPDATE roots SET state = %(state)s, watch = %(watch)s, reason = %(reason)s WHERE id = %(id)s

-- name: finish_scan
UPDATE roots SET last_scan_at = now() WHERE id = %(id)s

-- name: fingerprints
SELECT path, fingerprint FROM folders WHERE root_id = %(root_id)s AND present

-- name: files_in_folders
SELECT d.path, f.name, f.id, f.key, f.size, f.mtime_ns, f.inode, f.device, f.status = 'missing'
FROM folders d JOIN files f ON f.folder_id = d.id
WHERE d.root_id = %(root_id)s AND d.path_hash = ANY(%(hashes)s::bytea[])
  AND (f.status <> 'deleted' OR f.removed_at IS NOT NULL)

-- name: files_by_inode
SELECT d.path, f.name, f.id, f.key, f.size, f.mtime_ns, f.inode, f.device, f.status = 'missing', c.tail
FROM unnest(%(inodes)s::bigint[], %(sizes)s::bigint[], %(mtimes)s::bigint[]) AS wanted (inode, size, mtime_ns)
JOIN files f ON f.inode = wanted.inode
JOIN folders d ON d.id = f.folder_id
LEFT JOIN contents c ON c.id = f.content_id
WHERE f.root_id = %(root_id)s AND (f.status <> 'deleted' OR f.removed_at IS NOT NULL)
  AND (f.size = wanted.size AND f.mtime_ns = wanted.mtime_ns OR f.size <= wanted.size AND c.tail IS NOT NULL)

-- name: lock_root
SELECT FROM roots WHERE id = %(root_id)s FOR NO KEY UPDATE

-- name: limit_waits
-- Of the transaction from here on: for rows that others have locked.
SELECT set_config('lock_timeout', '100ms', true)

-- name: root_shown
SELECT r.shown FROM roots r JOIN folders d ON d.root_id = r.id WHERE d.id = %(folder_id)s

-- name: put_folders
INSERT INTO folders (root_id, path, path_hash, fingerprint)
SELECT %(root_id)s, path, path_hash, fingerprint
FROM unnest(%(paths)s::bytea[], %(hashes)s::bytea[], %(fingerprints)s::bytea[]) AS new (path, path_hash, fingerprint)
ON CONFLICT (root_id, path_hash) DO UPDATE SET fingerprint = excluded.fingerprint, present = true
RETURNING path, id

-- name: ensure_folders
INSERT INTO folders (root_id, path, path_hash)
SELECT %(root_id)s, path, path_hash FROM unnest(%(paths)s::bytea[], %(hashes)s::bytea[]) AS new (path, path_hash)
ON CONFLICT (root_id, path_hash) DO UPDATE SET present = true
RETURNING path, id

-- name: files_by_key
SELECT f.key_hash, f.id, d.path, f.name, f.status::text, f.generation
FROM files f JOIN folders d ON d.id = f.folder_id
WHERE f.root_id = %(root_id)s AND f.key_hash = ANY(%(hashes)s::bytea[])
FOR UPDATE OF f

-- name: copy_files
COPY files (public_id, root_id, folder_id, size, mtime_ns, inode, device, key_hash, key, name, shown)
FROM STDIN (FORMAT BINARY)

-- name: ids_by_key
SELECT key_hash, id FROM files WHERE root_id = %(root_id)s AND key_hash = ANY(%(hashes)s::bytea[])

-- name: note_conflicts
INSERT INTO file_gaps (file_id, seq, reason, detail, lost)
SELECT id, 0, 'case_conflict', detail, false FROM unnest(%(ids)s::bigint[], %(details)s::text[]) AS new (id, detail)
ON CONFLICT (file_id, seq) DO UPDATE SET detail = excluded.detail

-- name: rename_files
UPDATE files f
SET folder_id = new.folder_id, name = new.name, shown = new.shown, key = new.key, key_hash = new.key_hash,
    size = new.size, mtime_ns = new.mtime_ns, inode = new.inode, device = new.device, seen_at = now(),
    read_mtime_ns = CASE WHEN new.changed THEN f.read_mtime_ns ELSE new.mtime_ns END,
    status = CASE WHEN f.removed_at IS NOT NULL AND NOT new.changed THEN 'deleted'::file_status
                  WHEN new.changed OR f.pending_since IS NOT NULL OR f.content_id IS NULL AND f.status <> 'failed'
                  THEN 'pending'
                  WHEN f.status <> 'missing' THEN f.status
                  WHEN (SELECT c.metadata_only FROM contents c WHERE c.id = f.content_id) THEN 'metadata_only'
                  ELSE 'indexed' END,
    pending_since = CASE WHEN f.removed_at IS NOT NULL AND NOT new.changed THEN NULL
                         WHEN new.changed OR f.pending_since IS NOT NULL OR f.content_id IS NULL AND f.status <> 'failed'
                         THEN coalesce(f.pending_since, now()) END,
    removed_at = CASE WHEN new.changed THEN NULL ELSE f.removed_at END,
    removed_by = CASE WHEN new.changed THEN NULL ELSE f.removed_by END,
    not_before = NULL,
    attempts = CASE WHEN new.changed THEN 0 ELSE f.attempts END,
    missing_since = NULL
FROM unnest(%(ids)s::bigint[], %(folders)s::bigint[], %(names)s::bytea[], %(shown)s::text[], %(keys)s::bytea[],
            %(hashes)s::bytea[], %(sizes)s::bigint[], %(mtimes)s::bigint[], %(inodes)s::bigint[],
            %(devices)s::bigint[], %(changed)s::boolean[])
     AS new (id, folder_id, name, shown, key, key_hash, size, mtime_ns, inode, device, changed)
WHERE f.id = new.id
RETURNING f.id, f.generation, f.status = 'pending'

-- name: change_files
UPDATE files f
SET size = new.size, mtime_ns = new.mtime_ns, inode = new.inode, device = new.device, seen_at = now(),
    status = CASE WHEN f.removed_at IS NULL THEN 'pending'::file_status ELSE 'deleted' END,
    pending_since = CASE WHEN f.removed_at IS NULL THEN coalesce(f.pending_since, now()) END, not_before = NULL,
    attempts = 0, missing_since = NULL
FROM unnest(%(ids)s::bigint[], %(sizes)s::bigint[], %(mtimes)s::bigint[], %(inodes)s::bigint[],
            %(devices)s::bigint[]) AS new (id, size, mtime_ns, inode, device),
     LATERAL (SELECT status FROM files WHERE files.id = new.id) AS old
WHERE f.id = new.id AND (f.status <> 'deleted' OR f.removed_at IS NOT NULL)
RETURNING f.id, CASE WHEN old.status = 'missing' THEN f.generation ELSE 0 END

-- name: return_files
UPDATE files f
SET seen_at = now(), missing_since = NULL,
    status = CASE WHEN f.pending_since IS NOT NULL OR f.content_id IS NULL THEN 'pending'::file_status
                  WHEN (SELECT c.metadata_only FROM contents c WHERE c.id = f.content_id) THEN 'metadata_only'
                  ELSE 'indexed' END,
    pending_since = CASE WHEN f.pending_since IS NOT NULL OR f.content_id IS NULL
                         THEN coalesce(f.pending_since, now()) END
WHERE f.id = ANY(%(ids)s::bigint[]) AND f.status = 'missing'
RETURNING f.id, f.generation, f.status = 'pending'

-- name: delete_files
DELETE FROM files WHERE id = ANY(%(ids)s::bigint[])

-- name: delete_skipped
DELETE FROM skipped WHERE folder_id = ANY(%(folders)s::bigint[])

-- name: copy_skipped
COPY skipped (folder_id, shown_hash, shown, reason, gap_start, gap_end, item, detail, lost) FROM STDIN (FORMAT BINARY)

-- name: folders_below
SELECT DISTINCT d.id
FROM unnest(%(lows)s::bytea[], %(highs)s::bytea[], %(prefixes)s::bytea[]) AS wanted (low, high, prefix)
JOIN folders d ON d.root_id = %(root_id)s
    AND substring(d.path FROM 1 FOR 512) >= wanted.low AND substring(d.path FROM 1 FOR 512) < wanted.high
    AND substring(d.path FROM 1 FOR length(wanted.prefix)) = wanted.prefix
UNION
SELECT d.id FROM folders d WHERE d.root_id = %(root_id)s AND d.path_hash = ANY(%(hashes)s::bytea[])

-- name: forget_mounts
DELETE FROM root_mounts WHERE root_id = %(root_id)s AND NOT path_hash = ANY(%(hashes)s::bytea[])

-- name: put_mounts
INSERT INTO root_mounts (root_id, path, path_hash, away)
SELECT %(root_id)s, path, path_hash, away
FROM unnest(%(paths)s::bytea[], %(hashes)s::bytea[], %(away)s::boolean[]) AS new (path, path_hash, away)
ON CONFLICT (root_id, path_hash) DO UPDATE SET away = excluded.away

-- name: link_mounts
-- Where links lead cannot be seen of what is away: that stays as it was.
UPDATE root_mounts SET linked = path = ANY(%(paths)s::bytea[])
WHERE root_id = %(root_id)s AND NOT away AND linked <> (path = ANY(%(paths)s::bytea[]))

-- name: mounts_with_files
-- As folders_below finds folders, of which the first with a file is enough.
SELECT m.path FROM root_mounts m
WHERE m.root_id = %(root_id)s AND (
    m.linked OR EXISTS (
        SELECT FROM folders d JOIN files f ON f.folder_id = d.id
        WHERE d.root_id = m.root_id AND d.path_hash = m.path_hash AND f.status NOT IN ('missing', 'deleted')
    ) OR EXISTS (
        SELECT FROM folders d JOIN files f ON f.folder_id = d.id
        WHERE d.root_id = m.root_id AND f.status NOT IN ('missing', 'deleted')
          AND substring(d.path FROM 1 FOR 512) >= substring(m.path || '/'::bytea FROM 1 FOR 400)
          AND substring(d.path FROM 1 FOR 512) < substring(m.path || '/'::bytea FROM 1 FOR 400) || '\xffffffff'::bytea
          AND substring(d.path FROM 1 FOR length(m.path) + 1) = m.path || '/'::bytea
    )
)
ORDER BY m.path

-- name: mark_missing
UPDATE files SET status = 'missing', missing_since = now()
WHERE (id = ANY(%(files)s::bigint[]) OR folder_id = ANY(%(folders)s::bigint[])) AND root_id = %(root_id)s
  AND status NOT IN ('missing', 'deleted')
RETURNING id, generation

-- name: forget_folders
UPDATE folders SET fingerprint = '', present = false WHERE id = ANY(%(folders)s::bigint[])

-- name: count_files
SELECT count(*) FROM files WHERE root_id = %(root_id)s AND status NOT IN ('missing', 'deleted')

-- name: expire_missing
UPDATE files f SET status = 'deleted', content_id = NULL, pending_since = NULL, missing_since = NULL, forced = false
FROM roots r
WHERE r.id = f.root_id AND r.state = 'available' AND f.status = 'missing'
  AND f.missing_since < now() - make_interval(secs => %(grace)s)
RETURNING f.id, f.generation

-- name: expired_contents
SELECT id FROM contents
WHERE orphaned_at < now() - make_interval(secs => %(grace)s)
  AND NOT EXISTS (SELECT FROM files WHERE files.content_id = contents.id)
ORDER BY id LIMIT 5000 FOR UPDATE
