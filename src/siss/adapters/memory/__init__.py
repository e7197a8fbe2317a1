"""Adapters in memory: for tests, and for one process."""
