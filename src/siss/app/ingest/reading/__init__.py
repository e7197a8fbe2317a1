"""From a file's bytes to segments for the index, in the reading processes."""
