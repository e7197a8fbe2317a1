-- Which commit of the engine the catalog last heard of. An engine that tells of another one has seen another database,
-- or another state of this one (a dump that was put back), and is filled again.
ALTER TABLE control ADD COLUMN engine_stamp text NOT NULL DEFAULT gen_random_uuid();
