"""From sections to chunks and compressed text blocks."""
