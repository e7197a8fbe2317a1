"""Reading a stretch of text for mentions. One scanner a process: what it learnt of one file serves the next."""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import re2

from siss.errors import ConfigError
from siss.extract.entities.again import find_again
from siss.extract.entities.classify import classify_day, classify_form, classify_words, passes
from siss.extract.entities.columns import Columns, find_columns
from siss.extract.entities.findings import TO_THE_END, Kept, Told, found, keep
from siss.extract.entities.patterns import CONFIG_KEY, DAYS, FORMS, WORDS
from siss.matching import Alternation, Match, compile_matcher, compile_pattern, find_spans
from siss.model.entity import MAX_VALUE, Confidence, EntityType, Mention

VERSION: Final = 19
"""Raised when the same text gives other results than before: contents are then read again."""

_KEPT: Final = 1 << 12
"""Candidates of each alternation whose findings are kept, and as many from before, at most 1 MB together."""

_LONGEST_KEPT: Final = 120
_HEAD: Final = 11
"""Bytes of a day in figures and what is behind it: ``2026-11-22T``."""

_INTRODUCING: Final = (
    *(
        b": " + word
        for word in b"Client Error ERROR Host Node Nodes Server User client error host node nodes server user".split()
    ),
    b" for user",
)
"""How a key ends whose value is not what it seems, but says what comes next."""

_GOES_ON: Final = keep([found(EntityType.CUSTOM, 0, 0, "goes on", Confidence.LOW)])
"""Stands for what such a candidate names."""

_SPACE, _ZERO, _NINE = b" 09"
_KEYS: Final = compile_matcher(CONFIG_KEY)


class Scanner:
    """Finds mentions in redacted text. ``custom``: RE2 patterns by name, from the settings.

    Raises ``ConfigError`` naming the pattern that RE2 does not take, or that matches nothing at all (the empty text).
    """

    def __init__(self, custom: Mapping[str, str] | None = None) -> None:
        self._custom = {name: _compile_custom(name, pattern) for name, pattern in (custom or {}).items()}
        self._days = _Reader([DAYS], classify_day, _without_time)
        self._words = _Reader(WORDS, classify_words, goes_on=True)
        self._forms = _Reader([FORMS], classify_form, passes=passes)

    def scan(
        self, texts: Sequence[bytes], *, settings: bool = False, columns: Sequence[Columns | None] | None = None
    ) -> list[list[Told]]:
        """Of each text what names something, in no order: no two mentions of one type overlap.

        Many texts at once take half the time of one by one (``Alternation.find_each``). ``settings``: they are of a
        file of settings, so its keys are mentions too. ``columns``: for each those of the table that it is a
        piece of, without the head. A day stands once for each form that it is written in, where that is first,
        with its count: nothing else is taken for a day.
        """
        counted = self._days.count(texts)
        rest = self._join([heads for _, heads in counted], texts, settings=settings, columns=columns)
        return [told + days for told, (days, _) in zip(rest, counted, strict=True)]

    def _join(
        self,
        heads: Sequence[list[Told]],
        texts: Sequence[bytes],
        *,
        settings: bool,
        columns: Sequence[Columns | None] | None = None,
    ) -> list[list[Told]]:
        """All else but days; ``heads``: days with what stands beside them, at the heads of lines of syslog."""
        words, forms = self._words.read(texts), self._forms.read(texts)
        every: list[list[Told]] = []
        for at, text in enumerate(texts):
            before = _Before(words[at], heads[at])
            if settings:
                before.add(before.leave(_find_keys(text)))
            before.add(before.leave(forms[at]))
            for name, pattern in self._custom.items():
                before.add(before.leave(_find_custom(name, pattern, text)))
            before.add(before.leave(find_columns(text, None if columns is None else columns[at])))
            every.append(before.every + find_again(text, before.every))
        return every

    def mentions(self, text: bytes, *, settings: bool = False) -> list[Mention]:
        """What one text names, as values, each day too, in order of their starts."""
        every = _mentions_of(self._join(self._days.read([text]), [text], settings=settings)[0])
        return sorted(every, key=lambda one: (one.start, one.end))


def _mentions_of(told: list[Told]) -> Iterator[Mention]:
    for start, end, findings, _ in told:
        for name, _, first, last, confidence in findings:
            yield Mention(name, start + first, end if last == TO_THE_END else start + last, confidence)


class _Reader:
    """An alternation in parts, with what its candidates turned out to name. ``key``: what of one decides that.

    ``passes``: which candidates name nothing, and are not worth keeping. ``goes_on``: the last word of one that names
    nothing may be the first of another.
    """

    def __init__(
        self,
        patterns: Sequence[str],
        classify: Callable[[bytes], tuple[Kept, ...]],
        key: Callable[[bytes], bytes] | None = None,
        passes: Callable[[bytes], bool] | None = None,
        *,
        goes_on: bool = False,
    ) -> None:
        self._pattern = Alternation(patterns)
        self._classify = classify
        self._key = key
        self._passes = passes
        self._goes_on = goes_on
        self._known: dict[bytes, tuple[Kept, ...]] = {}
        self._older: dict[bytes, tuple[Kept, ...]] = {}
        """Those that were known when that was full last: what comes again from here on is not worked out again."""

    def read(self, texts: Sequence[bytes]) -> list[list[Told]]:
        """Of each text the candidates that name something, in order; no two overlap."""
        return list(map(self._read, texts, self._pattern.find_each(texts)))

    def _read(self, text: bytes, matches: Iterator[Match]) -> list[Told]:
        known, key_of = self._known, self._key
        told: list[Told] = []
        reach = 0
        for match in matches:
            candidate = match.group()
            key = candidate if key_of is None else key_of(candidate)
            findings = known.get(key)
            if findings is None:
                findings = self._learn(key, candidate)
            if findings:
                start, end = match.span()
                if findings is _GOES_ON:
                    if (next_ := self._read_at(text, start + candidate.rindex(b" ") + 1)) is not None:
                        told.append(next_)
                        reach = next_[1]
                elif start >= reach:
                    told.append((start, end, findings, 1))
        return told

    def _read_at(self, text: bytes, start: int) -> Told | None:
        """What begins there with the last word of a candidate that names nothing (``update: node gpu-04``)."""
        piece = text[start : start + _LONGEST_KEPT]
        match = next(next(self._pattern.find_each([piece])), None)
        if match is None or match.span()[0] > 0:
            return None
        candidate = match.group()
        findings = self._known.get(candidate)
        if findings is None:
            findings = self._learn(candidate, candidate)
        if not findings or findings is _GOES_ON:
            return None
        return start, start + len(candidate), findings, 1

    def count(self, texts: Sequence[bytes]) -> list[tuple[list[Told], list[Told]]]:
        """The same, but candidates that name one thing stand once a key, where the first is; then all the others."""
        return list(map(self._count, self._pattern.find_each(texts)))

    def _count(self, matches: Iterator[Match]) -> tuple[list[Told], list[Told]]:
        firsts: dict[bytes, tuple[int, int, tuple[Kept, ...]]] = {}
        counts: dict[bytes, int] = {}
        others: list[Told] = []
        known, key_of = self._known, self._key
        heads: set[bytes] = set()  # keys that are the first bytes of what they stand for, as nearly all are
        for match in matches:
            candidate = match.group()
            if (head := candidate[:_HEAD]) in heads:
                counts[head] += 1
                continue
            key = candidate if key_of is None else key_of(candidate)
            if key in counts:
                counts[key] += 1
                continue
            findings = known.get(key)
            if findings is None:
                findings = self._learn(key, candidate)
            if len(findings) == 1:
                start, end = match.span()
                firsts[key] = (start, end, findings)
                counts[key] = 1
                if head == key != candidate:
                    heads.add(key)
            elif findings:
                start, end = match.span()
                others.append((start, end, findings, 1))
        return [(*first, counts[key]) for key, first in firsts.items()], others

    def _learn(self, key: bytes, candidate: bytes) -> tuple[Kept, ...]:
        if self._passes is not None and _ZERO <= candidate[0] <= _NINE and self._passes(candidate):
            return ()
        findings = self._older.get(key)
        if findings is None:
            findings = self._classify(candidate)
            if not findings and self._goes_on and candidate.endswith(_INTRODUCING):
                findings = _GOES_ON
        if len(key) <= _LONGEST_KEPT:
            if len(self._known) >= _KEPT:
                self._older = self._known.copy()
                self._known.clear()
            self._known[key] = findings
        return findings


_OUTRANKING: Final = frozenset({EntityType.VERSION, EntityType.CONFIG_KEY, EntityType.DATABASE})
"""What is told to be a version, a key or a database is no address and no host, though it may have the form of one."""


_HOLDING: Final = frozenset({EntityType.URL, EntityType.FILEPATH})
"""They may have one of these within them: ``/v1/list?api-version=7.4``."""


class _Before:
    """What was told so far: ``readings`` do not outrank one another. What is added stands as well."""

    def __init__(self, *readings: list[Told]) -> None:
        self.every = [one for reading in readings for one in reading]

    def add(self, reading: list[Told]) -> None:
        """What was left of a reading stands, too."""
        self.every += reading

    def leave(self, reading: list[Told]) -> list[Told]:
        """A reading without the mentions that overlap one of the same type, or a version or key."""
        if not self.every or not reading:
            return reading
        ends = [one[1] for one in reading]
        size = len(reading)
        overlapping: dict[int, list[tuple[EntityType, int, int]]] = {}
        for began, ended, told, _ in self.every:
            at = bisect_right(ends, began)
            while at < size and reading[at][0] < ended:
                taken = overlapping.setdefault(at, [])
                for name, _, first, last, _ in told:
                    taken.append((name.type, began + first, ended if last == TO_THE_END else began + last))
                at += 1
        if not overlapping:
            return reading
        left: list[Told | None] = list(reading)
        for at, taken in overlapping.items():
            start, end, findings, _ = reading[at]
            stand = tuple([each for each in findings if not _is_taken(each, start, end, taken)])
            left[at] = (start, end, stand, 1) if stand else None
        return [one for one in left if one is not None]


def _is_taken(finding: Kept, start: int, end: int, taken: list[tuple[EntityType, int, int]]) -> bool:
    """Whether a finding of the candidate at these offsets stands where one that outranks it does."""
    name, _, first, last, _ = finding
    own, first, last = name.type, start + first, end if last == TO_THE_END else start + last
    for kind, begin, stop in taken:
        if begin < last and stop > first and (kind is own or (kind in _OUTRANKING and own not in _HOLDING)):
            return True
        if kind is EntityType.USERNAME and own is EntityType.HOSTNAME and (begin, stop) == (first, last):
            return True  # ``anna/10.0.0.4``, where the words around it told who that is
    return False


def _without_time(candidate: bytes) -> bytes:
    """What of a time stamp tells its day, so that all lines of a day share one answer.

    It has the time and all after it cut; of ``Jul  9 12:16:49 combo ftpd[2]:`` the time and the number are.
    """
    if len(candidate) < 12:
        return candidate
    if _ZERO <= candidate[0] <= _NINE:
        for at in (10, 8, 6, 5):
            if candidate[at] in b" Tt-":
                return candidate[: at + 1]
        return candidate
    colon = candidate.find(b":", 6)
    if candidate[colon + 3 : colon + 4] == b":" and candidate[colon - 3] == _SPACE:
        return candidate[: colon - 2] + candidate[colon + 6 :].partition(b"[")[0]
    return candidate


def _find_keys(text: bytes) -> list[Told]:
    told: list[Told] = []
    for match in _KEYS.finditer(text):
        start = match.span()[0]
        key = match.group().rstrip(b"=: \t")
        bare = key.lstrip()
        if len(bare) <= MAX_VALUE:
            at = start + len(key) - len(bare)
            kept = keep([found(EntityType.CONFIG_KEY, 0, len(bare), bare.decode("ascii"), Confidence.HIGH)])
            told.append((at, at + len(bare), kept, 1))
    return told


def _find_custom(name: str, pattern: Any, text: bytes) -> list[Told]:
    told: list[Told] = []
    for start, end in find_spans(pattern, text):
        if 0 < end - start <= MAX_VALUE:
            value = f"{name}:{text[start:end].decode('utf-8', 'replace')}"
            if kept := keep([found(EntityType.CUSTOM, 0, end - start, value, Confidence.HIGH)]):
                told.append((start, end, kept, 1))
    return told


def _compile_custom(name: str, pattern: str) -> Any:
    variable = "SISS_ENTITY_PATTERNS"
    try:
        compiled = compile_pattern(pattern)
    except re2.error as error:
        raise ConfigError(
            f"{variable}: RE2 does not take the pattern {name!r}: {error}", variable=variable
        ) from error
    if compiled.search(b"") is not None or compiled.search(b"\n") is not None:
        raise ConfigError(f"{variable}: the pattern {name!r} matches the empty text", variable=variable)
    return compiled
