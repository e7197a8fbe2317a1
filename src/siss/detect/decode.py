"""Decodes blocks of any encoding into windows of valid UTF-8, with a map back to the source for each character.

Text that is valid UTF-8 without NUL, nearly everything, passes untouched. For the rest each stretch of characters
that are equally wide in text and source becomes a ``Run`` (``siss.detect.widths``). A hole (a long run of NULs, as a
crash, a truncation under a writer's hands, or space that was set aside leave them) becomes one character.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from siss.detect.widths import HOLE, Codec, close_holes, codec_of
from siss.model.coverage import Reason
from siss.model.spans import Run
from siss.model.text import Ledger, Window

WINDOW_BYTES: Final = 1 << 20
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def decode_blocks(
    blocks: Iterable[bytes],
    encoding: str,
    ledger: Ledger,
    *,
    window_bytes: int = WINDOW_BYTES,
    text_start: int = 0,
    source_start: int = 0,
) -> Iterator[Window]:
    """The windows of a (decompressed) stream, the last one marked ``final``; one empty window for no text.

    ``encoding``: as ``sniff`` found it. A byte order mark at source offset 0 is left out. ``text_start`` and
    ``source_start``: where the first block stands, to go on in a log that grew. Never raises for what is in
    the bytes: NUL (or a hole) becomes U+2400, invalid bytes U+FFFD, both noted.
    """
    codec = codec_of(encoding)
    # A byte may become three, and runs cost memory: other encodings come in smaller windows.
    limit = window_bytes if codec.family == "utf-8" else max(window_bytes // 4, 16)
    text_at, source_at = text_start, source_start
    for piece, last in _cut(blocks, codec, limit):
        if source_at == 0 and codec.bom and piece.startswith(codec.bom):
            source_at = len(codec.bom)
            piece = piece[source_at:]  # noqa: PLW2901  # the mark is no text
        window = _window(piece, codec, ledger, text_at, source_at, last=last)
        text_at, source_at = window.end, source_at + len(piece)
        if window.data or last:
            yield window


def _cut(blocks: Iterable[bytes], codec: Codec, limit: int) -> Iterator[tuple[bytes, bool]]:
    """Pieces of at most ``limit`` bytes, after a line end if there is one, and whether it is the last."""
    held: list[bytes] = []
    size = 0
    for block in blocks:
        held.append(block)
        size += len(block)
        if size <= limit:
            continue
        data = b"".join(held)
        at = 0
        while len(data) - at > limit:
            end = _line_end(data, at, at + limit, codec)
            if end <= at:
                end = at + (codec.boundary(data[at : at + limit]) or limit)
            yield data[at:end], False
            at = end
        held, size = [data[at:]], len(data) - at
    yield b"".join(held), True


def _line_end(data: bytes, start: int, stop: int, codec: Codec) -> int:
    """The offset after the last line end in a stretch, -1 for none."""
    newline, unit = codec.newline, codec.unit
    found = data.rfind(newline, start, stop)
    while found >= 0 and (found - start) % unit:
        found = data.rfind(newline, start, found + unit - 1)
    return found + unit if found >= 0 else -1


def _window(piece: bytes, codec: Codec, ledger: Ledger, text_at: int, source_at: int, *, last: bool) -> Window:
    if _passes(piece, codec):
        return Window(text_at, piece, source_at, last)
    text, stretches = codec.decode(piece, last=last)
    if HOLE in text:
        text, stretches = close_holes(text, stretches)
    runs: list[Run] = []
    text_end, source_end = text_at, source_at
    text_unit = source_unit = 0
    odd = False
    # Text in another alphabet comes in a stretch a word: this loop is most of what reading it costs.
    for text_bytes, source_bytes, its_text_unit, its_source_unit, nul, bad in stretches:
        if its_text_unit != text_unit or its_source_unit != source_unit:
            text_unit, source_unit = its_text_unit, its_source_unit
            runs.append(Run(text_end, source_end, text_unit, source_unit))
        if nul or bad:
            odd = True
            ledger.count(
                Reason.NUL_BYTES if nul else Reason.ENCODING_ERRORS, source_end, source_end + source_bytes, lost=bad
            )
        text_end += text_bytes
        source_end += source_bytes
    if odd:
        text = _SURROGATE.sub("\ufffd", text.replace("\0", "\u2400"))
    if len(runs) == 1 and (text_unit, source_unit) == (1, 1):
        runs = []
    return Window(text_at, text.encode("utf-8"), source_at, last, tuple(runs))


def _passes(piece: bytes, codec: Codec) -> bool:
    """Whether the bytes are valid UTF-8 already, so that text and source are the same."""
    if not codec.ascii or b"\0" in piece:
        return False
    if piece.isascii():
        return True
    if codec.family != "utf-8":
        return False
    try:
        piece.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
