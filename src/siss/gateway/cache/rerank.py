"""The optional last judge of a candidate: a reranker on a host, its scale calibrated per model."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from siss.errors import CacheError
from siss.gateway.cache.embed import Ask
from siss.gateway.model.request import Endpoint

_STEEPEST = 700.0
"""Beyond it exp() overflows, and the result is 0 or 1 in any case."""


class Reranker(Protocol):
    """Says how well texts answer to a question, from 0 to 1 once calibrated."""

    async def score(self, question: str, candidates: Sequence[str]) -> list[float]:
        """One score a candidate, in order. Not finite where the model's was not. Raises one of the cache's errors."""
        ...


@dataclass(frozen=True, slots=True)
class Calibration:
    """Platt scaling of a model's raw scores to 0..1: ``1 / (1 + exp(-(slope * raw + offset)))``.

    With slope 0 the raw score is taken as it is: the model gives probabilities already.
    """

    slope: float = 1.0
    offset: float = 0.0

    def apply(self, raw: float) -> float:
        """The calibrated score; what is not finite stays so."""
        if self.slope == 0.0 or not math.isfinite(raw):
            return raw
        exponent = max(-_STEEPEST, min(_STEEPEST, self.slope * raw + self.offset))
        return 1.0 / (1.0 + math.exp(-exponent))


class HostReranker:
    """Scores from a host's ``/v1/rerank``."""

    def __init__(self, ask: Ask, model: str, calibration: Calibration) -> None:
        self._ask = ask
        self._model = model
        self._calibration = calibration

    async def score(self, question: str, candidates: Sequence[str]) -> list[float]:
        """One call to the host."""
        body = {"model": self._model, "query": question, "documents": list(candidates)}
        reply = await self._ask(Endpoint.RERANK, body)
        try:
            found = {int(item["index"]): float(item["relevance_score"]) for item in reply["results"]}
            return [self._calibration.apply(found[index]) for index in range(len(candidates))]
        except (KeyError, TypeError, ValueError) as error:
            raise CacheError(f"the reranker's reply has another shape than expected: {error}") from error
