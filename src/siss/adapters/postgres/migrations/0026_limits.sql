-- By which limits files are read: where these change, what they cut short is read again.
ALTER TABLE control ADD COLUMN limits text NOT NULL DEFAULT '';
