"""ClamAV's daemon, over its socket."""
