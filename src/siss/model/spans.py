"""Spans: where a stretch of the local UTF-8 text stands in the file's own bytes."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec


class Run(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A stretch in which every character takes ``text_unit`` bytes of text and ``source_unit`` of source.

    A unit of 0 marks a stretch that has no counterpart byte by byte (a replaced secret): it maps as a whole.
    """

    text: int
    source: int
    text_unit: int
    source_unit: int


@dataclass(frozen=True, slots=True)
class SpanMap:
    """A monotone map from offsets in text to offsets in source.

    ``runs`` are in order and cover the text from their first offset on; an empty map is the identity plus
    ``shift``.
    """

    runs: tuple[Run, ...] = ()
    shift: int = 0

    def to_source(self, offset: int, *, end: bool = False) -> int:
        """The source offset of a text offset. Inside a character or a replacement: its start, or its end."""
        if not self.runs:
            return offset + self.shift
        index = bisect_right(self.runs, offset, key=lambda run: run.text) - 1
        if index < 0:
            return self.runs[0].source
        run = self.runs[index]
        if end and offset == run.text and index > 0:
            return run.source
        if run.text_unit == 0:
            if offset == run.text:
                return run.source
            after = self.runs[index + 1] if index + 1 < len(self.runs) else None
            return after.source if end and after is not None else run.source
        whole, rest = divmod(offset - run.text, run.text_unit)
        return run.source + (whole + (1 if rest and end else 0)) * run.source_unit

    def pack(self) -> bytes:
        """The runs as bytes; empty for the identity."""
        return _ENCODER.encode(self.runs) if self.runs else b""

    @classmethod
    def unpack(cls, data: bytes, shift: int = 0) -> "SpanMap":
        """The map that ``pack`` wrote; ``shift`` is used where there are no runs."""
        return cls(tuple(_DECODER.decode(data)), 0) if data else cls((), shift)

    @classmethod
    def of(cls, runs: Iterable[Run]) -> "SpanMap":
        """A map of runs, with neighbours of the same slope joined."""
        joined: list[Run] = []
        for run in runs:
            if joined and _continues(joined[-1], run):
                continue
            joined.append(run)
        return cls(tuple(joined))


def _continues(before: Run, run: Run) -> bool:
    if before.text_unit == 0 or (before.text_unit, before.source_unit) != (run.text_unit, run.source_unit):
        return False
    whole, rest = divmod(run.text - before.text, before.text_unit)
    return rest == 0 and before.source + whole * before.source_unit == run.source


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(list[Run])


class LineCounter:
    """Which line of a text an offset is in, from 1. Each answer costs the distance from the last one."""

    def __init__(self, text: bytes) -> None:
        self._text = text
        self._at = 0
        self._line = 1

    def line(self, offset: int) -> int:
        """The line of an offset."""
        if offset >= self._at:
            self._line += self._text.count(b"\n", self._at, offset)
        else:
            self._line -= self._text.count(b"\n", offset, self._at)
        self._at = offset
        return self._line
