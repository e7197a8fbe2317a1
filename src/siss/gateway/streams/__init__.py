"""Server-sent events: taken apart, put together into one message, and replayed."""
