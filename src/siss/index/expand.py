"""Other spellings that may stand for a word: what it begins, its other English forms, and near misses.

Works on any vocabulary that lists terms by prefix and knows how many files have one; so memory is the engine's.

Near misses are counted as optimal string alignment distance (rapidfuzz): one from 4 letters, two from 8. Distance
one is complete. For distance two the first two letters are taken as right, so that only a small part of the
vocabulary is looked at; people rarely miss those. Only where nothing is found so, one of the two may be among them,
and the other behind the fourth letter.
"""

import string
import threading
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, Protocol

import snowballstemmer
from rapidfuzz.distance import OSA
from rapidfuzz.process import extract

PREFIX_LIMIT: Final = 64
"""How many terms of a prefix are ranked and highlighted, most frequent first; the others only match."""

SPELLING_LIMIT: Final = 12
SCAN_LIMIT: Final = 20_000
"""The most terms that are searched for ones that resemble a word."""

_FAR_LIMIT: Final = 100
"""The most terms that are examined for each beginning that may have been meant; there are about 150."""
_ALPHABET: Final = string.ascii_lowercase + string.digits


STEM_WEIGHT: Final = 0.9
TYPO_WEIGHT: Final = 0.5
RARE: Final = 3
"""A word that at least so many files contain counts as spelt correctly."""


class Vocabulary(Protocol):
    """The words of an index."""

    def starting_with(self, prefix: str, limit: int) -> list[tuple[str, int]]:
        """Terms with a prefix and how many files have them, most frequent first."""
        ...

    def frequency(self, term: str) -> int:
        """How many files have a term."""
        ...


def spellings(token: str, vocabulary: Vocabulary, *, typos: bool) -> tuple[tuple[str, float], ...]:
    """Words that may replace a word for which too little is found, with weights below one, best first."""
    found = dict.fromkeys(inflections(token, vocabulary), STEM_WEIGHT)
    own = vocabulary.frequency(token)
    if typos and own < RARE:
        for term in misspellings(token, vocabulary):
            if vocabulary.frequency(term) > own:
                found.setdefault(term, TYPO_WEIGHT)
    return tuple(found.items())


def inflections(token: str, vocabulary: Vocabulary) -> tuple[str, ...]:
    """Other words of the vocabulary with the same English stem (Snowball), most frequent first.

    Snowball changes the end of a word only, and besides cutting makes ``y`` into ``i``.
    """
    if len(token) < 3 or not (token.isascii() and token.isalpha()):
        return ()
    stem = stem_of(token)
    prefix = stem.removesuffix("i")
    if len(prefix) < 3:
        return ()
    found = vocabulary.starting_with(prefix, 400)
    longest = len(token) + 5
    return tuple(
        term
        for term, _ in found
        if term != token and len(term) <= longest and term.isascii() and term.isalpha() and stem_of(term) == stem
    )[:SPELLING_LIMIT]


def misspellings(token: str, vocabulary: Vocabulary) -> tuple[str, ...]:
    """Words of the vocabulary that differ by one letter, or two in a long word; nearest first, then most frequent.

    Words of digits are never misspelt: another number is another thing.
    """
    if not 4 <= len(token) <= 32 or not any(map(str.isalpha, token)):
        return ()
    half = len(token) // 2
    # What begins with the letters that are right is all listed, so that only edits of these have to be made up.
    right, allowed = (2, 2) if len(token) >= 8 else (half, 1)
    near: dict[str, tuple[int, int]] = {}
    alike = vocabulary.starting_with(token[:right], SCAN_LIMIT)
    for term, count, distance in _within(token, alike, allowed):
        near[term] = (distance, -count)
    if len(alike) >= SCAN_LIMIT:  # or not all
        right = half + 1
        for term, count, _ in _within(token, vocabulary.starting_with(token[:half], SCAN_LIMIT), 1):
            near[term] = (1, -count)
    if token.isascii():
        for term in _edited_heads(token, right):
            if term not in near and (count := vocabulary.frequency(term)):
                near[term] = (1, -count)
    near.pop(token, None)
    if not near and allowed == 2 and token.isascii():
        for start in sorted(set(_edited_heads(token[:4], 2))):
            for term, count, distance in _within(token, vocabulary.starting_with(start, _FAR_LIMIT), 2):
                if term != token:
                    near[term] = (distance, -count)
    return tuple(sorted(near, key=lambda term: (near[term], term)))[:SPELLING_LIMIT]


@lru_cache(maxsize=65536)
def stem_of(token: str) -> str:
    """The English stem of a word."""
    return str(_STEMMING.english.stemWord(token))


class _Stemming(threading.local):
    """A stemmer for each thread, because it has state and several queries are answered at once."""

    def __init__(self) -> None:
        self.english = snowballstemmer.stemmer("english")


_STEMMING: Final = _Stemming()


def _within(token: str, terms: list[tuple[str, int]], distance: int) -> Iterator[tuple[str, int, int]]:
    """Terms within an edit distance, with their number of files and their distance."""
    counts = {term: count for term, count in terms if abs(len(term) - len(token)) <= distance}
    for term, away, _ in extract(token, counts.keys(), scorer=OSA.distance, score_cutoff=distance, limit=None):
        yield term, counts[term], int(away)


def _edited_heads(token: str, letters: int) -> Iterator[str]:
    """Every word with one edit at one of the first letters."""
    for at in range(letters):
        head, tail = token[:at], token[at:]
        yield head + tail[1:]
        if len(tail) > 1:
            yield head + tail[1] + tail[0] + tail[2:]
        for letter in _ALPHABET:
            yield head + letter + tail
            yield head + letter + tail[1:]
