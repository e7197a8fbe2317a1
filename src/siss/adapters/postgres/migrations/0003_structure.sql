-- Fields, shapes, schemas. A content has one shape; contents of one shape share one row; shapes of one cluster share a
-- schema. Paths are a dictionary, so that a shape is an array of integers, and a question an overlap of arrays.

-- path: as siss.model.field writes it; last_hash: of its last step, for questions that begin with a wildcard.
CREATE TABLE paths (
    id        int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    last_hash int NOT NULL,
    hash      bytea NOT NULL UNIQUE,
    path      text COLLATE "C" NOT NULL
);
CREATE INDEX paths_by_last ON paths (last_hash);

-- merged_into: where the members of a schema went when another kept its id; profile: siss.model.schema.SchemaProfile.
CREATE TABLE schemas (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    public_id   uuid NOT NULL UNIQUE,
    kind        text NOT NULL,
    name        text NOT NULL,
    members     int NOT NULL DEFAULT 0,
    definition  jsonb NOT NULL DEFAULT '{}',
    profile     jsonb NOT NULL DEFAULT '{}',
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    merged_into bigint REFERENCES schemas
);

-- path_ids and types stand beside each other, in the order of the paths. complete: every path of the document is here.
CREATE TABLE shapes (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    schema_id bigint REFERENCES schemas ON DELETE SET NULL,
    complete  boolean NOT NULL,
    kind      text NOT NULL,
    digest    bytea NOT NULL UNIQUE,
    path_ids  int[] NOT NULL,
    types     smallint[] NOT NULL
);
CREATE INDEX shapes_by_path ON shapes USING gin (path_ids);
CREATE INDEX shapes_incomplete ON shapes (kind) WHERE NOT complete;
CREATE INDEX shapes_of_schema ON shapes (schema_id);

-- field_values: MessagePack, values by the position of their path in the shape. No foreign key, as for chunks.
CREATE TABLE content_structures (
    content_id   bigint PRIMARY KEY,
    shape_id     bigint NOT NULL,
    documents    int NOT NULL,
    value_keys   int[] NOT NULL,
    field_values bytea NOT NULL
);
CREATE INDEX content_structures_of_shape ON content_structures (shape_id);
CREATE INDEX content_structures_by_value ON content_structures USING gin (value_keys);

-- What shape a file had when. until NULL: it still has. Kept up by reclustering, so that drift can be told for whoever
-- asks, over the files that they may see.
CREATE TABLE file_shapes (
    file_id  bigint NOT NULL REFERENCES files ON DELETE CASCADE,
    shape_id bigint NOT NULL,
    size     bigint NOT NULL,
    since    timestamptz NOT NULL DEFAULT now(),
    until    timestamptz,
    PRIMARY KEY (file_id, since)
);
CREATE INDEX file_shapes_of_shape ON file_shapes (shape_id);
