"""RE2 over bytes where every match of a text is wanted: linear time whatever the text, and a loop that runs in C++.

RE2 has two bindings. google-re2 is used everywhere else (it has sets and all options); of a text with a hundred
matches it takes longer to hand them over than to find them. pyre2 hands them over three times as fast. Both packages
bring a module called ``re2``; ``import re2`` finds google's, as a package goes before a module, and pyre2's is loaded
here by its file, under a name of its own. Where it has no wheel google-re2 gives the same answers, more slowly.
"""

from bisect import insort
from collections.abc import Callable, Iterator, Sequence
from importlib.machinery import EXTENSION_SUFFIXES, ExtensionFileLoader
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any, Final, Protocol

import re2

MEMORY: Final = 32 << 20
"""Bytes that an automaton may take before it is thrown away and built anew: three times what our largest takes."""

_PACKAGE: Final = Path(re2.__file__).parent
_NAME: Final = "siss.matching.re2"


class Match(Protocol):
    """One match."""

    def group(self) -> bytes:
        """What matched."""

    def span(self) -> tuple[int, int]:
        """Where: half-open byte offsets."""


class Pattern(Protocol):
    """A compiled pattern. It has no captures; each byte is a character, and letters are those of ASCII."""

    def finditer(self, text: bytes, start: int = 0) -> Iterator[Match]:
        """All matches from there, in order, none in another. What stands before ``start`` is seen."""

    def findall(self, text: bytes) -> list[bytes]:
        """What they are."""

    def fullmatch(self, text: bytes) -> Match | None:
        """The whole text."""


def _load_native(folder: Path) -> ModuleType | None:
    """pyre2's module, beside the package of google-re2; None where there is none."""
    for suffix in EXTENSION_SUFFIXES:
        file = folder / f"re2{suffix}"
        if file.is_file():
            spec = spec_from_file_location(_NAME, file, loader=ExtensionFileLoader(_NAME, str(file)))
            assert spec is not None
            assert spec.loader is not None
            module = module_from_spec(spec)
            spec.loader.exec_module(module)
            # What RE2 does not take (look-around) must not go to a matcher that takes exponential time.
            module.set_fallback_notification(module.FALLBACK_EXCEPTION)
            return module
    return None


def compile_pattern(pattern: str | bytes, *, captures: bool = True, case_sensitive: bool = True) -> Any:
    """A pattern of google-re2's, over bytes, of characters up to U+00FF. Raises ``re2.error``."""
    options = re2.Options()
    options.max_mem = MEMORY
    options.log_errors = False
    options.encoding = re2.Options.Encoding.LATIN1
    options.never_capture = not captures
    options.case_sensitive = case_sensitive
    return re2.compile(pattern.encode("latin-1") if isinstance(pattern, str) else pattern, options)


Searcher = Callable[[bytes, int, int], tuple[int, int]]
"""The half-open span of the first match that lies between two offsets of a text; -1 twice where there is none."""

_UNANCHORED: Final = re2._Anchor.UNANCHORED  # noqa: SLF001


def compile_searcher(pattern: bytes) -> Searcher:
    """A pattern without captures as a function. Raises ``re2.error``."""
    return _searcher_of(compile_pattern(pattern, captures=False))


def _searcher_of(pattern: Any) -> Searcher:
    """What is below the pattern's own ``search``, which builds an object for each match."""
    match = pattern._regexp.Match  # noqa: SLF001

    def search(text: bytes, start: int, end: int) -> tuple[int, int]:
        span: tuple[int, int] = match(_UNANCHORED, text, start, end)[0]
        return span

    return search


def find_spans(pattern: Any, text: bytes, start: int = 0) -> list[tuple[int, int]]:
    """The half-open spans of all matches of a pattern of google-re2's, in order, from ``start``.

    This is the loop of its ``finditer`` without its match objects, which took as long as the matching.
    """
    search = _searcher_of(pattern)
    spans: list[tuple[int, int]] = []
    at, end = start, len(text)
    while True:
        span = search(text, at, end)
        if span[0] < 0:
            return spans
        spans.append(span)
        at = span[1] if span[1] > span[0] else span[1] + 1
        if at > end:
            return spans


class _Found:
    """A match of google-re2's, with what is asked of one."""

    __slots__ = ("_span", "_text")

    def __init__(self, text: bytes, span: tuple[int, int]) -> None:
        self._text = text
        self._span = span

    def group(self) -> bytes:
        return self._text[self._span[0] : self._span[1]]

    def span(self) -> tuple[int, int]:
        return self._span


class _GooglePattern:
    """A ``Pattern`` by google-re2."""

    def __init__(self, pattern: str | bytes) -> None:
        self._pattern = compile_pattern(pattern)

    def finditer(self, text: bytes, start: int = 0) -> Iterator[Match]:
        return (_Found(text, span) for span in find_spans(self._pattern, text, start))

    def findall(self, text: bytes) -> list[bytes]:
        return [text[start:end] for start, end in find_spans(self._pattern, text)]

    def fullmatch(self, text: bytes) -> Match | None:
        found: Match | None = self._pattern.fullmatch(text)
        return found


_NATIVE: Final = _load_native(_PACKAGE.parent)


def compile_matcher(pattern: str | bytes) -> Pattern:
    """A pattern of ours, of characters up to U+00FF. Raises an error of the binding's where RE2 does not take it.

    Those of users go through ``compile_pattern``, which takes RE2's syntax as it is written.
    """
    if _NATIVE is None:
        return _GooglePattern(pattern)
    compiled: Pattern = _NATIVE.compile(
        pattern.encode("latin-1") if isinstance(pattern, str) else pattern, max_mem=MEMORY
    )
    return compiled


class Alternation:
    """Patterns that are searched for one by one, with the matches that all of them as one alternation would have.

    The states of an automaton are those of its parts, multiplied: one for all the words that tell of something took
    24 MB after 12 MB of text, and longer to build than its parts take to search.
    """

    def __init__(self, patterns: Sequence[str]) -> None:
        self._patterns = [compile_matcher(pattern) for pattern in patterns]

    def find_each(self, texts: Sequence[bytes]) -> Iterator[Iterator[Match]]:
        """Of each text all matches, in order, none in another; of those that begin at one place the first pattern's.

        One pattern after the other goes through all texts: the states of its automaton are then at hand, where they
        would come from the main memory for each text. That takes half the time.
        """
        if len(self._patterns) == 1:
            return map(self._patterns[0].finditer, texts)
        found = [[list(pattern.finditer(text)) for text in texts] for pattern in self._patterns]
        return map(self._merge, texts, zip(*found, strict=True))

    def _merge(self, text: bytes, found: Sequence[list[Match]]) -> Iterator[Match]:
        """What all as one would find, of what each has found."""
        begun = [(rank, iter(matches)) for rank, matches in enumerate(found) if matches]
        if len(begun) < 2:
            return begun[0][1] if begun else iter(())
        return self._interleave(text, begun)

    def _interleave(self, text: bytes, begun: list[tuple[int, Iterator[Match]]]) -> Iterator[Match]:
        waiting: list[tuple[int, int, Match, Iterator[Match]]] = []  # by start, then by rank
        for rank, matches in begun:
            match = next(matches)
            waiting.append((match.span()[0], rank, match, matches))
        waiting.sort()
        while waiting:
            _, rank, match, matches = waiting.pop(0)
            yield match
            end = match.span()[1]
            if (after := next(matches, None)) is not None:
                insort(waiting, (after.span()[0], rank, after, matches))
            while waiting and waiting[0][0] < end:  # it began in what has been taken: what comes after that?
                _, rank, *_ = waiting.pop(0)
                matches = self._patterns[rank].finditer(text, end)
                if (after := next(matches, None)) is not None:
                    insort(waiting, (after.span()[0], rank, after, matches))
