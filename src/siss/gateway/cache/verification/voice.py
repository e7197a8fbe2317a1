"""Active and passive: who does what to whom, whichever way it is said.

``The folder includes a file`` and ``a file is included in the folder`` are the same; ``the folder is included in a
file`` is not. So where a verb is passive in one text only, what it is done to must be the same in both.
"""

from collections.abc import Iterator
from typing import Final

from siss.gateway.cache.verification.tokens import Reading, base_form
from siss.gateway.cache.verification.words import (
    ARTICLES,
    DIRECTIONS,
    FUNCTION_WORDS,
    MUST_MATCH,
    NEGATIONS,
    PARTICIPLES,
    QUESTION_WORDS,
    word_set,
)

_BE: Final = word_set("is are was were be been being isn't aren't wasn't weren't")
_BETWEEN: Final = NEGATIONS | word_set("also then now already always often being")
_DETERMINERS: Final = word_set("the a an this that these those its their my your our all any each every")
_ENDS: Final = FUNCTION_WORDS | NEGATIONS | MUST_MATCH | DIRECTIONS.keys()
"""What an object ends before."""

_USED: Final = word_set("used employed utilized utilised applied")
_NEW_CLAUSE: Final = word_set("that it to which who if whether")
_FARTHEST_BE: Final = 6


def flipped_verbs(left: Reading, right: Reading) -> tuple[int, int]:
    """How many verbs are passive in one of the texts only: with the same object, and with another.

    A verb whose object cannot be told is neither.
    """
    same = other = 0
    for passive, active in ((left, right), (right, left)):
        for place, verb in _passives(passive):
            found = [at for at, word in enumerate(active.raw) if base_form(word) == verb]
            if len(found) != 1 or _is_passive(active.raw, found[0]):
                continue
            done_to = _object_after(active, found[0])
            if not done_to:
                continue
            before, behind = _words(passive.raw[:place]), _words(passive.raw[place + 1 :])
            done_by = _object_after(passive, place + 1) if passive.raw[place + 1 : place + 2] == ("by",) else set()
            if done_to & (behind - before) or not done_by <= _words(active.raw[: found[0]]):
                other += 1
            elif done_to & before:
                same += 1
    return same, other


def tools(reading: Reading) -> frozenset[str]:
    """What something is done with, named as a subject: ``X can be used to do it``."""
    found: set[str] = set()
    for place, word in enumerate(reading.raw):
        after = reading.raw[place + 1 : place + 2]
        if word in _USED and _is_passive(reading.raw, place) and after and after[0] in {"to", "for", "in"}:
            start = next(at for at in range(place - 1, -1, -1) if reading.raw[at] in _BE)
            before = [each for each in reading.raw[:start] if each not in FUNCTION_WORDS]
            found.update(base_form(each) for each in before[-2:])
    return frozenset(found)


def _passives(reading: Reading) -> Iterator[tuple[int, str]]:
    verbs = [base_form(word) for word in reading.raw]
    for place, word in enumerate(reading.raw):
        if word not in FUNCTION_WORDS and _is_passive(reading.raw, place) and verbs.count(verbs[place]) == 1:
            yield place, verbs[place]


def _words(raw: tuple[str, ...]) -> frozenset[str]:
    return frozenset(raw) | {base_form(word) for word in raw}


def _is_passive(words: tuple[str, ...], place: int) -> bool:
    """Whether a word is a participle right behind a form of ``be``, or in a question that begins with one."""
    word = words[place]
    if not (word in PARTICIPLES or (word.endswith("ed") and len(word) > 3)):
        return False
    near = True
    for at in range(place - 1, max(-1, place - 1 - _FARTHEST_BE), -1):
        if words[at] in _BE and (near or at == 0 or words[at - 1] in QUESTION_WORDS):
            return True
        if words[at] in _NEW_CLAUSE:
            return False
        near = near and (words[at] in _BETWEEN or words[at].endswith("ly"))
    return False


def _object_after(reading: Reading, place: int) -> set[str]:
    """The words of meaning and the literals right behind a verb, articles passed over."""
    found: set[str] = set()
    for word in reading.raw[place + 1 :]:
        if word == "of" or (word in _DETERMINERS and not found) or word in ARTICLES:
            continue
        if word not in reading.literals and word in _ENDS:
            break
        found.add(word if word in reading.literals else base_form(word))
    return found
