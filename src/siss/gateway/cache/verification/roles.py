"""Who does what to whom, from where to where: the same words in other roles are another question."""

from collections import Counter
from collections.abc import Collection
from typing import Final

from siss.gateway.cache.verification.order import is_said_alike
from siss.gateway.cache.verification.tokens import Reading, base_form, in_base_form
from siss.gateway.cache.verification.voice import flipped_verbs, tools
from siss.gateway.cache.verification.words import DIRECTIONS, SPEAKERS, word_set

EXCLUSIVE_ROLES: Final = (("away", "toward"), ("before", "after"), ("over", "under"), ("with", "without"))

_BY: Final = word_set("by using via with through")
_WITH: Final = _BY | word_set("utilizing utilising employing")


def differ_in_roles(left: Reading, right: Reading) -> bool:
    """What both texts name stands in other roles or in another order: from A to B is not from B to A."""
    same, turned = flipped_verbs(left, right)
    if turned or _stand_in_other_directions(left, right):
        return True
    salient = _salient(left) & _salient(right)
    if len(salient) > 1 and _order_of(salient, left) != _order_of(salient, right):
        return not (
            same
            or is_said_alike(left, right)
            or _keep_their_places(salient, left, right)
            or is_voice_changed(left, right)
        )
    return _agents_differ(left, right)


def differ_in_speakers(left: Reading, right: Reading) -> bool:
    """What I do to you is not what you do to me: where both are named in both texts, in another order."""
    mine, theirs = _speakers(left), _speakers(right)
    return len(mine) == len(theirs) == 2 and mine != theirs


def _speakers(reading: Reading) -> list[int]:
    return list(dict.fromkeys(SPEAKERS[word] for word in reading.raw if word in SPEAKERS))


def _salient(reading: Reading) -> frozenset[str]:
    """Names, literals, units, dates, positions: what may not change places."""
    return frozenset(reading.names) | (reading.marks - reading.content_set)


def _stand_in_other_directions(left: Reading, right: Reading) -> bool:
    roles_left, roles_right = _roles(left), _roles(right)
    for word in roles_left.keys() & roles_right.keys():
        if left.content.count(word) > 1 or right.content.count(word) > 1:
            continue  # which of them stands where cannot be told
        mine, theirs = roles_left[word], roles_right[word]
        for pair in EXCLUSIVE_ROLES:
            if len(mine & {*pair}) == len(theirs & {*pair}) == 1 and mine & {*pair} != theirs & {*pair}:
                return True
    return False


def _keep_their_places(salient: frozenset[str], left: Reading, right: Reading) -> bool:
    """Whether names in another order each keep a neighbour on the same side: a clause was moved, nothing swapped."""
    mine, theirs = _neighbours(salient, left), _neighbours(salient, right)
    if mine.keys() != theirs.keys():
        return False
    told = Counter(each for found in (mine, theirs) for neighbours in found.values() for each in neighbours)
    return all(
        any(told[each] == 2 and each[1] for each in mine[block] & theirs[block])  # no other block has it
        for block in mine
    )


def _neighbours(salient: frozenset[str], reading: Reading) -> dict[tuple[str, ...], set[tuple[str, str]]]:
    """The blocks of names that stand together, with the words of meaning before and after them."""
    found: dict[tuple[str, ...], set[tuple[str, str]]] = {}
    words = in_base_form(reading)
    start = 0
    while start < len(words):
        end = start
        while end < len(words) and words[end] in salient:
            end += 1
        if end > start:
            before = next((word for word in reversed(words[:start]) if word in reading.content_set), "")
            after = next((word for word in words[end:] if word in reading.content_set), "")
            found.setdefault(tuple(words[start:end]), set()).update((("before", before), ("after", after)))
        start = end + 1
    return found


def _agents_differ(left: Reading, right: Reading) -> bool:
    """Whether one text turns the other's subject into its object: Alice paid Bob, Alice was paid by Bob."""
    both = left.content_set & right.content_set
    if len(both) < 2 or bool(_agents(left, {"by"}) & both) == bool(_agents(right, {"by"}) & both):
        return False
    return [word for word in left.content if word in both] == [word for word in right.content if word in both]


def is_voice_changed(left: Reading, right: Reading) -> bool:
    """Whether one text names by whom or by what it is done, and the other has the same as its subject."""
    both = left.marks & right.marks
    named = bool(_agents(left, _BY) & both), bool(_agents(right, _BY) & both)
    return named in {(True, False), (False, True)} or _tool_named_otherwise(left, right)


def _tool_named_otherwise(left: Reading, right: Reading) -> bool:
    """Whether one text says ``X can be used to ...`` where the other says ``... with X``."""
    return any(
        (subjects := tools(one)) and subjects & _behind(other, _WITH) for one, other in ((left, right), (right, left))
    )


def _behind(reading: Reading, words: Collection[str]) -> frozenset[str]:
    """The words of meaning, names and literals right behind one of some words, up to the third."""
    found: set[str] = set()
    left = 0
    for word in reading.raw:
        if word in words:
            left = 3
        elif left and (word in reading.literals or base_form(word) in reading.content_set):
            found.add(word if word in reading.literals else base_form(word))
            left -= 1
    return frozenset(found)


def _agents(reading: Reading, by: Collection[str]) -> frozenset[str]:
    """The words of meaning right behind ``by`` and its like, up to the second."""
    found: set[str] = set()
    left = 0
    for word, after in zip(reading.raw, (*reading.raw[1:], ""), strict=True):
        if word in by and not (word == "by" and after.endswith("ing")):
            left = 2
        elif left and (base := base_form(word)) in reading.marks:
            found.add(base)
            left -= 1
    return frozenset(found)


def _order_of(wanted: frozenset[str], reading: Reading) -> list[str]:
    """The wanted words in their order, each at its first place."""
    return list(dict.fromkeys(word for word in in_base_form(reading) if word in wanted))


def _roles(reading: Reading) -> dict[str, set[str]]:
    """The directions in which words stand: the first two content words behind a preposition have its direction."""
    roles: dict[str, set[str]] = {}
    direction, left = "", 0
    for word in reading.raw:
        if word in DIRECTIONS:
            direction, left = DIRECTIONS[word], 2
        elif left and (base := base_form(word)) in reading.content_set:
            roles.setdefault(base, set()).add(direction)
            left -= 1
    return roles
