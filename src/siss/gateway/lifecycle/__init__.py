"""An instance that costs money stops when it is idle, and its cache is kept."""
