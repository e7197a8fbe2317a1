-- The tables of what files say, in less room.

-- Nine values in ten are paths and URLs, long, and many begin alike: of 32 letters an index keeps each beginning once,
-- with the rows that have it, in less than half the room of 128. What begins alike is sorted when it is listed.
DROP INDEX entities_by_value;
CREATE INDEX entities_by_value ON entities (type, lower(left(value, 32)));

-- Hardly a row changes: only what many contents name does, and what stood before in the same page makes room for that.
ALTER TABLE entities SET (fillfactor = 95);

-- Nobody is asked for by these, or nothing better is known to do than to use the index: counting them took most of the
-- time that looking at the tables took.
ALTER INDEX entities_by_third ALTER COLUMN 1 SET STATISTICS 0;
ALTER INDEX entities_by_trigram ALTER COLUMN 1 SET STATISTICS 0;
ALTER TABLE entities ALTER value SET STATISTICS 0;
ALTER TABLE content_structures ALTER field_values SET STATISTICS 0;
ALTER TABLE text_blocks ALTER data SET STATISTICS 0, ALTER span_map SET STATISTICS 0;
ALTER TABLE entity_mentions ALTER confidences SET STATISTICS 0, ALTER places SET STATISTICS 0;
ALTER TABLE shapes ALTER types SET STATISTICS 0;

-- Lists of what waits are short, as those of entities: when they are empty they still stand in the index.
ALTER INDEX entities_by_third SET (gin_pending_list_limit = 512);
ALTER INDEX entities_by_trigram SET (gin_pending_list_limit = 512);
DROP INDEX shapes_by_path;
CREATE INDEX shapes_by_path ON shapes USING gin (path_ids) WITH (gin_pending_list_limit = 512);

-- Values are asked for in JSON only (siss.model.structure.VALUE_KINDS); of other kinds the keys are kept that say of
-- which paths there are more values. Those that older versions wrote go when their contents are read again.
DROP INDEX content_structures_by_value;
CREATE INDEX content_structures_by_value ON content_structures USING gin (value_keys)
    WITH (gin_pending_list_limit = 512);
