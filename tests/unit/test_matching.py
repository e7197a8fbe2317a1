"""Both bindings of RE2 give the same matches; only ours go through the fast one."""

import platform
import sys
from pathlib import Path

import pytest
import re2
from hypothesis import given
from hypothesis import strategies as st

from siss import matching
from siss.extract.entities.patterns import DAYS, FORMS, WORDS
from siss.matching import Alternation, compile_matcher

TEXT = (
    b'10.0.0.1 - - [17/May/2015:10:05:03 +0000] "GET /a/b.png HTTP/1.1" 404\n'
    b"Jul  9 12:16:49 combo ftpd[2]: user=ann at db-prod-01.example.com:5432 \xc2\xabsecret:x:00\xc2\xbb caf\xc3\xa9\x00\xff"
)
PIECES = st.sampled_from(
    [*TEXT.split(b" "), b" ", b"\n", b"::1", b"/", b"2026-11-21T10:00:00Z", b"\xe2\x82\xac", b""]
)
PAIRS = [(compile_matcher(each), matching._GooglePattern(each)) for each in (DAYS, "|".join(WORDS), FORMS)]


@given(st.lists(PIECES, max_size=12).map(b"".join))
def test_both_bindings_find_the_same(text: bytes) -> None:
    for fast, google in PAIRS:
        found = [(match.group(), match.span()) for match in fast.finditer(text)]
        assert found == [(match.group(), match.span()) for match in google.finditer(text)]
        assert fast.findall(text) == [text[start:end] for _, (start, end) in found]


PARTED = [
    (Alternation(parts), compile_matcher("|".join(parts)))
    for parts in (WORDS, [r"\ba+b?", r"(?m:^)[a-c]+", r"b?c[ab]*\b", r"bb"])
]


TEXTS = st.lists(PIECES | st.text("abc \n", max_size=8).map(str.encode), max_size=12).map(b"".join)


@given(st.lists(TEXTS, max_size=3))
def test_parts_of_an_alternation_find_what_it_finds(texts: list[bytes]) -> None:
    for parted, whole in PARTED:
        found = [[(match.group(), match.span()) for match in each] for each in parted.find_each(texts)]
        assert found == [[(match.group(), match.span()) for match in whole.finditer(text)] for text in texts]


def test_empty_matches_and_context() -> None:
    boundary = compile_matcher(r"\b")
    assert [match.span() for match in boundary.finditer(b"ab c")] == [(0, 0), (2, 2), (3, 3), (4, 4)]
    lines = compile_matcher(rb"(?m:^)[a-z]+")
    assert [match.group() for match in lines.finditer(b"ab cd\nef")] == [b"ab", b"ef"]
    assert compile_matcher(rb"\w+").findall("é b".encode()) == [b"b"]  # letters of ASCII, bytes as they are


@pytest.mark.parametrize("pattern", [rb"a(?=b)", rb"(a)\1", rb"a("])
def test_what_re2_does_not_take_goes_nowhere_else(pattern: bytes) -> None:
    with pytest.raises(Exception, match=r"(?i)invalid|missing|backref|escape"):
        compile_matcher(pattern)


def test_both_modules_of_one_name_stand_side_by_side() -> None:
    assert sys.modules["re2"] is re2
    assert hasattr(re2, "Set"), "google's"
    if (platform.system(), platform.machine()) in {("Linux", "x86_64"), ("Linux", "aarch64"), ("Darwin", "arm64")}:
        assert matching._NATIVE is not None
        assert matching._NATIVE is not re2


def test_without_the_fast_one_google_s_does_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert matching._load_native(tmp_path) is None
    monkeypatch.setattr(matching, "_NATIVE", None)
    letters = compile_matcher(r"[a-z]+")
    assert letters.findall(b"ab c") == [b"ab", b"c"]
    assert [match.span() for match in compile_matcher(r"\b[a-z]").finditer(b"ab c", 1)] == [(3, 4)]
    assert letters.fullmatch(b"ab") is not None
    assert letters.fullmatch(b"ab c") is None
