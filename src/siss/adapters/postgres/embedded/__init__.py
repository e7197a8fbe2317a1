"""The PostgreSQL that comes with SISS: its programs, its processes, its dumps."""
