import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from siss.index import expand
from siss.index.expand import inflections, misspellings, spellings, stem_of


class Words:
    """A vocabulary of a list of words."""

    def __init__(self, *words: str) -> None:
        self.counts = Counter(words)

    def starting_with(self, prefix: str, limit: int) -> list[tuple[str, int]]:
        return [item for item in self.counts.most_common() if item[0].startswith(prefix)][:limit]

    def frequency(self, term: str) -> int:
        return self.counts[term]


@pytest.mark.parametrize(
    "asked",
    ["conection", "connnection", "conenction", "xonnection", "onnection", "ocnnection", "connectiom", "connectio"],
)
def test_one_letter_may_be_wrong_anywhere(asked: str) -> None:
    assert misspellings(asked, Words("connection", "configuration")) == ("connection",)


@pytest.mark.parametrize("asked", ["conection", "xonnection", "cnonection", "connecton"])
def test_one_letter_may_be_wrong_among_many_words_that_begin_alike(
    asked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expand, "SCAN_LIMIT", 2)
    assert misspellings(asked, Words("connection", "coat", "coat", "coat", "corn", "corn")) == ("connection",)


_LETTERS = st.text("ab1", min_size=3, max_size=9)


@given(_LETTERS, st.lists(_LETTERS, max_size=30))
def test_every_near_miss_is_found(asked: str, words: list[str]) -> None:
    vocabulary = Words(*words)
    away = {word: OSA.distance(asked, word) for word in words if word != asked}
    near = [
        word
        for word, distance in away.items()
        if distance == 1 or (distance == 2 and len(asked) >= 8 and word[:2] == asked[:2])
    ]
    found = misspellings(asked, vocabulary)
    if len(asked) < 4 or asked.isdigit():
        assert found == ()
    elif near:
        best = sorted(near, key=lambda word: (away[word], -vocabulary.frequency(word), word))
        assert found == tuple(best[: expand.SPELLING_LIMIT])
    else:
        far = {word for word, distance in away.items() if distance == 2 and len(asked) >= 8}
        early_and_late = {word for word in far if _is_edited_twice(asked, word)}
        assert set(found) <= far
        assert len(found) == expand.SPELLING_LIMIT or early_and_late <= set(found)


def _is_edited_twice(asked: str, word: str) -> bool:
    """Whether one edit is in the first four letters, and one behind them."""
    cuts = range(3, 6)
    return any(OSA.distance(asked[:4], word[:at]) == OSA.distance(asked[4:], word[at:]) == 1 for at in cuts)


@pytest.mark.parametrize("asked", ["xonnectiom", "onnectoin", "ocnnectio", "xconnectino"])
def test_one_of_two_wrong_letters_may_be_the_first(asked: str) -> None:
    assert misspellings(asked, Words("connection", "configuration")) == ("connection",)
    assert misspellings(asked, Words("connection", asked[:-1] + "q")) == (asked[:-1] + "q",), "nearer ones come first"


def test_two_letters_may_be_wrong_in_long_words() -> None:
    assert misspellings("conectoin", Words("connection")) == ("connection",)
    assert misspellings("serfar", Words("server")) == ()


def test_short_words_and_numbers_are_never_misspelt() -> None:
    assert misspellings("cat", Words("car")) == ()
    assert misspellings("10250", Words("10251")) == ()


def test_nearest_first_then_most_frequent() -> None:
    found = misspellings("conections", Words("connection", "connections", "connections", "convections", "connector"))
    assert found[:3] == ("connections", "convections", "connection")


def test_other_forms() -> None:
    words = Words("connect", "connected", "connecting", "connector", "happy", "happiness", "gases", "gas")
    assert set(inflections("connection", words)) == {"connect", "connected", "connecting"}
    assert inflections("happiness", words) == ("happy",)
    assert inflections("db01", words) == ()


def test_words_that_exist_are_spelt_as_meant() -> None:
    vocabulary = Words("slow", "flow", "flow", "flow", "flows")
    assert [term for term, _ in spellings("flow", vocabulary, typos=True)] == ["flows"]
    assert [term for term, _ in spellings("flaw", vocabulary, typos=True)] == ["flow"]
    assert spellings("flaw", vocabulary, typos=False) == ()


def test_words_are_stemmed_in_several_threads_at_once() -> None:
    words = [
        f"{head}{tail}" for head in ("nation", "relat", "hope", "care") for tail in ("alization", "fulness", "s")
    ]
    alone = [stem_of.__wrapped__(word) for word in words]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as threads:
            found = list(threads.map(stem_of.__wrapped__, words * 50))
    finally:
        sys.setswitchinterval(interval)
    assert found == alone * 50
