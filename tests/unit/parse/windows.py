"""Text as the windows that a parser is fed with, and what is true of every parser's sections."""

from collections.abc import Iterable

from siss.model.content import Section
from siss.model.text import Parser, Window


def windows_of(text: bytes, size: int = 1 << 20) -> list[Window]:
    """Windows as ``decode_blocks`` makes them: cut after a line end, or anywhere in a longer line."""
    windows: list[Window] = []
    at = 0
    while len(text) - at > size:
        end = text.rfind(b"\n", at, at + size) + 1 or at + size
        windows.append(Window(at, text[at:end], at, final=False))
        at = end
    return [*windows, Window(at, text[at:], at, final=True)]


def parse(parser: Parser, text: bytes, size: int = 1 << 20) -> list[Section]:
    """All sections of a text, checked: in order, apart, inside."""
    sections: list[Section] = []
    for window in windows_of(text, size):
        sections.extend(parser.feed(window))
    sections.extend(parser.close())
    at = 0
    for section in sections:
        assert at <= section.start < section.end <= len(text)
        at = section.end
    return sections


def texts(sections: Iterable[Section], text: bytes) -> list[bytes]:
    return [text[section.start : section.end] for section in sections]
