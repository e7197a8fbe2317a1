-- The rules (contents.extraction) of which the full-text index has let go of all that older ones had left in it.
ALTER TABLE control ADD COLUMN engine_redacted bigint;
