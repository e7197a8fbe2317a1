"""Where vectors come from: the embedding host, or a local model that its package carries.

At start an embedder is probed (criterion 18): what it says of itself must agree with what it does.
"""

import asyncio
import importlib.util
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from siss.errors import CacheError, ConfigError, VectorError
from siss.gateway.cache.fingerprint import Namespace
from siss.gateway.cache.vectors import Vector, normalise
from siss.gateway.model.request import Endpoint

Ask = Callable[[Endpoint, Mapping[str, Any]], Awaitable[Mapping[str, Any]]]
"""How a host is asked: endpoint and body to the reply's JSON. The gateway's own batches, queues and retries."""

PROBE_TEXT: Final = "How do I restart the backup service on the second storage node?"


class Embedder(Protocol):
    """Makes vectors. ``namespace`` describes them."""

    @property
    def namespace(self) -> Namespace:
        """What the vectors depend on."""
        ...

    async def embed(self, texts: Sequence[str]) -> list[Vector]:
        """One L2-normalised vector a text, in order. Raises one of the cache's errors."""
        ...


class HostEmbedder:
    """Vectors from a host's ``/v1/embeddings``. ``model``: the name that the host is asked by."""

    def __init__(self, ask: Ask, namespace: Namespace, model: str | None = None) -> None:
        self._ask = ask
        self._namespace = namespace
        self._model = model or namespace.model

    @property
    def namespace(self) -> Namespace:
        """What the vectors depend on, as configured; a dimension of 0 is learnt by the probe."""
        return self._namespace

    async def embed(self, texts: Sequence[str]) -> list[Vector]:
        """One call to the host, however many texts."""
        body = {
            "model": self._model,
            "input": [self._namespace.prefix + text for text in texts],
            "encoding_format": "float",
        }
        reply = await self._ask(Endpoint.EMBEDDINGS, body)
        try:
            found = {int(item["index"]): item["embedding"] for item in reply["data"]}
            if found.keys() != set(range(len(texts))):
                raise VectorError(f"asked for {len(texts)} vectors, the host gave {len(reply['data'])} others")
            rows = [found[index] for index in range(len(texts))]
            return [normalise(row, self._namespace.dimension or len(row)) for row in rows]
        except (KeyError, TypeError, ValueError) as error:
            raise VectorError(f"the embedding host's reply has another shape than expected: {error}") from error


class LocalEmbedder:
    """Vectors from WordLlama's 256 dimensions: 16 MB that come with the package (MIT), nothing is downloaded.

    Averages of word vectors: fast (0.2 ms a question on one core), but blind to word order and negation, so it is
    only of use with verification, which never trusts a vector.
    """

    def __init__(self) -> None:
        self._model = _load_wordllama()
        self._namespace = Namespace("wordllama-l2-supercat-256", 256, quantisation="f16", pooling="mean")

    @property
    def namespace(self) -> Namespace:
        """Fixed: it is one model."""
        return self._namespace

    async def embed(self, texts: Sequence[str]) -> list[Vector]:
        """In a thread: long texts would hold up the loop."""
        rows: NDArray[np.float32] = await asyncio.to_thread(self._model.embed, list(texts))
        return [normalise(row, self._namespace.dimension) for row in rows]


def local_embedder_installed() -> bool:
    """Whether the optional extra with the local model is there."""
    return importlib.util.find_spec("wordllama") is not None


def _load_wordllama() -> Any:
    if not local_embedder_installed():
        raise ConfigError(
            "the local embedder is not installed: pip install 'siss[local-embeddings]', or name an embedding host",
            variable="embedder",
        )
    import wordllama

    # its own search path misses the tokenizer that it carries; downloads are off, come what may
    return wordllama.WordLlama.load(cache_dir=Path(wordllama.__file__).parent, disable_download=True)


async def probe(embedder: Embedder) -> tuple[Namespace, Vector]:
    """The namespace with the dimension that the embedder really has, and the probe text's vector.

    Raises ``ConfigError`` where another dimension is configured: serving from it would compare what must not be.
    """
    try:
        (vector,) = await embedder.embed([PROBE_TEXT])
    except VectorError as error:
        if "given" not in error.details:
            raise
        raise ConfigError(
            f"embedding dimension: {embedder.namespace.dimension} is configured, "
            f"{embedder.namespace.model} gives {error.details['given']}",
            variable="dimension",
        ) from error
    except ValueError as error:
        raise CacheError(f"the embedder gave no vector for the probe: {error}") from error
    named = embedder.namespace
    if named.dimension not in {0, vector.size}:
        raise ConfigError(
            f"embedding dimension: {named.dimension} is configured, {named.model} gives {vector.size}",
            variable="dimension",
        )
    return replace(named, dimension=int(vector.size)), vector
