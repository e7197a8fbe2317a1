"""Query languages, snippets, cursors: pure functions around the engine."""
