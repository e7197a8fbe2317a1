-- How long a scan took is in the status; nobody ever read it here.
ALTER TABLE roots DROP COLUMN last_scan_seconds;
