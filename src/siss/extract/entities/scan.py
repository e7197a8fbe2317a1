"""Reading a stretch of text for mentions. One scanner a process: what it learnt of one file serves the next."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import re2

from siss.errors import ConfigError
from siss.extract.entities.classify import classify_day, classify_form, classify_words
from siss.extract.entities.findings import TO_THE_END, Finding, found, keep
from siss.extract.entities.patterns import CONFIG_KEY, DAYS, FORMS, WORDS, compile_pattern, find_spans
from siss.model.entity import MAX_VALUE, Confidence, EntityType, Mention, Name

VERSION: Final = 1
"""Raised when the same text gives other results than before: contents are then read again."""

Found = tuple[Name, int, int, Confidence]
"""A mention as a plain tuple: there are ten thousand in a megabyte."""

_KEPT: Final = 1 << 15
"""Candidates of each alternation whose findings are kept, at most 4 MB. When it is full, all are forgotten."""

_LONGEST_KEPT: Final = 120
_SPACE, _ZERO, _NINE = b" 09"
_KEYS: Final = compile_pattern(CONFIG_KEY)


class Scanner:
    """Finds mentions in redacted text. ``custom``: RE2 patterns by name, from the settings.

    Raises ``ConfigError`` naming the pattern that RE2 does not take, or that matches nothing at all (the empty text).
    """

    def __init__(self, custom: Mapping[str, str] | None = None) -> None:
        self._custom = {name: _compile_custom(name, pattern) for name, pattern in (custom or {}).items()}
        self._days = _Reader(DAYS, classify_day, _without_time)
        self._words = _Reader(WORDS, classify_words)
        self._forms = _Reader(FORMS, classify_form)

    def scan(self, text: bytes, *, settings: bool = False) -> list[Found]:
        """Every mention, in no order: no two of one type overlap. ``start``, ``end``: half-open byte offsets.

        ``settings``: the text is a file of settings, so its keys are mentions too.
        """
        told = self._words.read(text)
        told += self._days.read(text)
        if settings:
            told = _added(told, _find_keys(text))
        every = _added(told, self._forms.read(text))
        for name, pattern in self._custom.items():
            every = _added(every, _find_custom(name, pattern, text))
        return every

    def mentions(self, text: bytes, *, settings: bool = False) -> list[Mention]:
        """The same as values, in order of their starts."""
        every = sorted(self.scan(text, settings=settings), key=lambda one: one[1:3])
        return [Mention(*one) for one in every]


class _Reader:
    """One alternation with what its candidates turned out to name. ``key``: what of a candidate decides that."""

    def __init__(
        self,
        pattern: str,
        classify: Callable[[bytes], tuple[Finding, ...]],
        key: Callable[[bytes], bytes] | None = None,
    ) -> None:
        self._pattern = compile_pattern(pattern)
        self._classify = classify
        self._key = key
        self._known: dict[bytes, tuple[Finding, ...]] = {}

    def read(self, text: bytes) -> list[Found]:
        known, key_of = self._known, self._key
        mentions: list[Found] = []
        for start, end in find_spans(self._pattern, text):
            candidate = text[start:end]
            key = candidate if key_of is None else key_of(candidate)
            findings = known.get(key)
            if findings is None:
                findings = self._classify(candidate)
                if len(key) <= _LONGEST_KEPT:
                    if len(known) >= _KEPT:
                        known.clear()
                    known[key] = findings
            for name, first, last, confidence in findings:
                mentions.append((name, start + first, end if last == TO_THE_END else start + last, confidence))
        return mentions


_OUTRANKING: Final = frozenset({EntityType.VERSION, EntityType.CONFIG_KEY})
"""What is told to be a version or a key is no address and no host, though it may have the form of one."""


def _added(before: list[Found], more: list[Found]) -> list[Found]:
    """Both, without those of ``more`` that overlap one of the same type, or a version or key."""
    if not before or not more:
        return before or more
    taken: dict[EntityType | None, list[tuple[int, int]]] = {}
    for name, start, end, _ in before:
        taken.setdefault(name.type, []).append((start, end))
        if name.type in _OUTRANKING:
            taken.setdefault(None, []).append((start, end))
    for spans in taken.values():
        spans.sort()
    outranking = taken.get(None)
    return before + [
        one
        for one in more
        if not _overlaps(taken.get(one[0].type), one[1], one[2]) and not _overlaps(outranking, one[1], one[2])
    ]


def _overlaps(spans: list[tuple[int, int]] | None, start: int, end: int) -> bool:
    if not spans:
        return False
    at = bisect_left(spans, (end,))
    return at > 0 and spans[at - 1][1] > start


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


def _find_keys(text: bytes) -> list[Found]:
    mentions: list[Found] = []
    for start, end in find_spans(_KEYS, text):
        key = text[start:end].rstrip(b"=: \t")
        bare = key.lstrip()
        if len(bare) <= MAX_VALUE:
            name = Name(EntityType.CONFIG_KEY, bare.decode("ascii"))
            mentions.append((name, start + len(key) - len(bare), start + len(key), Confidence.HIGH))
    return mentions


def _find_custom(name: str, pattern: Any, text: bytes) -> list[Found]:
    mentions: list[Found] = []
    for start, end in find_spans(pattern, text):
        if 0 < end - start <= MAX_VALUE:
            value = f"{name}:{text[start:end].decode('utf-8', 'replace')}"
            kept: Iterable[Finding] = keep([found(EntityType.CUSTOM, start, end, value, Confidence.HIGH)])
            mentions.extend((one.name, one.start, one.end, one.confidence) for one in kept)
    return mentions


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
