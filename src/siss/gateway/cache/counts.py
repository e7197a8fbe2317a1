"""What the cache did, counted: ``siss_gateway_cache_lookups_total{tier,result,reason}``, and faults survived."""

from collections import Counter
from typing import Final

from siss.errors import SissError
from siss.gateway.model.lookup import Reason, Tier
from siss.logs import get_logger

_log: Final = get_logger("siss.gateway.cache")


class Counts:
    """Counters of one cache. ``lookups``: by (tier, result, reason), result one of hit, stale, miss, bypass, shadow.

    ``stores``: by the reason for which a reply was not kept, empty where it was. ``faults``: by error code or sort:
    each was a miss for somebody. ``refusals``: candidates by the verification rule that refused them.
    ``dropped_scores``: similarities and reranker scores that were NaN or infinite (criterion 10).
    """

    def __init__(self) -> None:
        self.lookups: Final[Counter[tuple[str, str, str]]] = Counter()
        self.stores: Final[Counter[str]] = Counter()
        self.faults: Final[Counter[str]] = Counter()
        self.refusals: Final[Counter[str]] = Counter()
        self.dropped_scores = 0
        self.prompt_tokens_saved = 0
        self.completion_tokens_saved = 0

    def lookup(self, tier: Tier, result: str, reason: Reason = Reason.NONE) -> None:
        """Count what a tier said to a question."""
        self.lookups[tier.value, result, reason.value] += 1

    def fault(self, error: BaseException, doing: str) -> None:
        """Count something that failed, and say so in the log: the first of its kind, then each power of two."""
        code = error.kind.code if isinstance(error, SissError) else type(error).__name__
        self.faults[code] += 1
        if (count := self.faults[code]) & (count - 1) == 0:
            _log.warning("cache fault", doing=doing, code=code, error=str(error), times=count)
