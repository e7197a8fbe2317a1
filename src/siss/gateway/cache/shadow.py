"""Shadow mode: what the semantic tier would have served, beside what the host answered.

From these comparisons an operator learns a route's threshold before anything is served by meaning.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from typing import Any, Final

from siss.gateway.cache.verify import find_difference, highest_threshold

MOST_COMPARISONS: Final = 10_000
"""Kept a route; the oldest go."""

THRESHOLDS: Final = tuple(round(0.70 + step / 100, 2) for step in range(30))
MOST_FALSE: Final = 1 / 200
_SHOWN: Final = 400
_SAME: Final = 0.8
_MOST_PAIRS: Final = 50
_MOST_COMPARED: Final = 4000
_Z: Final = 1.959964
"""Of a two-sided interval of 95 %."""

_WORD: Final = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two questions, and whether their answers agree; its fields in the order of the stored columns.

    ``refused``: the verification rule that kept them apart; ``asked``, ``kept``: the questions, now and then;
    ``answer``, ``would``: what the host answered, and what would have been served.
    """

    route: str
    at: float
    similarity: float
    refused: str
    agreed: bool
    asked: str
    kept: str
    answer: str
    would: str


@dataclass(frozen=True, slots=True)
class Point:
    """A threshold: how many would have been served, how many of them falsely, and the 95 % interval of that share."""

    threshold: float
    served: int
    false: int
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class ShadowReport:
    """A route's evidence.

    ``suggested``: the lowest threshold with at most 1 false in 200, judged by the interval's upper end; None: too
    little evidence yet. ``confused``: the pairs that would have been served falsely at the lowest threshold.
    """

    compared: int
    refused: dict[str, int]
    curve: tuple[Point, ...]
    suggested: float | None
    confused: tuple[Comparison, ...]


def agree(left: str, right: str) -> bool:
    """Whether two answers say the same, as far as words show it.

    Equal but for white space and case; or most of their words in common (F1 of at least 0.8) and no difference that
    verification finds in them. Long ones agree only where they are equal: looking closer costs the length's square.
    """
    if " ".join(left.split()).casefold() == " ".join(right.split()).casefold():
        return True
    if max(len(left), len(right)) > _MOST_COMPARED:
        return False
    words = [Counter(_WORD.findall(text.casefold())) for text in (left, right)]
    total = words[0].total() + words[1].total()
    return total > 0 and 2 * (words[0] & words[1]).total() / total >= _SAME and not find_difference(left, right)


def comparison_rows(tenant: str, model: str, comparison: Comparison) -> tuple[tuple[str, Any], ...]:
    """The statements that keep a comparison. The questions are kept whole: the report judges them again."""
    *columns, answer, would = astuple(comparison)
    return (
        ("put_comparison", (tenant, model, *columns, answer[:_SHOWN], would[:_SHOWN])),
        ("trim_comparisons", {"route": comparison.route, "most": MOST_COMPARISONS}),
    )


def build_report(rows: Iterable[Sequence[Any]]) -> ShadowReport:
    """The report over comparisons as they are stored: what each threshold would have served, by serving's own rules.

    The threshold of the route while it compared plays no part. For a thread: thousands of texts are read.
    """
    found = [_comparison(row) for row in rows]
    passed = [(highest_threshold(each.asked, each.kept, each.similarity), each) for each in found if not each.refused]
    evidence = [(highest, each.agreed) for highest, each in passed]
    curve = tuple(_point(threshold, evidence) for threshold in THRESHOLDS)
    suggested = next((point.threshold for point in curve if point.high <= MOST_FALSE), None)
    confused = sorted(
        (each for highest, each in passed if not each.agreed and highest >= THRESHOLDS[0]),
        key=lambda each: (-each.similarity, each.at),
    )
    return ShadowReport(
        compared=len(found),
        refused=dict(Counter(each.refused for each in found if each.refused)),
        curve=curve,
        suggested=suggested,
        confused=tuple(confused[:_MOST_PAIRS]),
    )


def wilson_interval(hits: int, total: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927): of use with few observations, and with none of a kind."""
    if total == 0:
        return 0.0, 1.0
    share = hits / total
    middle = share + _Z**2 / (2 * total)
    spread = _Z * math.sqrt(share * (1 - share) / total + _Z**2 / (4 * total**2))
    scale = 1 + _Z**2 / total
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


def _comparison(row: Sequence[Any]) -> Comparison:
    route, at, similarity, refused, agreed, *texts = row
    return Comparison(route, at, similarity, refused, bool(agreed), *texts)


def _point(threshold: float, passed: Sequence[tuple[float, bool]]) -> Point:
    served = [agreed for highest, agreed in passed if highest >= threshold]
    false = served.count(False)
    return Point(threshold, len(served), false, *wilson_interval(false, len(served)))
