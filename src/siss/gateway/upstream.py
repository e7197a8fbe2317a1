"""The hosts as the rest of the gateway asks them: embeddings in batches, everything else one by one."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from functools import partial
from typing import Any, Final

from siss.errors import CacheRefusedError, GatewayError
from siss.gateway.answers import has_shape
from siss.gateway.embeddings import EmbeddingBatcher, Limits
from siss.gateway.hosts.client import Refusal
from siss.gateway.hosts.pool import Call, Origin, Pool
from siss.gateway.model.request import Endpoint

_INSIDE_SECONDS: Final = 30.0


class Upstream:
    """One for each gateway."""

    def __init__(self, pool: Pool) -> None:
        self.pool: Final = pool
        self._batcher = EmbeddingBatcher(partial(self._one), self._limits)

    async def whole(self, call: Call) -> tuple[dict[str, Any], Origin]:
        """A whole answer; raises as ``Pool.ask``."""
        return await (self._batcher.embed(call) if call.endpoint is Endpoint.EMBEDDINGS else self._one(call))

    def stream(self, call: Call) -> contextlib.AbstractAsyncContextManager[tuple[AsyncIterator[bytes], Origin]]:
        """A stream; raises as ``Pool.stream``."""
        return self.pool.stream(call)

    async def ask(self, endpoint: Endpoint, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """An answer for the cache itself: vectors and scores. Raises ``CacheRefusedError``, whatever went wrong."""
        model = self.pool.resolve(str(body["model"])) or str(body["model"])
        deadline = asyncio.get_running_loop().time() + _INSIDE_SECONDS
        try:
            answer, _ = await self.whole(Call(endpoint, body, (model,), deadline))
        except (GatewayError, Refusal) as error:
            said = error.message if isinstance(error, GatewayError) else str(error.body["message"])
            raise CacheRefusedError(f"{model}: {said}") from error
        return answer

    async def close(self) -> None:
        """Stop what is under way."""
        await self._batcher.close()

    async def _one(self, call: Call) -> tuple[dict[str, Any], Origin]:
        return await self.pool.ask(call, partial(has_shape, call.endpoint))

    def _limits(self, model: str) -> Limits:
        """The narrowest of its hosts' batches, as any of them may be asked; all of their slots."""
        hosts = [self.pool.hosts[name] for name in self.pool.models[model].hosts]
        configs = [host.config for host in hosts]
        return Limits(
            items=min(config.batch_items for config in configs),
            tokens=min(config.batch_tokens for config in configs),
            wait=min(config.batch_wait for config in configs),
            parallel=sum(host.slots.total for host in hosts),
            queue=sum(config.queue for config in configs),
        )
