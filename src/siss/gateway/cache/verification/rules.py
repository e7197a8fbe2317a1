"""The rules that look for something that one text has and the other lacks: True where two readings differ.

They are about what an answer hangs on whatever the wording: figures, units, dates, negations, opposites, names.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Final

from siss.gateway.cache.verification.tokens import Reading, base_form, strip_ending
from siss.gateway.cache.verification.words import (
    IRREGULAR,
    LOADED,
    MODALS,
    NEGATIONS,
    OPPOSITES,
    OPPOSITES_IN_QUESTIONS,
    PEOPLE,
    PREFIXES,
    QUESTION_WORDS,
    TENSES,
    word_set,
)

_OPPOSITES: Final = tuple(
    (one | {strip_ending(word) for word in one}, other | {strip_ending(word) for word in other})
    for one, other in OPPOSITES
)
"""As they stand and without their endings."""

_PASSED_OVER: Final = word_set("a an the be been being is are was were do does did to also very really")
_SPEECH: Final = frozenset((word,) for word in word_set("explain describe tell show list give name summarize define"))
_OPENING: Final = 6
"""Words in which a question shows what it asks for."""

_WAYS: Final = word_set("way ways step steps procedure process method command")


def differ_in_literals(left: Reading, right: Reading) -> bool:
    """Numbers, identifiers with digits, versions, dates in figures, quoted strings, paths, options: as multisets."""
    return Counter(left.literals) != Counter(right.literals)


def differ_in_units(left: Reading, right: Reading) -> bool:
    """Units, as a multiset: 5 GB is not 5 MB."""
    return left.units != right.units


def differ_in_dates(left: Reading, right: Reading) -> bool:
    """Months and weekdays, and positions, quantities and times in words."""
    return left.dates != right.dates or left.fixed != right.fixed


def differ_in_negation(left: Reading, right: Reading) -> bool:
    """The number of negations; ``not mandatory`` and ``optional`` say the same."""
    if left.negations == right.negations:
        return False
    return abs(left.negations - right.negations) != 1 or not _turned_around(left, right)


def _turned_around(left: Reading, right: Reading) -> bool:
    """Whether one text denies what the other calls by its opposite."""
    for one, other in ((left, right), (right, left)):
        denied = _denied(one) - frozenset(other.raw)
        said = frozenset(other.raw) - frozenset(one.raw) - _denied(other)
        if any(
            (denied & positive and said & negative) or (denied & negative and said & positive)
            for positive, negative in OPPOSITES
        ):
            return True
    return False


def _denied(reading: Reading) -> frozenset[str]:
    """The words right behind a negation, words of grammar passed over."""
    found: set[str] = set()
    waiting = False
    for word in reading.raw:
        if word in NEGATIONS or word.endswith("n't"):
            waiting = True
        elif waiting and word not in _PASSED_OVER:
            found.add(word)
            waiting = False
    return frozenset(found)


def differ_in_polarity(left: Reading, right: Reading) -> bool:
    """One text has one side of a pair of opposites, the other text the other side; or tenses that exclude another."""
    if left.negations != right.negations:
        return False  # judged with them
    # a word that both texts have says nothing; opposite words that only one of them has say all
    return _has_opposites(_inflected(left), _inflected(right), (*_OPPOSITES, TENSES)) or (
        _is_asked(left, right) and _has_opposites(frozenset(left.raw), frozenset(right.raw), OPPOSITES_IN_QUESTIONS)
    )


def _has_opposites(
    mine: frozenset[str], theirs: frozenset[str], pairs: Iterable[tuple[frozenset[str], frozenset[str]]]
) -> bool:
    only_mine, only_theirs = mine - theirs, theirs - mine
    return any(
        (only_mine & positive and only_theirs & negative) or (only_mine & negative and only_theirs & positive)
        for positive, negative in pairs
    )


def _inflected(reading: Reading) -> frozenset[str]:
    return frozenset(reading.raw) | {strip_ending(word) for word in reading.raw}


def differ_in_prefix(left: Reading, right: Reading) -> bool:
    """A word of one text is one of the other with something before it: mount and unmount, start and restart.

    Or with an e behind it, which is another word once endings are off: plan and plane.
    """
    for one, other in (
        (left.content_set - right.content_set, right.content_set - left.content_set),
        (right.content_set - left.content_set, left.content_set - right.content_set),
    ):
        for word in other:
            if any(_is_prefixed(longer, word) for longer in one):
                return True
    mine, theirs = frozenset(left.raw), frozenset(right.raw)
    return any(word + "e" in theirs - mine for word in mine - theirs) or any(
        word + "e" in mine - theirs for word in theirs - mine
    )


def _is_prefixed(longer: str, word: str) -> bool:
    return len(word) > 2 and longer.endswith(word) and longer.removesuffix(word).rstrip("-") in PREFIXES


def differ_in_names(left: Reading, right: Reading) -> bool:
    """A name or identifier of one text is nowhere in the other."""
    return not (_all_in(left, right) and _all_in(right, left))


def _all_in(one: Reading, other: Reading) -> bool:
    there = other.content_set | frozenset(other.raw) | frozenset(other.names) | frozenset(other.literals)
    there |= {part for name in other.names for part in name.split(".")}
    there |= {base_form(word) for word in there}
    return all(
        name in there or ("." in name and all(base_form(part) in there for part in name.split(".")))
        for name in one.names
        if name
    )


def differ_in_people(left: Reading, right: Reading) -> bool:
    """Somebody is spoken of in one text only: he is not she, and they are more."""
    return _people(left) != _people(right)


def _people(reading: Reading) -> frozenset[str]:
    return frozenset(PEOPLE[word] for word in reading.raw if word in PEOPLE)


def differ_in_question(left: Reading, right: Reading) -> bool:
    """Other question words: when is not where. Only where one of the texts is a question."""
    if not _is_asked(left, right):
        return False
    mine, theirs = _asks(left), _asks(right)
    if mine == theirs:
        return False
    explained = not mine or not theirs  # "explain the difference" and "what is the difference"
    return not (explained and mine | theirs == {"what"} and {left.raw[:1], right.raw[:1]} & _SPEECH)


def differ_in_modality(left: Reading, right: Reading) -> bool:
    """Questions about what must, should or will be, not about what is; or with another of the words that count."""
    if not _is_asked(left, right):
        return False
    if _loaded(left) != _loaded(right):
        return True
    return _is_yes_or_no(left) and _is_yes_or_no(right) and _modals(left) != _modals(right)


def _loaded(reading: Reading) -> frozenset[str]:
    return frozenset(base for word in reading.raw if (base := IRREGULAR.get(word, word).removesuffix("s")) in LOADED)


def _modals(reading: Reading) -> frozenset[str]:
    return frozenset(
        MODALS[word]
        for word, after in zip(reading.raw, (*reading.raw[1:], ""), strict=False)
        if word in MODALS and after != "you"  # would you tell me
    )


def _is_yes_or_no(reading: Reading) -> bool:
    return not QUESTION_WORDS.keys() & set(reading.raw[:_OPENING])


def _is_asked(left: Reading, right: Reading) -> bool:
    """Whether one of the texts is a question."""
    return left.question or right.question or _starts_with_question(left) or _starts_with_question(right)


def _starts_with_question(reading: Reading) -> bool:
    return bool(reading.raw) and reading.raw[0] in QUESTION_WORDS


def _asks(reading: Reading) -> frozenset[str]:
    found: set[str] = set()
    for index, word in enumerate(reading.raw):
        if (kind := QUESTION_WORDS.get(word)) is None:
            continue
        after = reading.raw[index + 1 : index + 2]
        if kind == "how" and after and after[0] in {"many", "much", "long", "often", "far", "old", "big", "fast"}:
            kind = f"how {after[0]}"
        elif kind == "what" and _WAYS & frozenset(reading.raw[index + 1 : index + 6]):
            kind = "how"
        found.add(kind)
    return frozenset(found)
