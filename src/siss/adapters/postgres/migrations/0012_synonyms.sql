-- Words that mean the same. term_key and synonym_keys are what queries are compared with; synonyms stand in the same order.
CREATE TABLE synonyms (
    term_key     text COLLATE "C" NOT NULL,
    source       text NOT NULL CHECK (source IN ('user', 'llm')),
    two_way      boolean NOT NULL,
    term         text NOT NULL,
    synonyms     text[] NOT NULL,
    synonym_keys text[] NOT NULL,
    updated_at   timestamptz NOT NULL,
    PRIMARY KEY (term_key, source)
);
CREATE INDEX synonyms_two_way ON synonyms USING gin (synonym_keys) WHERE two_way;
