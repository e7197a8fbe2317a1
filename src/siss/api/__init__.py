"""REST, over the use cases."""
