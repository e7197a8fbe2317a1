-- Somebody waits for a file, who uploaded it or asked for it to be read again: it is read before all that merely wait.
ALTER TABLE files ADD COLUMN wanted boolean NOT NULL DEFAULT false;
CREATE INDEX files_wanted ON files (id) WHERE wanted AND status = 'pending';
