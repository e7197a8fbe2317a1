"""Answers for people: what ``--json`` prints as it is, laid out for a terminal or a pipe."""
