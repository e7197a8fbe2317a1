"""One promise a file. Adapters keep them; one contract suite a port holds them to it."""
