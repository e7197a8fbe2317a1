"""A secret as a detector sees it, before it is a finding: this is the only value that holds the secret itself."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Candidate:
    """A stretch of text that a rule takes for a secret.

    ``start``/``end``: half-open byte offsets of the value in the scanned text; ``value``: unescaped, what the
    fingerprint is made of, never shown; ``critical``: whether this rule may hide a file; ``edits``: the stretches
    to take out, the first of which becomes the fingerprint (empty: the whole span); ``quote``: put around the
    fingerprint where the value stood without and the syntax needs it (a number in JSON); ``begin``: where the block
    began that the value stands in.
    """

    rule: str
    start: int
    end: int
    value: bytes = field(repr=False)
    critical: bool = False
    edits: tuple[tuple[int, int], ...] = ()
    quote: bytes = b""
    begin: int | None = None


class NeedsMore(Exception):  # noqa: N818 - a signal, not an error
    """The text ends before a detector can tell: it is asked again when more has come."""
