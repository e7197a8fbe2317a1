"""The same words in another order, where nothing else is meant: parts that were moved, compounds, places."""

from typing import Final

from siss.gateway.cache.verification.tokens import Reading, in_base_form
from siss.gateway.cache.verification.words import ARTICLES, word_set

_LINKS: Final = word_set("of in for")
_PLACE_WORDS: Final = word_set("in on at within inside")
_SHORTEST_ROTATION: Final = 4
_SHORTEST_CLAUSE: Final = 2


def said(reading: Reading) -> tuple[str, ...]:
    """All that tells what is meant, in order, as often as it is said."""
    return tuple(word for word in in_base_form(reading) if word in reading.marks)


def is_said_alike(left: Reading, right: Reading) -> bool:
    """Whether nothing but a compound or the place of a place differs."""
    return _compounded(left) == _compounded(right) or _places_apart(left) == _places_apart(right)


def _places_apart(reading: Reading) -> tuple[list[str], list[str]]:
    """What tells what is meant but for what is behind ``in`` and the like; and that, in its order."""
    rest: list[str] = []
    places: list[str] = []
    inside = False
    for word in in_base_form(reading):
        if word in reading.marks:
            (places if inside else rest).append(word)
        elif word in _PLACE_WORDS:
            inside = True
            places.append(word)
        elif word not in ARTICLES:
            inside = False
    return rest, places


def _compounded(reading: Reading) -> tuple[str, ...]:
    """What tells what is meant, with ``the cost of a server`` read as ``server cost``."""
    found: list[str] = []
    group: list[str] = []  # the words that stand together up to here
    before: list[str] = []  # the words that those stand behind, when of or the like stands between
    for word in (*in_base_form(reading), ""):
        if word in reading.marks:
            group.append(word)
        elif group and word in _LINKS:
            before, group = [*group, *before], []
        elif word not in ARTICLES or group:
            found += [*group, *before]
            group, before = [], []
    return tuple(found)


def is_rotation(left: tuple[str, ...], right: tuple[str, ...]) -> bool:
    """Whether one part was moved to the other end: "in nginx, how ..." and "how ... in nginx"."""
    if len(left) < _SHORTEST_ROTATION:
        return False
    twice = left + left
    return any(twice[start : start + len(left)] == right for start in range(len(left)))


def is_moved_clause(left: tuple[str, ...], right: tuple[str, ...]) -> bool:
    """Whether two neighbouring parts of at least two words each changed places, and nothing else did."""
    start = 0
    while left[start] == right[start]:
        start += 1
    end = len(left)
    while left[end - 1] == right[end - 1]:
        end -= 1
    mine, theirs = left[start:end], right[start:end]
    return any(mine[cut:] + mine[:cut] == theirs for cut in range(_SHORTEST_CLAUSE, len(mine) - _SHORTEST_CLAUSE + 1))
