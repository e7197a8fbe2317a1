"""Finds files: walks, watches, probes mounts, tells what changed."""
