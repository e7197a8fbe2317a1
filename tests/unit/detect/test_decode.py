"""Windows tile the text, are valid UTF-8, and every character leads back to its own bytes."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from draws import examples
from siss.detect.decode import decode_blocks
from siss.model.coverage import Reason
from siss.model.text import Ledger, Window

ENCODINGS = [
    "utf-8",
    "utf-16-le",
    "utf-16-be",
    "utf-32-le",
    "utf-32-be",
    "cp1252",
    "iso8859-5",
    "koi8-r",
    "cp932",
    "euc_jp",
    "gb18030",
    "cp949",
    "cp950",
    "cp037",
]


def windows_of(data: bytes, encoding: str, *, block: int = 7, window: int = 24) -> tuple[list[Window], Ledger]:
    ledger = Ledger()
    blocks = [data[start : start + block] for start in range(0, len(data), block)]
    return list(decode_blocks(blocks, encoding, ledger, window_bytes=window)), ledger


def check_tiling(windows: list[Window]) -> bytes:
    at = 0
    for window in windows:
        assert window.start == at
        assert window.final == (window is windows[-1])
        text = window.data.decode("utf-8")
        assert "\0" not in text
        at = window.end
    return b"".join(window.data for window in windows)


def encodable(encoding: str) -> st.SearchStrategy[str]:
    alphabet = "ab \n\r\tzé€ßÿДяあ漢字カｶ한글中文😀\u2028"
    allowed = [char for char in alphabet if char.encode(encoding, "ignore").decode(encoding, "ignore") == char]
    anything = st.binary(max_size=60).map(lambda data: data.decode(encoding, "ignore"))
    return st.text(st.sampled_from(allowed), max_size=40) | anything.map(
        lambda text: text.replace("\0", "").replace("\ufeff", "").replace("\ufffd", "")
    )


def read(source: bytes, encoding: str) -> str:
    text = source.decode(encoding)
    return text.replace("\x85", "\n") if encoding == "cp037" else text


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_character_leads_back_to_its_bytes(encoding: str) -> None:
    @given(encodable(encoding))
    @settings(max_examples=examples(30))
    def check(text: str) -> None:
        source = text.encode(encoding)
        windows, ledger = windows_of(source, encoding)
        text = read(source, encoding)
        assert check_tiling(windows).decode("utf-8") == text
        assert ledger.gaps == []
        for window in windows:
            spans = window.span_map
            at = window.start
            for char in window.data.decode("utf-8"):
                after = at + len(char.encode())
                start, end = spans.to_source(at), spans.to_source(after, end=True)
                assert read(source[start:end], encoding) == char
                at = after

    check()


@pytest.mark.parametrize("encoding", [*ENCODINGS, "iso2022_jp", "big5hkscs"])
def test_any_bytes_at_all_decode(encoding: str) -> None:
    @given(st.binary(max_size=60))
    @settings(max_examples=examples(30))
    def check(data: bytes) -> None:
        windows, ledger = windows_of(data, encoding)
        check_tiling(windows)
        before = 0
        for window in windows:
            for offset in range(window.start, window.end + 1):
                source = window.span_map.to_source(offset)
                assert before <= source <= len(data)
                before = source
        assert all(0 <= (gap.start or 0) <= (gap.end or 0) <= len(data) for gap in ledger.gaps)

    check()


@given(st.binary(max_size=200))
def test_utf8_is_what_python_calls_valid(data: bytes) -> None:
    windows, ledger = windows_of(data, "utf-8")
    text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
    shown = check_tiling(windows).decode("utf-8")
    assert shown.replace("\ufffd", "") == text.replace("\ufffd", "").replace("\0", "\u2400")
    valid = text.encode() == data.removeprefix(b"\xef\xbb\xbf")
    assert valid == (Reason.ENCODING_ERRORS not in ledger.counts)


def test_windows_end_with_lines() -> None:
    windows, _ = windows_of(b"first line\nsecond line\nthird", "utf-8", block=3, window=16)
    assert [window.data for window in windows] == [b"first line\n", b"second line\n", b"third"]
    assert all(window.runs == () for window in windows)


def test_lines_of_utf16_are_cut_at_aligned_line_ends() -> None:
    # U+0A00 and U+000A both hold the byte 0x0A: only the latter ends a line.
    source = "ab\nਅ\u0a00\u0a0acdefgh".encode("utf-16-le")
    windows, _ = windows_of(source, "utf-16-le", window=40)
    assert windows[0].data.decode() == "ab\n"


def test_a_line_longer_than_a_window_is_cut_between_characters() -> None:
    windows, ledger = windows_of("é".encode() * 100, "utf-8", window=17)
    assert {len(window.data) for window in windows[:-1]} == {16}
    assert ledger.gaps == []


def test_a_byte_order_mark_is_left_out_and_mapped() -> None:
    for encoding, mark in (("utf-8", 3), ("utf-16-le", 2), ("utf-16-be", 2), ("utf-32-le", 4)):
        source = "\ufeffkey".encode(encoding)
        windows, _ = windows_of(source, encoding, window=100)
        assert windows[0].data == b"key"
        assert windows[0].span_map.to_source(0) == mark
        assert windows[0].span_map.to_source(3, end=True) == len(source)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_hole_is_one_character_that_leads_back_to_all_of_it(encoding: str) -> None:
    """Space that was set aside for a log is free in the file, and must be in the index."""
    before, hole, after = (text.encode(encoding) for text in ("one\n", "\0" * 5000, "\ntwo \0 three\n"))
    windows, ledger = windows_of(before + hole + after, encoding, block=1 << 14, window=1 << 20)
    [window] = windows
    assert window.data.decode() == "one\n\u2400\ntwo \u2400 three\n"
    start = len(b"one\n")
    assert window.span_map.to_source(start) == len(before)
    assert window.span_map.to_source(start + 3, end=True) == len(before) + len(hole)
    assert window.span_map.to_source(start + 4) == len(before) + len(hole) + len("\n".encode(encoding))
    assert (ledger.gaps[0].start, ledger.gaps[0].end) == (len(before), len(before) + len(hole))


@given(st.lists(st.sampled_from(["a", "ü", "\0" * 3, "\0" * 63, "\0" * 64, "\0" * 200, "\n"]), max_size=12))
def test_what_stands_between_holes_leads_back_to_its_bytes(parts: list[str]) -> None:
    source = "".join(parts).encode()
    windows, _ = windows_of(source, "utf-8", block=50, window=100)
    text = check_tiling(windows).decode()
    assert text.replace("\u2400", "") == "".join(parts).replace("\0", "")
    for window in windows:
        at = 0
        for char in window.data.decode():
            start = window.span_map.to_source(at + window.start)
            size = len(char.encode())
            if char != "\u2400":
                assert source[start : start + size] == char.encode()
            at += size


def test_nul_is_shown_and_noted() -> None:
    windows, ledger = windows_of(b"a\0\0b", "utf-8")
    assert windows[0].data.decode() == "a\u2400\u2400b"
    assert windows[0].span_map.to_source(7) == 3
    (gap,) = ledger.gaps
    assert (gap.reason, gap.start, gap.end, gap.lost) == (Reason.NUL_BYTES, 1, 3, False)


def test_invalid_bytes_are_shown_and_noted() -> None:
    windows, ledger = windows_of(b"ok \xff\xfe ok \xc3", "utf-8", window=100)
    assert windows[0].data.decode() == "ok \ufffd\ufffd ok \ufffd"
    assert [(gap.start, gap.end) for gap in ledger.gaps] == [(3, 5), (9, 10)]


def test_reading_goes_on_where_it_stopped() -> None:
    ledger = Ledger()
    (window,) = decode_blocks([b"\xef\xbb\xbfnext\n"], "utf-8", ledger, text_start=100, source_start=103)
    assert (window.start, window.source_start) == (100, 103)
    assert window.data == "\ufeffnext\n".encode()  # no mark, but a character, in the middle of a file


def test_no_text_is_one_empty_window() -> None:
    for blocks in ([], [b""], [b"\xef\xbb\xbf"]):
        (window,) = decode_blocks(blocks, "utf-8", Ledger())
        assert window.final
        assert window.data == b""


def test_surrogate_pairs_are_not_cut() -> None:
    for encoding in ("utf-16-le", "utf-16-be"):
        windows, ledger = windows_of(("a" + "😀" * 50).encode(encoding), encoding, window=64)
        assert len(windows) > 3
        assert b"".join(window.data for window in windows).decode() == "a" + "😀" * 50
        assert ledger.gaps == []
