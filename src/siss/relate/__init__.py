"""Relationships between files: what they share weighs by how rare it is. Pure functions."""
