-- A mount in a folder that is ignored may be reached through a link alone: then no file of its own path is known.

-- linked: as the last whole scan found it, a link of the root leads into it.
ALTER TABLE root_mounts ADD COLUMN linked boolean NOT NULL DEFAULT false;
