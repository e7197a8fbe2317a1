"""From what was found and read to rows: folders, contents, what was drawn from them, the outbox for the engine."""
