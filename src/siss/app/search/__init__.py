"""Searching: a question becomes a page of hits, each as the catalog has it now."""
