"""How wide characters are in a source: one piece of bytes becomes text in stretches of equal width.

What cannot be decoded stands in the text as lone surrogates (``surrogateescape`` and ``surrogatepass`` keep it
countable), which no valid text has; ``decode`` replaces them. Where the widths cannot be told from the text, or
do not add up, the bytes are decoded one by one.
"""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import groupby
from typing import Final, NamedTuple

NUL: Final = "\0"
NEXT_LINE: Final = "\x85"
"""How lines end in EBCDIC, where they do not end as elsewhere."""

HOLE: Final = NUL * 64
"""So many and more in a row are no text, but a hole in it."""

_HOLES: Final = re.compile(f"{NUL}{{{len(HOLE)},}}")
_PARTS: Final = re.compile(
    "([\x01-\x7f]+)|([\x80-\u07ff]+)|([\u0800-\ud7ff\ue000-\uffff]+)|([\U00010000-\U0010ffff]+)"
    "|(\0+)|([\ud800-\udfff]+)"
)
_TEXT_UNITS: Final = (1, 2, 3, 4, 3, 3)  # of the groups above; NUL and surrogates become three bytes
_ODD: Final = re.compile("(\0+)|([\ud800-\udfff]+)")


class Stretch(NamedTuple):
    """Characters that are equally wide: ``text`` and ``source`` bytes in all, ``*_unit`` bytes each.

    ``nul``: they are NULs; ``bad``: bytes that are invalid in the encoding.
    """

    text: int
    source: int
    text_unit: int
    source_unit: int
    nul: bool = False
    bad: bool = False


class Piece(NamedTuple):
    """A decoded stretch of source. ``text`` may hold NULs and lone surrogates, as ``stretches`` say."""

    text: str
    stretches: Iterator[Stretch]


@dataclass(slots=True)
class Codec:
    """What is known of an encoding. ``unit``: bytes that line ends are aligned to.

    ``ascii``: bytes below 128 mean what they do in ASCII. ``state`` lives for one stream in stateful encodings.
    """

    name: str
    family: str
    unit: int
    newline: bytes
    bom: bytes
    ascii: bool
    state: "codecs.IncrementalDecoder | None" = None
    widths: dict[str, int] = field(default_factory=dict)

    def boundary(self, piece: bytes) -> int:
        """How much of a piece that was cut anywhere ends with a whole character; the rest goes to the next."""
        match self.family:
            case "utf-8":
                return _utf8_boundary(piece)
            case "utf-16":
                size = len(piece) & ~1
                high = piece[size - 1] if self.name == "utf-16-le" else piece[size - 2]
                return size - 2 if 0xD8 <= high <= 0xDB else size
            case "utf-32":
                return len(piece) & ~3
            case "multi":
                decoder = codecs.getincrementaldecoder(self.name)("replace")
                decoder.decode(piece)
                return len(piece) - len(decoder.getstate()[0])
            case _:
                return len(piece)

    def decode(self, piece: bytes, *, last: bool) -> Piece:
        """The text of a piece, and its stretches in order. Never raises for bytes."""
        match self.family:
            case "utf-8":
                text = piece.decode("utf-8", "surrogateescape")
                return Piece(text, _utf8_stretches(text))
            case "single":
                text = piece.decode(self.name, "surrogateescape")
                if not self.ascii:
                    text = text.replace(NEXT_LINE, "\n")
                return Piece(text, _stretches(text, (1, 1, 1, 1, 1, 1)))
            case "utf-16":
                return self._decode_units(piece, (2, 2, 2, 4, 2, 2))
            case "utf-32":
                return self._decode_units(piece, (4, 4, 4, 4, 4, 4))
            case "multi":
                return self._decode_multi(piece)
            case _:
                return self._decode_singly(piece, last=last)

    def _decode_units(self, piece: bytes, widths: tuple[int, ...]) -> Piece:
        left = len(piece) % self.unit
        whole = piece[: len(piece) - left]
        if self.unit == 2:
            decoder = codecs.getincrementaldecoder(self.name)("surrogatepass")
            text = decoder.decode(whole)
            if decoder.getstate()[0]:  # a high surrogate at the very end waits for its other half
                text += "\udc80"
        else:
            text = whole.decode(self.name, "replace").replace("\ufffd", "\udc80")
        stretches = _stretches(text, widths)
        if not left:
            return Piece(text, stretches)
        return Piece(text + "\udc80", _then(stretches, Stretch(3, left, 3, left, bad=True)))

    def _decode_multi(self, piece: bytes) -> Piece:
        try:
            text = piece.decode(self.name, "surrogateescape")
            stretches = list(self._multi_stretches(text))
        except UnicodeError:
            return self._decode_singly(piece, last=True)
        if sum(stretch.source for stretch in stretches) != len(piece):
            return self._decode_singly(piece, last=True)
        return Piece(text, iter(stretches))

    def _multi_stretches(self, text: str) -> Iterator[Stretch]:
        known, name = self.widths, self.name
        for found in _PARTS.finditer(text):
            group = found.lastindex or 1
            if group in {1, 5, 6}:
                size, unit = found.end() - found.start(), _TEXT_UNITS[group - 1]
                yield Stretch(size * unit, size, unit, 1, group == 5, group == 6)
                continue
            if len(known) > 1 << 16:
                known.clear()
            chars, unit = found[0], _TEXT_UNITS[group - 1]
            for char in set(chars).difference(known):
                known[char] = len(char.encode(name))
            widths = [known[char] for char in chars]
            if widths.count(widths[0]) == len(widths):  # nearly always: all of these scripts take two bytes
                yield Stretch(len(chars) * unit, sum(widths), unit, widths[0])
            else:
                yield from (Stretch(unit, width, unit, width) for width in widths)

    def _decode_singly(self, piece: bytes, *, last: bool) -> Piece:
        """Byte by byte: what comes out with a byte took the bytes since something last came out."""
        decoder = self.state or codecs.getincrementaldecoder(self.name)("replace")
        if self.family == "stateful":
            self.state = None if last else decoder
        texts: list[str] = []
        stretches: list[Stretch] = []
        waiting = 0
        for index in range(len(piece) + 1):
            ended = index == len(piece)
            if ended and not last:
                break
            text = decoder.decode(piece[index : index + 1], ended)
            waiting += 0 if ended else 1
            if not text:
                continue
            text = text.replace("\ufffd", "\udc80")
            texts.append(text)
            for position, char in enumerate(text):
                # Invalid bytes come out together with the character after them: that one is one byte wide.
                width = max(waiting - (len(text) - 1), 0) if position == 0 else min(1, waiting)
                waiting -= width
                unit = 3 if char in "\0\udc80" else len(char.encode("utf-8", "surrogatepass"))
                stretches.append(Stretch(unit, width, unit, width, char == NUL, char == "\udc80"))
        if waiting and stretches:
            stretches[-1] = stretches[-1]._replace(source=stretches[-1].source + waiting)
        return Piece("".join(texts), iter(stretches))


def close_holes(text: str, stretches: Iterator[Stretch]) -> Piece:
    """The same with one NUL in place of each hole, as wide as all of it in the source."""
    return Piece(_HOLES.sub(NUL, text), _close(stretches))


def _close(stretches: Iterator[Stretch]) -> Iterator[Stretch]:
    for nul, group in groupby(stretches, key=lambda stretch: stretch.nul):
        if not nul:
            yield from group
            continue
        run = list(group)
        if sum(stretch.text // 3 for stretch in run) < len(HOLE):
            yield from run
        else:
            source = sum(stretch.source for stretch in run)
            yield Stretch(3, source, 3, source, nul=True)


def codec_of(encoding: str) -> Codec:
    """What is known of a Python codec; each stream needs its own. Raises ``LookupError`` for none of text."""
    name, family, unit, newline, bom, ascii_ = _facts(encoding)
    return Codec(name, family, unit, newline, bom, ascii_)


@lru_cache(maxsize=64)
def _facts(encoding: str) -> tuple[str, str, int, bytes, bytes, bool]:
    name = encoding.lower().replace("_", "-")
    if name in {"utf-8", "utf-8-sig", "ascii", "us-ascii"}:
        return "utf-8", "utf-8", 1, b"\n", codecs.BOM_UTF8, True
    if name in {"utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"}:
        return name, name[:6], int(name[4:6]) // 8, "\n".encode(name), "\ufeff".encode(name), False
    name = codecs.lookup(encoding).name
    if name.startswith("iso2022"):
        return name, "stateful", 1, b"\n", b"", False
    every = bytes(range(256)).decode(name, "replace")
    family = "single" if len(every) == 256 else "multi"
    return name, family, 1, "\n".encode(name), b"", every.startswith(bytes(range(128)).decode("ascii"))


def _utf8_boundary(piece: bytes) -> int:
    for back in range(1, min(4, len(piece)) + 1):
        byte = piece[-back]
        if byte < 0x80:
            break
        if byte >= 0xC0:
            needed = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return len(piece) - back if needed > back else len(piece)
    return len(piece)


def _utf8_stretches(text: str) -> Iterator[Stretch]:
    at = 0
    for found in _ODD.finditer(text):
        if found.start() > at:
            size = len(text[at : found.start()].encode())
            yield Stretch(size, size, 1, 1)
        count = found.end() - found.start()
        yield Stretch(3 * count, count, 3, 1, found.lastindex == 1, found.lastindex == 2)
        at = found.end()
    if at < len(text):
        size = len(text[at:].encode())
        yield Stretch(size, size, 1, 1)


def _stretches(text: str, widths: tuple[int, ...]) -> Iterator[Stretch]:
    for found in _PARTS.finditer(text):
        group = found.lastindex or 1
        count, unit, width = found.end() - found.start(), _TEXT_UNITS[group - 1], widths[group - 1]
        yield Stretch(count * unit, count * width, unit, width, group == 5, group == 6)


def _then(stretches: Iterator[Stretch], last: Stretch) -> Iterator[Stretch]:
    yield from stretches
    yield last
