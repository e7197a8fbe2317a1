"""Windows and sections made in code."""

from collections.abc import Iterator
from itertools import pairwise

from siss.chunk.cut import Chunker, Rules
from siss.chunk.trail import SpanTrail
from siss.model.content import Chunk, Section
from siss.model.text import Window


def windows_of(text: bytes, cuts: list[int], shift: int = 0) -> Iterator[Window]:
    """The text in windows that are cut between characters nearest to ``cuts``."""
    places = sorted({0, len(text), *(between_characters(text, cut % (len(text) + 1)) for cut in cuts)})
    pairs = list(pairwise(places)) or [(0, 0)]
    for start, end in pairs:
        yield Window(start, text[start:end], start + shift, final=end == len(text))


def between_characters(text: bytes, cut: int) -> int:
    while 0 < cut < len(text) and text[cut] & 0xC0 == 0x80:
        cut -= 1
    return cut


def line_sections(text: bytes) -> list[Section]:
    sections, at = [], 0
    for line in text.splitlines(keepends=True) if b"\r" not in text else []:
        sections.append(Section(at, at + len(line), label=f"line at {at}"))
        at += len(line)
    return sections


def cut_text(text: bytes, sections: list[Section], rules: Rules, cuts: list[int]) -> list[tuple[Chunk, bytes]]:
    """Feed windows with the sections that end in them, as a parser would give them."""
    trail = SpanTrail()
    chunker = Chunker(rules, trail)
    found: list[tuple[Chunk, bytes]] = []
    waiting = list(sections)
    for window in windows_of(text, cuts):
        trail.note(window)
        ready = [section for section in waiting if section.end <= window.end]
        waiting = waiting[len(ready) :]
        found += chunker.feed(window, ready, final=window.final)
    return found
