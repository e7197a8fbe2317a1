"""Chunks tile the text, fit, and do not depend on how the text came."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siss.chunk import cut
from siss.chunk.cut import Rules
from siss.model.content import Kind, Level, Section
from unit.chunk.pieces import between_characters, cut_text, line_sections

TEXTS = st.text(st.sampled_from("ab0_. \t\n\r,é語😀"), max_size=400).map(str.encode)
CUTS = st.lists(st.integers(0, 1 << 12), max_size=6)


@st.composite
def sectioned(draw: st.DrawFn) -> tuple[bytes, list[Section]]:
    text = draw(TEXTS)
    places = sorted({_sayable(text, at) for at in draw(st.lists(st.integers(0, len(text)), max_size=20))})
    pairs = zip(places[::2], places[1::2], strict=False)
    return text, [Section(a, b, label=f"{a}") for a, b in pairs]


def _sayable(text: bytes, at: int) -> int:
    """Where a section may begin or end: between characters, and not inside of a line end."""
    place = between_characters(text, at)
    return place + (text[max(place - 1, 0) : place + 1] == b"\r\n")


@given(sectioned(), CUTS, st.integers(16, 80), st.integers(0, 4), st.integers(0, 4))
def test_chunks_tile_the_text_within_the_rules(source, cuts, size, lines, sections_at_most):
    text, sections = source
    rules = Rules(size, lines, sections_at_most)
    found = cut_text(text, sections, rules, cuts)
    assert b"".join(body for _, body in found) == text
    at = 0
    for seq, (chunk, body) in enumerate(found):
        assert (chunk.seq, chunk.start, chunk.end) == (seq, at, at + len(body))
        assert (chunk.source_start, chunk.source_end) == (chunk.start, chunk.end)
        assert 0 < len(body) <= size
        body.decode()
        assert chunk.line == text[:at].count(b"\n") + 1
        touched = text[: chunk.end - 1].count(b"\n") + 1
        assert chunk.line + chunk.lines - 1 == touched
        assert not lines or chunk.lines <= lines
        at = chunk.end
        assert text[at - 1 : at + 1] != b"\r\n"


@given(sectioned(), CUTS, CUTS)
def test_the_way_text_comes_in_windows_changes_nothing(source, some, others):
    text, sections = source
    rules = Rules(32, 3, 2)
    assert cut_text(text, sections, rules, some) == cut_text(text, sections, rules, others)


@given(TEXTS, CUTS)
def test_lines_are_not_cut_while_they_fit(text, cuts):
    text = text.replace(b"\r", b"")
    for chunk, body in cut_text(text, line_sections(text), Rules(64), cuts):
        lone = text.rfind(b"\n", 0, chunk.end) < chunk.start
        assert body.endswith(b"\n") or chunk.end == len(text) or lone or len(body) - body.rfind(b"\n") > 64 - 16


def test_a_chunk_ends_before_a_section_at_the_start_of_its_line():
    text = b'[\n  {"a": 1},\n  {"b": 2},\n  {"c": 3}\n]\n'
    starts = [text.index(b"{" + key) for key in (b'"a"', b'"b"', b'"c"')]
    sections = [Section(at, at + 8, label=f"$[{n}]") for n, at in enumerate(starts)]
    found = cut_text(text, sections, Rules(28), [])
    assert [body for _, body in found] == [b'[\n  {"a": 1},\n  {"b": 2},\n', b'  {"c": 3}\n]\n']
    assert [chunk.label for chunk, _ in found] == ["$[0]", "$[2]"]


def test_a_section_that_is_still_on_its_way_is_waited_for():
    text = b"123456789\n" * 6
    sections = [Section(0, 20), Section(20, 24), Section(24, 40), Section(40, 60)]
    assert cut_text(text, sections, Rules(24), [24, 30]) == cut_text(text, sections, Rules(24), [])


def test_times_and_levels_of_its_sections_are_merged():
    sections = [
        Section(0, 10, 500, 600, Level.INFO.bit),
        Section(10, 20, 400, 450, Level.ERROR.bit),
        Section(20, 30, 900, 900, Level.DEBUG.bit),
    ]
    (first, _), (second, _) = cut_text(b"123456789\n" * 3, sections, Rules(20), [])
    assert (first.time_min_us, first.time_max_us, first.level_mask) == (400, 600, Level.INFO.bit | Level.ERROR.bit)
    assert (second.time_min_us, second.time_max_us, second.level_mask) == (900, 900, Level.DEBUG.bit)


def test_a_section_over_two_chunks_gives_both_its_level():
    section = Section(0, 40, 7, 7, Level.ERROR.bit, "$.long")
    found = cut_text(b"123456789\n" * 4, [section], Rules(20), [])
    assert [(chunk.level_mask, chunk.label) for chunk, _ in found] == [(Level.ERROR.bit, "$.long")] * 2


@pytest.mark.parametrize(
    ("text", "bodies"),
    [
        (b"alpha beta gamma", [b"alpha ", b"beta gamma"]),
        (b"alpha.beta.gamma", [b"alpha.beta", b".gamma"]),
        (b"abcdefghijklmnop", [b"abcdefghij", b"klmnop"]),
        ("ééééééééé".encode(), ["ééééé".encode(), "éééé".encode()]),
        ("語語語語語".encode(), ["語語語".encode(), "語語".encode()]),
        (b"12345678\r\n345\r\n", [b"12345678\r\n", b"345\r\n"]),
        (b"123456789\r\n345\r\n", [b"123456789", b"\r\n345\r\n"]),
    ],
)
def test_where_there_is_no_line_end(text, bodies):
    assert [body for _, body in cut_text(text, [], Rules(10), [])] == bodies


def test_at_most_so_many_lines_and_elements():
    lines = cut_text(b"x\n" * 250, [], Rules.of(Kind.TEXT, 4096), [])
    assert [chunk.lines for chunk, _ in lines] == [100, 100, 50]
    text = b"1,2\n" * 1200
    rows = cut_text(text, line_sections(text), Rules.of(Kind.DELIMITED, 4096), [])
    assert [chunk.lines for chunk, _ in rows] == [500, 500, 200]
    elements = cut_text(text, line_sections(text), Rules.of(Kind.XML, 4096), [])
    assert [chunk.lines for chunk, _ in elements] == [100] * 12


def test_text_whose_sections_never_come_is_cut_without_them(monkeypatch):
    monkeypatch.setattr(cut, "SECTION_LAG", 1000)
    trail = cut.SpanTrail()
    chunker = cut.Chunker(Rules(100), trail)
    given_out = 0
    for start in range(0, 10_000, 500):
        window = cut.Window(start, b"123456789\n" * 50, start, final=False)
        trail.note(window)
        given_out += sum(len(body) for _, body in chunker.feed(window, [], final=False))
        assert start + 500 - given_out <= 1000
    assert given_out == 9000
