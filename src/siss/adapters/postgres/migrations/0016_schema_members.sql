-- What a schema's description was made of: one that would be made of the same again is left as it is.
ALTER TABLE schemas ADD COLUMN made_of bytea;
