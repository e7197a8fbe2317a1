"""Schemas: clusters of shapes, with a description that accepts every member."""
