"""Small edits: an embedder hardly sees them, and an answer often hangs on them.

Two texts that are nearly the same word by word pass only where the edit is known to be harmless. Texts that differ in
many words are left to their vectors (``evidence``), but for clauses that only one of them has.
"""

from difflib import SequenceMatcher
from typing import Final

from siss.gateway.cache.verification.order import is_moved_clause, is_rotation, is_said_alike, said
from siss.gateway.cache.verification.roles import is_voice_changed
from siss.gateway.cache.verification.tokens import Reading
from siss.gateway.cache.verification.voice import flipped_verbs
from siss.gateway.cache.verification.words import (
    ARTICLES,
    COURTESY,
    FUNCTION_WORDS,
    LIGHT_WORDS,
    QUESTION_WORDS,
    word_set,
)

MOST_REPLACED: Final = 2
"""Words put in place of others, in one place, up to which a statement is one with another slot filled in."""

MOST_IN_A_REQUEST: Final = 2
"""Words of meaning that a question or an order may lack of another, up to which it asks for something else."""

MOST_ADDED: Final = 2
"""Words of meaning that one text has in one place without a counterpart in the other: more are a clause."""

MOST_REPLACED_IN_A_ROW: Final = 2
"""Words of meaning in one place that stand against as many others: more are another clause."""

_OPENING: Final = 8
"""Words in which a text shows whether it asks."""

_NEAR: Final = 4
_SPEECH: Final = word_set("tell explain show describe know list wonder")
_CONJUNCTIONS: Final = word_set("when where")
_AUXILIARIES: Final = word_set("do does did is are was were will would can could should may must has have had")


def differ_by_clause(left: Reading, right: Reading) -> bool:
    """One text says something that the other does not, or something else in its place: several words in a row."""
    added = replaced = 0
    for _, i1, i2, j1, j2 in _changes(left.content, right.content):
        mine = sum(word not in right.content_set for word in left.content[i1:i2])
        theirs = sum(word not in left.content_set for word in right.content[j1:j2])
        added = max(added, abs(mine - theirs))
        replaced = max(replaced, min(mine, theirs))
    return added > MOST_ADDED or replaced > MOST_REPLACED_IN_A_ROW


def differ_by_small_edit(left: Reading, right: Reading) -> bool:
    """The texts are one sentence with a word or two replaced, or with words put in, or in another order.

    Known synonyms replace nothing. Where they are many, the sentence is another one, and is not judged here.
    """
    asked = is_request(left) or is_request(right)
    if asked and left.content_set == right.content_set:
        return said(left) != said(right) and not _is_another_voice(left, right)
    mine, theirs = tuple(dict.fromkeys(left.content)), tuple(dict.fromkeys(right.content))
    if mine == theirs:
        return False
    only_mine, only_theirs = left.content_set - right.content_set, right.content_set - left.content_set
    if not only_mine and not only_theirs:
        return not (
            is_rotation(mine, theirs)
            or is_rotation(said(left), said(right))
            or is_moved_clause(mine, theirs)
            or _is_another_voice(left, right)
        )
    if not only_mine or not only_theirs:
        return not (only_mine | only_theirs) <= (COURTESY if asked else LIGHT_WORDS)
    if asked:  # every word of a question matters, wherever it stands
        return min(len(only_mine), len(only_theirs)) <= MOST_IN_A_REQUEST
    changes = _changes(left.plain, right.plain)
    return len(changes) == 1 and max(changes[0][2] - changes[0][1], changes[0][4] - changes[0][3]) <= MOST_REPLACED


def _is_another_voice(left: Reading, right: Reading) -> bool:
    """Whether the same is said in the passive, or with a part of it elsewhere."""
    return is_said_alike(left, right) or is_voice_changed(left, right) or flipped_verbs(left, right)[0] > 0


def is_request(reading: Reading) -> bool:
    """Whether a text asks or orders, rather than states."""
    words = reading.raw
    if reading.question or any(
        word in _SPEECH and QUESTION_WORDS.keys() & set(words[at + 1 : at + _NEAR])
        for at, word in enumerate(words[:_OPENING])
    ):
        return True
    first, second = (*words[:2], "", "")[:2]
    if first in QUESTION_WORDS:
        return first not in _CONJUNCTIONS or second in _AUXILIARIES  # "when it is set, ..." states
    return second in ARTICLES and first not in FUNCTION_WORDS


def _changes(left: tuple[str, ...], right: tuple[str, ...]) -> list[tuple[str, int, int, int, int]]:
    matcher = SequenceMatcher(None, left, right, autojunk=False)
    return [change for change in matcher.get_opcodes() if change[0] != "equal"]
