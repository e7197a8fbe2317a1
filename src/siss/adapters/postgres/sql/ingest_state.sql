-- name: write_status
UPDATE control SET status = %(status)s, updated_at = now()

-- name: read_status
SELECT status, updated_at, updated_at > now() - interval '10 seconds',
    EXISTS (SELECT FROM files WHERE status = 'pending' AND (not_before IS NULL OR not_before <= now())),
    coalesce((SELECT told FROM damage), '')
FROM control

-- name: note_damage
INSERT INTO damage (told) VALUES (%(told)s)
ON CONFLICT (only_row) DO UPDATE SET told = excluded.told WHERE damage.told <> excluded.told

-- name: forget_damage
DELETE FROM damage

-- name: paused
SELECT paused FROM control

-- name: set_paused
UPDATE control SET paused = %(paused)s
