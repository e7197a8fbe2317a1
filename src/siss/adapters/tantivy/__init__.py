"""The full-text port on Tantivy."""
