"""Paragraphs."""

from hypothesis import given
from hypothesis import strategies as st

from siss.parse.text import PARAGRAPH_LINES, TextParser
from unit.parse.windows import parse, texts


def test_blank_lines_part_paragraphs() -> None:
    text = b"one\nstill one\n\ntwo\n \t\n\n\nthree"
    assert texts(parse(TextParser(), text), text) == [b"one\nstill one\n\n", b"two\n \t\n\n\n", b"three"]


def test_windows_line_ends() -> None:
    text = b"one\r\n\r\ntwo\r\n"
    assert texts(parse(TextParser(), text), text) == [b"one\r\n\r\n", b"two\r\n"]


def test_long_paragraphs_are_cut() -> None:
    text = b"line\n" * 250 + b"\nend\n"
    parts = texts(parse(TextParser(), text, size=64), text)
    assert b"".join(parts) == text
    assert max(part.count(b"\n") for part in parts) <= PARAGRAPH_LINES + 1
    assert parts[-1] == b"end\n"


@given(st.text(st.sampled_from("ab \n\r\t\fé"), max_size=300), st.integers(5, 60))
def test_paragraphs_tile_the_text(text: str, size: int) -> None:
    data = text.encode()
    assert b"".join(texts(parse(TextParser(), data, size), data)) == data
