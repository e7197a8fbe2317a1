"""Sections of JSON: exact spans, honest labels, and nothing that a document can do to the parser."""

import json
import re
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siss.model.content import Section
from siss.model.coverage import Gap, Reason
from siss.model.text import Ledger, Window
from siss.parse import json_text
from siss.parse.json_text import JsonParser


def parse(text: bytes, window: int = 1 << 20, max_depth: int = 32) -> tuple[list[Section], list[Gap]]:
    ledger = Ledger()
    parser = JsonParser(ledger, max_depth=max_depth)
    found: list[Section] = []
    for at in range(0, max(1, len(text)), window):
        found += parser.feed(Window(at, text[at : at + window], at, at + window >= len(text)))
    found += parser.close()
    return found, ledger.closed()


def in_order(sections: list[Section], size: int) -> bool:
    ends = [0, *(section.end for section in sections)]
    starts = [*(section.start for section in sections), size]
    return all(end <= start for end, start in zip(ends, starts, strict=True)) and all(
        section.start < section.end for section in sections
    )


def member(document: object, label: str) -> object:
    for index, name in re.findall(r"\[(\d+)\]|\.(\w+)", label):
        document = document[int(index)] if index else document[name]
    return document


def test_a_small_document_is_one_section():
    assert parse(b' {"a": [1, 2]}\n') == ([Section(1, 14, label="$")], [])


def test_elements_of_a_large_array_and_members_of_a_large_object():
    servers = [{"host": f"db-{n}", "note": "x" * 1500} for n in range(4)]
    document = {"name": "fleet", "servers": servers, "empty": {}, "big": "y" * 6000, "last": None}
    text = json.dumps(document, indent=2).encode()
    sections, gaps = parse(text)
    assert gaps == []
    assert [section.label for section in sections] == [
        "$.name", "$.servers[0]", "$.servers[1]", "$.servers[2]", "$.servers[3]", "$.empty", "$.big", "$.last",
    ]  # fmt: skip
    for section in sections[1:5]:
        assert json.loads(text[section.start : section.end]) == member(document, section.label)
    assert text[sections[5].start : sections[5].end] == b'"empty": {}'


def test_small_neighbours_share_a_section_and_keep_count():
    text = json.dumps([[n, f"{n},", {"n": [n]}] for n in range(2000)]).encode()
    sections, gaps = parse(text)
    assert gaps == []
    assert all(section.end - section.start <= json_text.RUN_BYTES for section in sections)
    for section in sections:
        first = json.loads(b"[" + text[section.start : section.end] + b"]")[0]
        assert section.label == f"$[{first[0]}]"


@pytest.mark.parametrize(
    ("text", "at", "words"),
    [
        (b"[1, 2", 5, "',' or ']'"),
        (b'{"a": 1', 7, "',' or '}'"),
        (b'{"a": "x', 8, "inside a string"),
        (b"[1,]", 3, "trailing comma"),
        (b"[NaN]", 1, "invalid character"),
        (b"[01]", 2, "invalid number"),
        (b'["\\ud800"]', 0, "surrogate"),
        (b'["\\ud800x"]', 0, "surrogate"),
        (b'{"a" 1}', 5, "expected ':'"),
        (b"{} {}", 3, "after the end of the document"),
        (b"]", 0, "closes nothing"),
        (b"", 0, "no value"),
        (b"<html>", 0, "invalid"),
        (b"[1 2]", 3, "expected ',' or ']'"),
        (b'// settings\n{"a": 1 /* "one */}', 0, "Comments"),
    ],
)
def test_what_is_wrong_is_noted_with_its_place_and_loses_nothing(text, at, words):
    sections, (gap, *_) = parse(text)
    assert in_order(sections, len(text))
    assert (gap.reason, gap.start, gap.lost) == (Reason.PARSE_ERROR, at, False)
    assert words in gap.detail


def test_what_is_wrong_between_large_elements_is_found_too():
    item = json.dumps({"a": "x" * 3000})
    for text, words in [
        (f"[{item},{item},]", "nothing before ']'"),
        (f"[{item} {item}]", "no comma"),
        (f"[{item},,{item}]", "comma without a value"),
        (f"[{item},{item}}}", "closes another bracket"),
        (f'{{"a": {item}, "b" {item}}}', "without a colon"),
        (f'{{"a": {item}, 7: {item}}}', "no member name"),
        (f"[{item}, // one\n{item}]", "Comments"),
    ]:
        sections, (gap, *_) = parse(text.encode())
        assert words in gap.detail
        assert sum(section.end - section.start > 3000 for section in sections) == 2


def test_duplicate_names_are_valid():
    assert parse(b'{"a": 1, "a": 2}')[1] == []


def test_levels_beyond_the_limit_are_text():
    text = b'{"top": ' + b"[" * 40 + b'"deep"' + b"]" * 40 + b', "after": 1}'
    sections, (gap,) = parse(text)
    assert (gap.reason, gap.start, gap.lost) == (Reason.DEPTH_LIMIT, 8 + 31, False)
    assert sections[-1].label == "$.after"
    assert any(text[section.start : section.end].find(b"deep") > 0 for section in sections)


def test_the_limit_holds_in_small_documents_too():
    assert parse(b"[[[1]]]", max_depth=3) == ([Section(0, 7, label="$")], [])
    (gap,) = parse(b"[[[[1]]]]", max_depth=3)[1]
    assert (gap.reason, gap.start) == (Reason.DEPTH_LIMIT, 3)


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'{"a":[', b"[[],"])
def test_many_thousand_levels_need_neither_recursion_nor_memory(opening):
    text = opening * 25_000
    tracemalloc.start()
    sections, gaps = parse(text, 1 << 16)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert {gap.reason for gap in gaps} == {Reason.DEPTH_LIMIT, Reason.PARSE_ERROR}
    assert in_order(sections, len(text))
    assert peak < 500_000


@pytest.mark.parametrize("item", [b'"' + b"x" * 50, b"[" + b"1," * 30, b"/* " + b"y" * 50, b"9" * 60, b'{"k": "\\'])
def test_what_never_ends_keeps_little_text(item):
    parser = JsonParser(Ledger())
    list(parser.feed(Window(0, b'{"a": ' + item, 0, final=False)))
    at = len(item) + 6
    for _ in range(100):
        data = item[-10:] * 1000
        list(parser.feed(Window(at, data, at, final=False)))
        at += len(data)
        assert len(parser._text) - parser._at < 100_000


def test_after_a_thousand_errors_the_rest_is_lines():
    text = b"[" + b"x y," * 5000 + b"]"
    sections, gaps = parse(text, 1000)
    assert len(gaps) == 1
    assert sections[-1].end < len(text) // 2


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.text('ab."\\ é', max_size=4), inner, max_size=6),
    max_leaves=40,
)


@given(JSON, st.sampled_from([None, 0, 2]), st.integers(1, 80), st.booleans())
def test_valid_documents_give_valid_pieces_however_they_come(document, indent, window, ascii_only):
    text = json.dumps(document, indent=indent, ensure_ascii=ascii_only).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_text, "SECTION_BYTES", 48)
        patch.setattr(json_text, "RUN_BYTES", 16)
        whole, gaps = parse(text)
        assert gaps == []
        assert in_order(whole, len(text))
        for section in whole:
            piece = text[section.start : section.end]
            if len(piece) <= 16 and not (piece.startswith(b'"') and len(piece) < 2):
                assert _parses(piece)
        parts, gaps = parse(text, window)
        assert gaps == []
        assert in_order(parts, len(text))


@given(st.binary(max_size=300) | st.text('[]{},:"\\/*1a \n', max_size=200).map(str.encode), st.integers(1, 50))
def test_no_text_breaks_the_parser(data, window):
    text = data.decode("utf-8", "replace").encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_text, "SECTION_BYTES", 32)
        sections, gaps = parse(text, window, max_depth=3)
    assert in_order(sections, len(text))
    try:
        json.loads(text, parse_constant=lambda _: 1 / 0)
    except (ValueError, ZeroDivisionError):
        assert gaps
    assert all(0 <= gap.start <= len(text) and not gap.lost for gap in gaps)


def _parses(piece: bytes) -> bool:
    """Whether it is a value, a member, or a run of either (a long string may be cut in parts)."""
    for before, after in ((b"[", b"]"), (b"{", b"}")):
        try:
            json.loads(before + piece + after)
        except ValueError:
            continue
        return True
    return piece.count(b'"') % 2 == 1 or piece.endswith((b'"', b":"))
