"""A piece of a text, as detectors that remember what came before are given it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text: ``start`` to ``end`` of ``data``, whose first byte is the text's ``base``th.

    ``final``: nothing follows ``data``.
    """

    data: bytes
    start: int
    end: int
    base: int = 0
    final: bool = False

    @classmethod
    def whole(cls, data: bytes) -> "Piece":
        """A text that is one piece."""
        return cls(data, 0, len(data), final=True)
