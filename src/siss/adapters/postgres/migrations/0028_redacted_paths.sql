-- By which rules (the version of extraction) credentials in the names of shown paths were redacted; 0 for none yet.
ALTER TABLE control ADD COLUMN paths_redacted bigint NOT NULL DEFAULT 0;
