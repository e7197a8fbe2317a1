"""Marks the words of a question in text.

A token is a run of letters and digits, as the analyser has it; it is marked where it, folded, is one of the words
to highlight, or where a word inside it is (``getUserName``, ``web01``). A phrase is marked as a whole. Folding
belongs to the index's analyser and is passed in.
"""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import groupby
from typing import Final, NamedTuple

from siss.possessive import compile_possessive

_MAX_PHRASE: Final = 32
_TOKEN: Final = compile_possessive(r"(?:[^\W_][\u0300-\u036f]*+)++")
_INNER: Final = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+")
_BETWEEN: Final = re.compile(r"[\W_]+")
_BEYOND_ASCII: Final = re.compile(r"[^\x00-\x7f]")


class Mark(NamedTuple):
    """A match at half-open character offsets; ``word`` names the highlighted word or phrase.

    A tuple, because it is made in a quarter of the time, and a page has hundreds.
    """

    start: int
    end: int
    word: str
    phrase: bool = False


class Highlighter:
    """Marks the words of one question in as many texts as needed.

    ``words`` and ``phrases`` are folded; ``fold`` is the analyser's, ``unspaced`` says of a letter whether its script
    is written without blanks, so that the analyser makes pairs of letters of it. ``prefer``: words (spellings of
    a level) that are not marked, but whose line is shown where another would do as well, or where nothing matches.
    ``blank`` puts blanks for letters that the analyser leaves out (as in time stamps); the text stays as long.
    """

    def __init__(
        self,
        words: Sequence[str],
        phrases: Sequence[Sequence[str]],
        fold: Callable[[str], str],
        unspaced: Callable[[str], bool] = lambda _: False,
        prefer: Collection[str] = (),
        blank: Callable[[str], str] = lambda text: text,
    ) -> None:
        self._fold = fold
        self._unspaced = unspaced
        self._blank = blank
        wanted = "|".join(sorted(map(re.escape, prefer), key=len, reverse=True))
        self._prefer = re.compile(rf"(?<![^\W_])(?:{wanted})(?![^\W_])", re.IGNORECASE) if wanted else None
        self._singles: set[str] = set()
        self._phrases: dict[str, list[tuple[str, ...]]] = {}
        self._paired: list[tuple[str, ...]] = []
        """Phrases in scripts without blanks, as overlapping pairs of letters. Single pairs are marked as well."""
        compounds = [tuple(part for part in _BETWEEN.split(word) if part) for word in words]
        for phrase in (*map(tuple, phrases), *compounds):
            if len(phrase) > 1 and not any(unspaced(word[0]) for word in phrase):
                self._phrases.setdefault(phrase[0], []).append(phrase[:_MAX_PHRASE])
            else:
                self._singles.update(word for word in phrase if len(phrase) == 1 or unspaced(word[0]))
                if len(phrase) > 1:
                    self._paired.append(phrase[:_MAX_PHRASE])
        sought = sorted({*self._singles, *self._phrases})
        self._sought = _beginnings([word for word in sought if word.isascii()])
        self._beyond_ascii = bool(sought)
        self._whole = self._singles - self._phrases.keys()

    def marks(self, text: str) -> list[Mark]:
        """All matches in order, without overlaps."""
        text = self._blank(text)
        found = self._marks_of_words(text)
        if not self._paired or text.isascii():
            return found
        phrases = self._marks_of_pairs(text)
        covered = {at for mark in phrases for at in range(mark.start, mark.end)}
        apart = [mark for mark in found if covered.isdisjoint(range(mark.start, mark.end))]
        return sorted([*phrases, *apart])

    def _marks_of_words(self, text: str) -> list[Mark]:
        plain = text.isascii()
        lowered = text.lower() if plain else _lower_ascii(text)
        places = _places(lowered, self._sought)
        if self._beyond_ascii and not plain:
            places.update((found.start(), "") for found in _BEYOND_ASCII.finditer(lowered))
        found: list[Mark] = []
        looked = reached = 0
        size = len(text)
        for place in sorted(places):
            if place < looked:
                continue
            word = places[place]
            end = place + len(word)
            if (
                plain
                and not (end < size and text[end].isalnum())
                and not (place and text[place - 1].isalnum())
                and word in self._whole
            ):
                looked = end
                if place >= reached:
                    found.append(Mark(place, end, word))
                    reached = end
                continue
            start = place
            while start > looked and (text[start - 1].isalnum() or "\u0300" <= text[start - 1] <= "\u036f"):
                start -= 1
            token = _TOKEN.match(text, start)
            if token is None:
                continue
            looked = token.end()
            if start >= reached:
                found += self._marks_at(text, start, looked)
                reached = found[-1].end if found else 0
        return found

    def preferred(self, text: str) -> Iterator[int]:
        """Where preferred words stand."""
        return (found.start() for found in self._prefer.finditer(text)) if self._prefer else iter(())

    def _marks_at(self, text: str, start: int, end: int) -> Iterator[Mark]:
        """The matches in one token, or the phrase that begins with it."""
        token = text[start:end]
        folded = self._folded(token)
        for phrase in self._phrases.get(folded, ()):
            if last := self._phrase_end(text, end, phrase):
                yield Mark(start, last, " ".join(phrase), phrase=True)
                return
        if folded in self._singles:
            yield Mark(start, end, folded)
        elif len(folded) != len(token):
            return
        elif not folded.isascii():
            if any(map(self._unspaced, folded)):
                yield from self._pairs(folded, start)
        elif not (token.islower() or token.isupper()) or not token.isalpha():
            for inner in _INNER.finditer(text, start, end):
                if (word := inner[0].lower()) in self._singles and len(inner[0]) > 1:
                    yield Mark(inner.start(), inner.end(), word)

    def _folded(self, token: str) -> str:
        return token.lower() if token.isascii() else self._fold(token)

    def _phrase_end(self, text: str, end: int, phrase: tuple[str, ...]) -> int | None:
        for word in phrase[1:]:
            token = _TOKEN.search(text, end)
            if token is None or self._folded(token[0]) != word:
                return None
            end = token.end()
        return end

    def _marks_of_pairs(self, text: str) -> list[Mark]:
        """The phrases with pairs of letters, in order, without overlaps."""
        tokens = list(self._tokens(text))
        words = [token[0] for token in tokens]
        found: list[Mark] = []
        for at, word in enumerate(words):
            for phrase in self._paired:
                last = at + len(phrase)
                if word == phrase[0] and tuple(words[at:last]) == phrase:
                    start, end = tokens[at][1], tokens[last - 1][2]
                    if not found or start >= found[-1].end:
                        found.append(Mark(start, end, " ".join(phrase), phrase=True))
                    break
        return found

    def _tokens(self, text: str) -> Iterator[tuple[str, int, int]]:
        """The tokens that the analyser makes, folded, with their half-open character offsets."""
        for token in _TOKEN.finditer(text):
            folded = self._folded(token[0])
            if folded.isascii() or len(folded) != len(token[0]):
                yield folded, *token.span()
                continue
            at = token.start()
            for unspaced, letters in groupby(folded, self._unspaced):
                run = "".join(letters)
                for offset in range(len(run)) if unspaced else (0,):
                    piece = run[offset : offset + 2] if unspaced else run
                    yield piece, at + offset, at + offset + len(piece)
                at += len(run)

    def _pairs(self, folded: str, start: int) -> Iterator[Mark]:
        at = 0
        while at < len(folded):
            last = at
            while folded[last : last + 2] in self._singles:
                last += 1
            end = min(last + 1, len(folded)) if last > at else at
            if end > at:
                yield Mark(start + at, start + end, folded[at:end])
            at = max(end, at + 1)


def _beginnings(ordered: list[str]) -> list[str]:
    """Of sorted words, those that begin with no other one: ``connection`` stands only where ``connect`` does."""
    kept: list[str] = []
    for word in ordered:
        if not kept or not word.startswith(kept[-1]):
            kept.append(word)
    return kept


def _places(text: str, words: list[str]) -> dict[int, str]:
    """Where each word stands, overlaps of a word with itself apart.

    Looking for one word at a time is several times as fast as one pattern of all, made anew for each question.
    """
    places: dict[int, str] = {}
    find = text.find
    for word in words:
        at = find(word)
        while at >= 0:
            places[at] = word
            at = find(word, at + len(word))
    return places


def _lower_ascii(text: str) -> str:
    """The text in lower case, as long as before: where a letter would become two, only ASCII letters are lowered."""
    lowered = text.lower()
    return lowered if len(lowered) == len(text) else "".join(c.lower() if c.isascii() else c for c in text)
