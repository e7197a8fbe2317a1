"""The catalog, texts, outbox, jobs and cache in PostgreSQL, embedded or on a server."""
