"""Files that the service itself writes to the NAS: uploads."""
