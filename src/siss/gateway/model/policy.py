"""What a route may serve from the cache. The one place where a threshold or another bound is judged.

Every way to a policy (a file, the environment, an argument, code) ends in this constructor, so a value that cannot
be used is the same ``ConfigError`` on all of them; ``details['variable']`` is the field's name.
"""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from siss.errors import ConfigError

MOST_NEGATIVE_SECONDS: Final = 30.0
MOST_OVERSAMPLING: Final = 10


class SemanticMode(StrEnum):
    """``shadow``: the host is always asked, and what the semantic tier would have said is compared and counted."""

    OFF = "off"
    SHADOW = "shadow"
    ON = "on"


@dataclass(frozen=True, slots=True, kw_only=True)
class CachePolicy:
    """A route's rules.

    ``threshold``: least cosine similarity, above 0 and up to 1. ``rerank_threshold``: least score of the reranker, on
    the scale of its model; None: no reranker. ``ttl``, ``stale_while_revalidate``, ``stale_if_error``,
    ``negative_ttl``: seconds. ``max_bytes``: the largest reply that is kept. ``oversampling``: how many more
    candidates are rescored than asked for (``candidates``), clamped to 1..10. ``allow_tools`` and
    ``allow_temperature`` let such requests into the exact tier; neither ever lets them into the semantic tier.
    ``tags`` stand on every entry of the route, to purge it by.
    """

    exact: bool = True
    semantic: SemanticMode = SemanticMode.OFF
    threshold: float = 0.92
    rerank_threshold: float | None = None
    ttl: float = 86_400.0
    stale_while_revalidate: float = 0.0
    stale_if_error: float = 0.0
    negative_ttl: float = 0.0
    max_bytes: int = 1 << 20
    candidates: int = 4
    oversampling: float = 4.0
    allow_tools: bool = False
    allow_temperature: bool = False
    tags: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _set(self, "semantic", _mode(self.semantic))
        _set(self, "threshold", _number("threshold", self.threshold, 0.0, 1.0, above=True))
        if self.rerank_threshold is not None:
            _set(self, "rerank_threshold", _number("rerank_threshold", self.rerank_threshold))
        for name in ("ttl", "stale_while_revalidate", "stale_if_error"):
            _set(self, name, _number(name, getattr(self, name), 0.0))
        _set(self, "negative_ttl", _number("negative_ttl", self.negative_ttl, 0.0, MOST_NEGATIVE_SECONDS))
        _set(self, "max_bytes", int(_number("max_bytes", self.max_bytes, 1)))
        _set(self, "candidates", int(_number("candidates", self.candidates, 1, 100)))
        _set(self, "oversampling", clamp_oversampling(_number("oversampling", self.oversampling)))

    @property
    def keeps_for(self) -> float:
        """Seconds after which an entry is of no use, not even stale."""
        return self.ttl + max(self.stale_while_revalidate, self.stale_if_error)


def clamp_oversampling(value: float) -> float:
    """Oversampling in 1..10: beyond it, rescoring costs more and finds nothing more (criterion 19)."""
    return min(max(float(value), 1.0), float(MOST_OVERSAMPLING))


def _set(policy: CachePolicy, name: str, value: object) -> None:
    object.__setattr__(policy, name, value)  # the class is frozen for everybody else


def _mode(value: object) -> SemanticMode:
    try:
        return SemanticMode(str(value))
    except ValueError as error:
        raise ConfigError(f"semantic: must be off, shadow or on (given: {value!r})", variable="semantic") from error


def _number(
    name: str, value: object, low: float = -math.inf, high: float = math.inf, *, above: bool = False
) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise _bad(name, value, low, high, above=above)
    try:
        number = float(value)
    except ValueError as error:
        raise _bad(name, value, low, high, above=above) from error
    if not math.isfinite(number) or not low <= number <= high or (above and number == low):
        raise _bad(name, value, low, high, above=above)
    return number


def _bad(name: str, value: object, low: float, high: float, *, above: bool) -> ConfigError:
    lower = "" if low == -math.inf else f" {'above' if above else 'of at least'} {low:g}"
    upper = "" if high == math.inf else f"{' and' if lower else ''} at most {high:g}"
    return ConfigError(f"{name}: must be a number{lower}{upper} (given: {str(value)[:80]!r})", variable=name)
