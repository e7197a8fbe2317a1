"""A second look at a stretch of a log: a machine or user that one line tells is the same where its name stands alone.

Sentences name them without saying what they are (``evicting k8w-07``, ``quota of mmeier``), or by the first
part of their names, while another line of the same log does say it.

Only logs, which are known by their times: in code and documents ``host = name`` tells of a word
that stands for something else in the next line.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from typing import Final

from siss.extract.entities.findings import TO_THE_END, Kept, Told, found, keep, listed_bytes
from siss.model.entity import Confidence, EntityType

_TIME: Final = re.compile(rb":[0-5][0-9]:[0-5][0-9]")
_FEWEST: Final = 3
_APART: Final = 1000
"""A stretch of a log has a time of day at least once in so many bytes, and this often."""

_HOST, _USER = EntityType.HOSTNAME, EntityType.USERNAME
_MOST: Final = 64
"""Names of one stretch that are looked for."""

_NAME: Final = re.compile(rb"[A-Za-z][\w.-]*\w")
_TELLING: Final = re.compile(rb"[0-9-]")
_FORMED: Final = re.compile(rb"[a-z][a-z0-9]+(?:-[a-z0-9]+)*-(?:[a-z]+[0-9]{1,4}|[0-9]{1,4}[a-z]?|[a-z])")
_WORD: Final = re.compile(rb"[a-z][a-z_.]*[a-z]")
_ACCOUNT: Final = re.compile(rb"(?:[A-Z0-9-]+\\)?[a-z][\w.-]{2,}|[A-Z][A-Z0-9_-]*[0-9_][A-Z0-9_-]*|[\w.-]+@[\w.-]+")
_COMMON: Final = listed_bytes(
    """
    account admin administrator agent alert anonymous auth backup build client cluster daemon data database debug
    default deploy error file games group guest host info input install local localhost login logs mail main man
    manager master monitor name network news nobody node none operator oracle owner postgres primary proxy replica
    root script secondary server service session source staging storage sync system target test user users vault
    warning web worker www www-data
    """
)
"""Names that are words of sentences, programs and groups as well."""

_LETTERS: Final = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"
_BEFORE: Final = frozenset(_LETTERS + b"-./\\@$%=~:+#&?*")
_BEFORE_MACHINES: Final = _BEFORE - frozenset(b"=:")
_BEHIND: Final = frozenset(_LETTERS + b"-/\\@$=(%+~&?*")


def find_again(text: bytes, told: list[Told]) -> list[Told]:
    """Where names of ``told`` stand alone, and nothing was told."""
    is_log = _is_log(text)
    again: list[Told] = []
    names = _names_in(text, told if is_log else _machines_of(told))
    for own, (kept, count) in islice(names.items(), _MOST):
        kind = kept[0].type
        sought = _sought(own, kind, kept[0].value, kept[4])
        if sought is not None and (is_log or _FORMED.fullmatch(sought[0])) and text.count(sought[0]) > count:
            name, same = sought
            no_before = _BEFORE if kind is _USER else _BEFORE_MACHINES
            again += [(at, at + len(name), same, 1) for at in _places_of(name, text, no_before)]
    return _leave(again, told) if again else []


def _is_log(text: bytes) -> bool:
    times = len(_TIME.findall(text))
    return times >= _FEWEST and times * _APART >= len(text)


def _machines_of(told: list[Told]) -> list[Told]:
    return [one for one in told if one[2][0][0].type is _HOST]


def _names_in(text: bytes, told: list[Told]) -> dict[bytes, tuple[Kept, int]]:
    """Machines and users as they stand in the text, each where it is surest, and how often they were told."""
    names: dict[bytes, tuple[Kept, int]] = {}
    for start, end, findings, _ in told:
        for kept in findings:
            kind = kept[0].type
            if kind is _HOST or kind is _USER:
                own = text[start + kept[2] : end if kept[3] == TO_THE_END else start + kept[3]]
                best, count = names.get(own, (kept, 0))
                names[own] = (best if best[4] >= kept[4] else kept, count + 1)
    return names


@lru_cache(maxsize=1 << 12)
def _sought(own: bytes, kind: EntityType, value: str, sure: Confidence) -> tuple[bytes, tuple[Kept, ...]] | None:
    """What is looked for: a machine without its domain (with it, its form tells it), a user without that."""
    bare = own.rpartition(b"\\")[2] if kind is _USER else own.partition(b".")[0]
    if bare != own:
        own, value = bare, bare.decode("utf-8", "replace")
        value = value if kind is _USER else value.lower()
        if kind is _HOST and _TELLING.search(own) is None:
            return None
    return (own, keep([found(kind, 0, len(own), value, Confidence.LOW)])) if _is_sure(own, kind, sure) else None


def _is_sure(own: bytes, kind: EntityType, sure: Confidence) -> bool:
    """Whether a name means the same thing in another sentence: words do not, unless they were told for sure."""
    if len(own) < 4 or own.lower() in _COMMON:
        return False
    if kind is _USER:
        return sure == Confidence.HIGH and _ACCOUNT.fullmatch(own) is not None
    if _TELLING.search(own) is not None:
        return sure >= Confidence.MEDIUM and _NAME.fullmatch(own) is not None
    return sure == Confidence.HIGH and _WORD.fullmatch(own) is not None


def _places_of(own: bytes, text: bytes, no_before: frozenset[int]) -> Iterator[int]:
    at = text.find(own)
    while at >= 0:
        end = at + len(own)
        before, behind, next_ = text[at - 1 : at], text[end : end + 1], text[end + 1 : end + 2]
        if not (
            (before and before[0] in no_before)
            or (behind and (behind[0] in _BEHIND or (behind == b"." and next_.isalnum())))
        ):
            yield at
        at = text.find(own, end)


def _leave(again: list[Told], told: list[Told]) -> list[Told]:
    """Those that overlap nothing that was told, nor one another: the longest stands."""
    taken = sorted(
        (start + kept[2], end if kept[3] == TO_THE_END else start + kept[3])
        for start, end, findings, _ in told
        for kept in findings
    )
    left: list[Told] = []
    reach = at = 0
    for one in sorted(again, key=lambda one: (one[0], -one[1])):
        while at < len(taken) and taken[at][0] < one[1]:
            reach, at = max(reach, taken[at][1]), at + 1
        if reach <= one[0]:
            left.append(one)
            reach = one[1]
    return left
