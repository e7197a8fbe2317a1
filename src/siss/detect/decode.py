"""From blocks in any encoding to windows of valid UTF-8 that lead back to the source, character by character."""

from collections.abc import Iterable, Iterator
from typing import Final

from siss.model.text import Ledger, Window

WINDOW_BYTES: Final = 1 << 20


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
    the bytes: NUL becomes U+2400, invalid bytes U+FFFD, both noted.
    """
    raise NotImplementedError
