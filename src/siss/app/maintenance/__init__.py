"""Maintenance: what the service does by itself now and then."""
