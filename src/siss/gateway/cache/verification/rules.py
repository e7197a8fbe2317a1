"""The rules that tell two questions apart. Each is a function of two readings: True where they differ.

Small edits are what is suspicious: an embedder hardly sees them, and an answer often hangs on them. So two texts that
are nearly the same word by word pass only where the edit is known to be harmless; texts that differ in many words
are left to the threshold.
"""

from collections import Counter
from collections.abc import Collection
from difflib import SequenceMatcher
from typing import Final

from siss.gateway.cache.verification.tokens import Reading, base_form
from siss.gateway.cache.verification.words import DIRECTIONS, LIGHT_WORDS, OPPOSITES, PEOPLE, QUESTION_WORDS, TENSES

MOST_REPLACED: Final = 2
"""Words put in place of others, up to which a pair is one question with other slots filled in ..."""

MOST_REWORDED: Final = 2
"""... unless more words than these differ once synonyms count as different too."""

MOST_ADDED: Final = 2
"""Words of meaning that one text has in one place without a counterpart in the other: more are a clause."""

MOST_REPLACED_IN_A_ROW: Final = 2
"""Words of meaning in one place that stand against as many others: more are another clause."""

EXCLUSIVE_ROLES: Final = (("away", "toward"), ("before", "after"), ("over", "under"), ("with", "without"))

_BY: Final = frozenset({"by", "using", "via", "with", "through"})
_WAYS: Final = frozenset({"way", "ways", "step", "steps", "procedure", "process", "method", "command"})
_SHORTEST_ROTATION: Final = 4
_SHORTEST_CLAUSE: Final = 2


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
    """The number of negations."""
    return left.negations != right.negations


def differ_in_polarity(left: Reading, right: Reading) -> bool:
    """One text has one side of a pair of opposites, the other text the other side; or tenses that exclude another."""
    mine, theirs = frozenset(left.raw), frozenset(right.raw)
    only_mine, only_theirs = mine - theirs, theirs - mine
    for positive, negative in (*OPPOSITES, TENSES):
        # a word that both texts have says nothing; opposite words that only one of them has say all
        if (only_mine & positive and only_theirs & negative) or (only_mine & negative and only_theirs & positive):
            return True
    return False


def differ_in_prefix(left: Reading, right: Reading) -> bool:
    """A word of one text is one of the other with something before it: mount and unmount, start and restart."""
    for one, other in (
        (left.content_set - right.content_set, right.content_set - left.content_set),
        (right.content_set - left.content_set, left.content_set - right.content_set),
    ):
        for word in other:
            if len(word) > 2 and any(len(longer) > len(word) and longer.endswith(word) for longer in one):
                return True
    return False


def differ_in_names(left: Reading, right: Reading) -> bool:
    """A name or identifier of one text is nowhere in the other."""
    return not (_all_in(left, right) and _all_in(right, left))


def differ_in_people(left: Reading, right: Reading) -> bool:
    """Somebody is spoken of in one text only: he is not she, and they are more."""
    return _people(left) != _people(right)


def _people(reading: Reading) -> frozenset[str]:
    return frozenset(PEOPLE[word] for word in reading.raw if word in PEOPLE)


def _all_in(one: Reading, other: Reading) -> bool:
    there = other.content_set | frozenset(other.raw) | frozenset(other.names) | frozenset(other.literals)
    return all(name in there or name in {base_form(word) for word in there} for name in one.names if name)


def differ_in_question(left: Reading, right: Reading) -> bool:
    """Other question words: when is not where. Only where one of the texts is a question."""
    if not (left.question or right.question or _starts_with_question(left) or _starts_with_question(right)):
        return False
    return _asks(left) != _asks(right)


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


def differ_in_roles(left: Reading, right: Reading) -> bool:
    """What both texts name stands in other roles or in another order: from A to B is not from B to A."""
    roles_left, roles_right = _roles(left), _roles(right)
    for word in roles_left.keys() & roles_right.keys():
        if left.content.count(word) > 1 or right.content.count(word) > 1:
            continue  # which of them stands where cannot be told
        for one, other in EXCLUSIVE_ROLES:
            if roles_left[word] & {one, other} == {one} and roles_right[word] & {one, other} == {other}:
                return True
            if roles_left[word] & {one, other} == {other} and roles_right[word] & {one, other} == {one}:
                return True
    salient = (frozenset(left.names) | frozenset(left.literals)) & (
        frozenset(right.names) | frozenset(right.literals)
    )
    if len(salient) > 1 and _order_of(salient, left) != _order_of(salient, right):
        return not (_keep_their_places(salient, left, right) or _voice_changed(left, right))
    return _agents_differ(left, right)


def _keep_their_places(salient: frozenset[str], left: Reading, right: Reading) -> bool:
    """Whether names in another order each keep a neighbour on the same side: a clause was moved, nothing swapped."""
    mine, theirs = _neighbours(salient, left), _neighbours(salient, right)
    return mine.keys() == theirs.keys() and all(mine[block] & theirs[block] for block in mine)


def _neighbours(salient: frozenset[str], reading: Reading) -> dict[tuple[str, ...], set[tuple[str, str]]]:
    """The blocks of names that stand together, with the words of meaning before and after them."""
    found: dict[tuple[str, ...], set[tuple[str, str]]] = {}
    words = _based(reading)
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


def _voice_changed(left: Reading, right: Reading) -> bool:
    """Whether one text names by whom or by what it is done, and the other has the same as its subject."""
    both = left.content_set & right.content_set | frozenset(left.names) & frozenset(right.names)
    return _agents(left, _BY) & both != _agents(right, _BY) & both


def _agents(reading: Reading, by: Collection[str]) -> frozenset[str]:
    """The words of meaning right behind ``by`` and its like, up to the second."""
    found: set[str] = set()
    left = 0
    for word, after in zip(reading.raw, (*reading.raw[1:], ""), strict=True):
        if word in by and not (word == "by" and after.endswith("ing")):
            left = 2
        elif left and (base := base_form(word)) in reading.content_set:
            found.add(base)
            left -= 1
    return frozenset(found)


def _order_of(wanted: frozenset[str], reading: Reading) -> list[str]:
    """The wanted words in their order, each at its first place."""
    return list(dict.fromkeys(word for word in _based(reading) if word in wanted))


def _based(reading: Reading) -> list[str]:
    return [word if word in reading.literals else base_form(word) for word in reading.raw]


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
    mine, theirs = tuple(dict.fromkeys(left.content)), tuple(dict.fromkeys(right.content))
    if mine == theirs:
        return False
    only_mine, only_theirs = left.content_set - right.content_set, right.content_set - left.content_set
    if not only_mine and not only_theirs:
        return not (_is_rotation(mine, theirs) or _is_moved_clause(mine, theirs) or _voice_changed(left, right))
    if not only_mine or not only_theirs:
        return not (only_mine | only_theirs) <= LIGHT_WORDS
    return _edits(mine, theirs) <= MOST_REPLACED and _edits(left.plain, right.plain) <= MOST_REWORDED


def _edits(left: tuple[str, ...], right: tuple[str, ...]) -> int:
    """Words put in, left out or replaced, in order."""
    return sum(max(i2 - i1, j2 - j1) for _, i1, i2, j1, j2 in _changes(left, right))


def _changes(left: tuple[str, ...], right: tuple[str, ...]) -> list[tuple[str, int, int, int, int]]:
    matcher = SequenceMatcher(None, left, right, autojunk=False)
    return [change for change in matcher.get_opcodes() if change[0] != "equal"]


def _is_rotation(left: tuple[str, ...], right: tuple[str, ...]) -> bool:
    """Whether one part was moved to the other end: "in nginx, how ..." and "how ... in nginx"."""
    if len(left) < _SHORTEST_ROTATION:
        return False
    twice = left + left
    return any(twice[start : start + len(left)] == right for start in range(len(left)))


def _is_moved_clause(left: tuple[str, ...], right: tuple[str, ...]) -> bool:
    """Whether two neighbouring parts of at least two words each changed places, and nothing else did."""
    start = 0
    while left[start] == right[start]:
        start += 1
    end = len(left)
    while left[end - 1] == right[end - 1]:
        end -= 1
    mine, theirs = left[start:end], right[start:end]
    return any(mine[cut:] + mine[:cut] == theirs for cut in range(_SHORTEST_CLAUSE, len(mine) - _SHORTEST_CLAUSE + 1))
