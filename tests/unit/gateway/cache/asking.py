"""Questions, replies and an embedder for the cache's tests."""

import asyncio
import hashlib
import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from siss.gateway.cache.fingerprint import Namespace
from siss.gateway.cache.vectors import Vector, normalise
from siss.gateway.model.reply import Reply
from siss.gateway.model.request import Endpoint, ModelIdentity, Question, check_request

MODEL = ModelIdentity("stella", path="/models/stella.gguf", build="b1", template="{{ messages }}")
INSTRUCTION = "You answer questions about backups."


def ask(
    text: str, *, tenant: str = "red", model: ModelIdentity = MODEL, route: str = "chat", **more: Any
) -> Question:
    """A chat that both tiers take."""
    body = {
        "model": "stella",
        "messages": [{"role": "system", "content": INSTRUCTION}, {"role": "user", "content": text}],
        "temperature": 0,
        **more,
    }
    return pose(Endpoint.CHAT, body, tenant=tenant, model=model, route=route)


def pose(
    endpoint: Endpoint,
    body: dict[str, Any],
    *,
    tenant: str = "red",
    model: ModelIdentity = MODEL,
    route: str = "chat",
) -> Question:
    """A question from any body."""
    return Question(tenant, check_request(endpoint, body), model.fingerprint, model.name, route)


def answer(text: str, *, finish: str = "stop", **message: Any) -> Reply:
    """A chat's whole reply."""
    return Reply.of(
        {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1,
            "model": "stella",
            "choices": [
                {
                    "index": 0,
                    "message": {"role": "assistant", "content": text, **message},
                    "finish_reason": finish,
                }
            ],
            "usage": {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12},
        }
    )


class WordEmbedder:
    """Sums of a random vector a word: texts with many words in common are near. ``calls``: the texts of each call."""

    default_dimension = 384

    def __init__(self, dimension: int = 0, *, pooling: str = "mean", model: str = "words") -> None:
        self._namespace = Namespace(model, dimension or self.default_dimension, pooling=pooling)
        self.calls: list[list[str]] = []
        self.before: Callable[[], Any] | None = None
        self.spoil: Callable[[Vector], Any] | None = None

    @property
    def namespace(self) -> Namespace:
        return self._namespace

    @property
    def dimension(self) -> int:
        return self._namespace.dimension

    async def embed(self, texts: Sequence[str]) -> list[Vector]:
        self.calls.append(list(texts))
        await asyncio.sleep(0)
        if self.before is not None:
            self.before()
        made = [self.vector(text) for text in texts]
        return made if self.spoil is None else [self.spoil(vector) for vector in made]

    def vector(self, text: str) -> Vector:
        words = re.findall(r"\w+", text.casefold()) or ["?"]
        return normalise(np.sum([self._of(word) for word in words], axis=0), self.dimension)

    def _of(self, word: str) -> np.ndarray:
        return _word_vector(f"{self._namespace.model} {word}", self.dimension)


@lru_cache(maxsize=4096)
def _word_vector(word: str, dimension: int) -> np.ndarray:
    seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:8])
    return np.random.default_rng(seed).standard_normal(dimension)


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += seconds
