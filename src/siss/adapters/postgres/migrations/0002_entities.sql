-- What files name. A thing is one row of entities; what a content says of it is one row of entity_mentions.

-- id: 64 bits of a hash of type and value, so that whoever writes it knows it beforehand. type: EntityType.code.
-- contents: how many have it (document frequency); a thing that no content has any more is deleted with the last one.
-- It stands in no index, so that counting rewrites no index either (fillfactor leaves room for that).
-- address: of an ip_address, so that networks and ranges are ranges of an index.
CREATE TABLE entities (
    id       bigint PRIMARY KEY,
    contents int NOT NULL,
    type     smallint NOT NULL,
    value    text COLLATE "C" NOT NULL,
    address  inet
) WITH (fillfactor = 90);

-- All groups of three letters in a folded value: a value that has a part has the groups of the part (the idea of pg_trgm,
-- which is not everywhere). Only the first 128 letters, so that long paths do not fill the index.
CREATE FUNCTION entity_trigrams(value text) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
RETURN (SELECT coalesce(array_agg(DISTINCT substr(v, n, 3)), '{}')
        FROM (SELECT lower(left(value, 128)) AS v) AS folded, generate_series(1, length(v) - 2) AS n);

CREATE INDEX entities_by_value ON entities (type, lower(left(value, 128)), id);
CREATE INDEX entities_by_address ON entities (address) WHERE address IS NOT NULL;
CREATE INDEX entities_long ON entities (type) WHERE length(value) > 128;
-- Not for ports, days and UUIDs (3, 9, 15), which are asked for by their beginning.
CREATE INDEX entities_by_trigram ON entities USING gin (entity_trigrams(value))
    WITH (gin_pending_list_limit = 16384) WHERE type NOT IN (3, 9, 15);

-- part: of the content's chunks, PART_CHUNKS each, so that a log that grows rewrites its last row only.
-- places: packed (siss.model.entity). No foreign keys, as for chunks.
CREATE TABLE entity_mentions (
    entity_id  bigint NOT NULL,
    content_id bigint NOT NULL,
    part       int NOT NULL,
    count      int NOT NULL,
    confidence smallint NOT NULL,
    places     bytea NOT NULL
);
CREATE INDEX entity_mentions_of_entity ON entity_mentions (entity_id, content_id);
CREATE INDEX entity_mentions_of_content ON entity_mentions (content_id, part);
