"""From bytes to UTF-8 text: what a file is, how it is compressed and encoded."""
