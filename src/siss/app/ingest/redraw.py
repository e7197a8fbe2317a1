"""Whether entities, fields and secrets are those of the local texts: they are drawn from a sample once more.

No file is read. Larger contents than ``MOST_BYTES``, which pass in several windows, are left alone, as are those that
other rules were drawn by: they are read again anyway.
"""

import asyncio
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Final

import msgspec

from siss.app.ingest.reading.extraction import ExtractionConfig, Extractors
from siss.detect.sniff import HEAD_BYTES, sniff
from siss.errors import CorruptError
from siss.extract.redact import MOST_FINDINGS
from siss.extract.secrets.fingerprint import MARK, mark
from siss.model.content import Kind
from siss.model.drawn import Drawn
from siss.model.entity import EntityId, Place, unpack_places
from siss.model.ids import ContentId
from siss.model.shape import STRUCTURED, Structure
from siss.model.text import Window
from siss.ports.catalog_check import CatalogCheck
from siss.ports.texts import Block, Texts

MOST_BYTES: Final = 1 << 20
"""The most text of a content that is drawn again: one window, and all that the fields of a table are read from."""

LEAST: Final = 100
MOST: Final = 10_000
"""Contents that are compared, at least and at most, whatever share that is: nothing is indexed meanwhile."""

Places = dict[int, dict[EntityId, list[Place]]]


async def compare_drawn(
    check: CatalogCheck, texts: Texts, extraction: ExtractionConfig, share: float
) -> tuple[int, list[ContentId]]:
    """Draw from a random share (0 to 1) of the contents again; how many were compared, and those that differ."""
    extractors = await asyncio.to_thread(Extractors, extraction)
    compared, different = 0, []
    for content_id in await check.sample_drawn(share, range(LEAST, MOST), MOST_BYTES, extractors.version):
        drawn = await check.drawn(content_id)
        try:
            blocks = [block async for block in texts.stream(content_id)]
        except CorruptError:
            continue  # which is told as such
        if drawn is None or sum(len(block.text) for block in blocks) != max(drawn.cuts, default=0):
            continue
        compared += 1
        if not await asyncio.to_thread(is_as_drawn, drawn, blocks, extractors):
            different.append(content_id)
    return compared, different


def is_as_drawn(drawn: Drawn, blocks: Sequence[Block], extractors: Extractors) -> bool:
    """Whether a content's text, in blocks from its start to its end, says what the catalog holds."""
    text = b"".join(block.text for block in blocks)
    if not _has_its_secrets(drawn, blocks, text):
        return False
    if drawn.hidden:
        return not any(drawn.mentions.values()) and drawn.structure is None
    if not any(_equal(drawn, places) for places in _draw_places(drawn, text, extractors)):
        return False
    return any(_encode(drawn.structure) == _encode(found) for found in _draw_structures(drawn, text, extractors))


def _has_its_secrets(drawn: Drawn, blocks: Sequence[Block], text: bytes) -> bool:
    """Whether each finding has its fingerprint, and each fingerprint that stands for something else its finding."""
    findings = drawn.findings
    # The line breaks of a key block stay, behind its fingerprint.
    if any(text[one.start : one.end].rstrip(b"\r\n") != mark(one.rule, one.fingerprint) for one in findings):
        return False
    if len(findings) >= MOST_FINDINGS:
        return True
    if drawn.hidden != any(one.hides for one in findings):
        return False
    if not drawn.plain:
        return True  # what was a fingerprint in the file itself cannot be told from others
    known = {one.start for one in findings}
    return not any(start not in known for block in blocks for start in _replaced(block))


def _replaced(block: Block) -> Iterator[int]:
    """Where fingerprints begin that took the place of something longer or shorter."""
    for found in MARK.finditer(block.text):
        start, end = block.start + found.start(), block.start + found.end()
        if block.span_map.to_source(end, end=True) - block.span_map.to_source(start) != end - start:
            yield start


def _draw_places(drawn: Drawn, text: bytes, extractors: Extractors) -> Iterator[Places | None]:
    """What the text names, with the keys of settings as names or without: its file may have had another name.

    None for what is not comparable: it has more names than are kept, or is recognised as something else now.
    """
    kinds = (False, True) if drawn.kind is Kind.TEXT else (drawn.kind is Kind.KEYVALUE,)
    for name, settings in product(drawn.names, kinds):
        detected = sniff(text[: HEAD_BYTES + 1], name, complete=len(text) <= HEAD_BYTES)
        collector = extractors.collector(detected.dialect, settings=settings)
        at = 0
        for seq, end in enumerate(drawn.cuts):
            collector.add(seq, at, text[at:end])
            at = end
        places = {
            part: {one.name.id: unpack_places(one.places) for one in said} for part, said in collector.take().items()
        }
        yield None if collector.dropped or detected.kind is not drawn.kind else places


def _equal(drawn: Drawn, places: Places | None) -> bool:
    return places is None or {part: said for part, said in drawn.mentions.items() if said} == places


def _draw_structures(drawn: Drawn, text: bytes, extractors: Extractors) -> Iterator[Structure | None]:
    """The fields of the text, as each name of the content's files leads to; that which is stored where none does."""
    if drawn.kind not in STRUCTURED:
        yield None
        return
    alike = False
    for name in drawn.names:
        detected = sniff(text[: HEAD_BYTES + 1], name, complete=len(text) <= HEAD_BYTES)
        reader = extractors.fields(detected.kind, detected.dialect) if detected.kind is drawn.kind else None
        if reader is None:
            continue
        alike = True
        try:
            reader.feed(Window(0, text, 0, final=True))
            yield reader.close()
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001 - as where the file is read: a reader's mistake costs fields
            yield None
    if not alike:
        yield drawn.structure


_encode = msgspec.msgpack.Encoder().encode
