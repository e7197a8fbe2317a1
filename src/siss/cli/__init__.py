"""Commands for people; --json for programs."""
