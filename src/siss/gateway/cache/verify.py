"""Whether two questions differ in anything that an answer may hang on.

The vector of a question says what it is about, and hardly ever which order number, unit, version or person. So a
candidate must pass all of these rules, whatever its similarity and whoever made the vectors. They err on the side of
asking the host.
"""

from collections.abc import Callable
from typing import Final

from siss.gateway.cache.verification import edits, evidence, language, roles, rules
from siss.gateway.cache.verification.tokens import Reading, read_text

RULES: Final[tuple[tuple[str, Callable[[Reading, Reading], bool]], ...]] = (
    ("literals", rules.differ_in_literals),
    ("units", rules.differ_in_units),
    ("dates", rules.differ_in_dates),
    ("negation", rules.differ_in_negation),
    ("polarity", rules.differ_in_polarity),
    ("question", rules.differ_in_question),
    ("language", language.differ_unread),
    ("modality", rules.differ_in_modality),
    ("speakers", roles.differ_in_speakers),
    ("names", rules.differ_in_names),
    ("people", rules.differ_in_people),
    ("prefix", rules.differ_in_prefix),
    ("roles", roles.differ_in_roles),
    ("clause", edits.differ_by_clause),
    ("small-edit", edits.differ_by_small_edit),
)
"""By name, the cheap ones first."""


FAR: Final = "far"
"""Stands beside the rules where two texts are in other words, and their vectors not near enough for that."""


def find_doubt(left: str, right: str, similarity: float, threshold: float) -> str:
    """The name of what keeps one text's answer from the other: a rule, or the vectors' distance; empty if nothing."""
    if difference := find_difference(left, right):
        return difference
    return FAR if similarity < evidence.needed_similarity(read_text(left), read_text(right), threshold) else ""


def highest_threshold(left: str, right: str, similarity: float) -> float:
    """The highest threshold at which two texts that no rule tells apart are near enough."""
    return evidence.highest_threshold(read_text(left), read_text(right), similarity)


def find_difference(left: str, right: str) -> str:
    """The name of the first rule that tells two texts apart; empty where none does."""
    if left == right:
        return ""
    one, other = read_text(left), read_text(right)
    for name, differ in RULES:
        if differ(one, other):
            return name
    return ""
