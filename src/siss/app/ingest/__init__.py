"""Indexing: scan, schedule, read, write."""
