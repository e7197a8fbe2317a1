-- What a content names, in one row for each of its parts instead of one for each thing: 16 bytes a mention, not 145. And
-- who names a thing stands with the thing itself: of ten things nine are named by one content.

-- ids: of the things, each once. confidences: a byte each. places: the size of each thing's places, a byte each, and then
-- the places (siss.model.mentions); how often a thing is named is the sum of what its places say. EXTERNAL: hashes and
-- small numbers do not compress.
ALTER TABLE entity_mentions RENAME TO mentions_before;
CREATE TABLE entity_mentions (
    content_id  bigint NOT NULL,
    part        int NOT NULL,
    ids         bigint[] NOT NULL,
    confidences bytea NOT NULL,
    places      bytea NOT NULL,
    PRIMARY KEY (content_id, part)
);
ALTER TABLE entity_mentions
    ALTER ids SET STORAGE EXTERNAL, ALTER confidences SET STORAGE EXTERNAL, ALTER places SET STORAGE EXTERNAL,
    ALTER ids SET STATISTICS 0;

INSERT INTO entity_mentions
SELECT content_id, part, array_agg(entity_id ORDER BY entity_id),
       string_agg(set_byte('\x00', 0, confidence), '' ORDER BY entity_id),
       string_agg(set_byte('\x00', 0, least(length(places), 255)), '' ORDER BY entity_id)
       || string_agg(CASE WHEN length(places) < 255 THEN places ELSE int4send(length(places)) || places END, ''
                     ORDER BY entity_id)
FROM mentions_before GROUP BY content_id, part ORDER BY content_id, part;

-- content_id, others: the contents that name a thing, as long as they are few; the order says nothing. Written in the
-- transaction that writes the mentions. They stand in no index, so that adding to them rewrites none.
CREATE TABLE entities_named (
    id         bigint NOT NULL,
    content_id bigint,
    contents   int NOT NULL,
    type       smallint NOT NULL,
    value      text COLLATE "C" NOT NULL,
    address    inet,
    others     bigint[]
) WITH (fillfactor = 90);

-- More contents that name a thing, by stretches of 1,024 identities: span = content_id >> 10, members = content_id & 1023.
CREATE TABLE entity_spans (
    entity_id bigint NOT NULL,
    span      int NOT NULL,
    members   smallint[] NOT NULL,
    PRIMARY KEY (entity_id, span)
) WITH (fillfactor = 85);

CREATE TEMP TABLE named_by ON COMMIT DROP AS
SELECT entity_id, array_agg(DISTINCT content_id) AS contents FROM mentions_before GROUP BY entity_id;

INSERT INTO entities_named (id, content_id, contents, type, value, address, others)
SELECT e.id, n.contents[1], cardinality(n.contents), e.type, e.value, e.address,
       CASE WHEN cardinality(n.contents) <= 64 THEN nullif(n.contents[2:], '{}') END
FROM entities e JOIN named_by n ON n.entity_id = e.id;

INSERT INTO entity_spans (entity_id, span, members)
SELECT n.entity_id, (o.content_id >> 10)::int, array_agg((o.content_id & 1023)::smallint)
FROM named_by n CROSS JOIN LATERAL unnest(n.contents[2:]) AS o (content_id)
WHERE cardinality(n.contents) > 64
GROUP BY 1, 2 ORDER BY 1, 2;

DROP TABLE mentions_before, entities;
ALTER TABLE entities_named RENAME TO entities;
ALTER TABLE entities ADD PRIMARY KEY (id), ALTER others SET STATISTICS 0;
-- Without the id, which tells apart only what is the same in lower case or in its first 128 letters.
CREATE INDEX entities_by_value ON entities (type, lower(left(value, 128)));
CREATE INDEX entities_by_address ON entities (address) WHERE address IS NOT NULL;
CREATE INDEX entities_long ON entities (type) WHERE length(value) > 128;
CREATE INDEX entities_by_trigram ON entities USING gin (entity_trigrams(value))
    WITH (gin_pending_list_limit = 2048) WHERE type NOT IN (3, 5, 7, 9, 15);
CREATE INDEX entities_by_third ON entities USING gin (entity_thirds(value))
    WITH (gin_pending_list_limit = 2048) WHERE type IN (5, 7);
