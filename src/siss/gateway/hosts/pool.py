"""Who is asked: the model's hosts, the preferred and least loaded first; then the models that a route falls back on.

Before the first byte a failure costs only time: the next host is asked, then all of them once more after a pause with
jitter. From the first byte on the answer is that host's, whole or broken.
"""

import asyncio
import contextlib
import random
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Protocol

from siss.errors import DeadlineError, GatewayError, ModelUnavailableError
from siss.gateway.config import ModelTable
from siss.gateway.hosts.client import HostFailure, as_answer_error
from siss.gateway.hosts.host import Health, Host
from siss.gateway.model.request import Endpoint, ModelIdentity
from siss.logs import get_logger
from siss.traces.span import span

_log: Final = get_logger("siss.gateway.hosts")
_PAUSE: Final = 0.1
"""Seconds before the second round; doubled with each, and spread over half to one and a half of it."""


@dataclass(frozen=True, slots=True)
class Call:
    """What is asked. ``models``: the asked one first, then those that may take its place. ``deadline``: loop time."""

    endpoint: Endpoint
    body: Mapping[str, Any]
    models: Sequence[str]
    deadline: float
    retries: int = 1


@dataclass(frozen=True, slots=True)
class Origin:
    """Who answered."""

    model: ModelIdentity
    host: str


class PoolWatcher(Protocol):
    """What the metrics want to know."""

    def queued(self, host: str, seconds: float) -> None:
        """A request waited for its slot."""
        ...

    def failed(self, host: str) -> None:
        """A host did not answer."""
        ...

    def fell_back(self, asked: str, answered: str) -> None:
        """Another model answered."""
        ...


class Pool:
    """All hosts and models."""

    def __init__(
        self,
        hosts: Mapping[str, Host],
        models: Mapping[str, ModelTable],
        watcher: PoolWatcher,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.hosts: Final = hosts
        self.models: Final = models
        self._watcher = watcher
        self._jitter = jitter
        self._names = {name: name for name in models}
        for name, model in models.items():
            self._names.update(dict.fromkeys(model.aliases, name))

    def resolve(self, name: str) -> str | None:
        """The model that a name or an alias stands for; None where there is none."""
        return self._names.get(name)

    def identify(self, model: str) -> ModelIdentity:
        """A model as the first of its hosts that ever answered reports it."""
        for host in self.models[model].hosts:
            if (identity := self.hosts[host].identify(model)) is not None:
                return identity
        return ModelIdentity(model)

    async def ask(self, call: Call, check: Callable[[dict[str, Any]], bool]) -> tuple[dict[str, Any], Origin]:
        """A whole answer. ``check``: whether it has the endpoint's shape.

        Raises ``Refusal``, ``HostAnswerError``, ``ModelUnavailableError`` or ``DeadlineError``.
        """

        @contextlib.asynccontextmanager
        async def once(host: Host, body: Mapping[str, Any]) -> AsyncIterator[dict[str, Any]]:
            answer = await host.transport.ask(call.endpoint, body)
            if not check(answer):
                raise HostFailure(f"{host.name} sent JSON of another shape", retry=False, garbage=True)
            yield answer

        async with self._try(call, once) as found:
            return found

    @contextlib.asynccontextmanager
    async def stream(self, call: Call) -> AsyncIterator[tuple[AsyncIterator[bytes], Origin]]:
        """An event stream; raises as ``ask``, and inside ``HostAnswerError`` or ``DeadlineError`` where it breaks."""

        @contextlib.asynccontextmanager
        async def once(host: Host, body: Mapping[str, Any]) -> AsyncIterator[AsyncIterator[bytes]]:
            async with host.transport.stream(call.endpoint, body) as chunks:
                first = await anext(chunks, b"")
                if not first:
                    raise HostFailure(f"{host.name} ended its stream before it began")
                async with contextlib.aclosing(_chain(first, chunks)) as whole:
                    yield whole

        async with self._try(call, once) as found:
            yield found

    @contextlib.asynccontextmanager
    async def _try(
        self,
        call: Call,
        once: Callable[[Host, Mapping[str, Any]], contextlib.AbstractAsyncContextManager[Any]],
    ) -> AsyncIterator[tuple[Any, Origin]]:
        last: Exception | None = None
        for model in call.models:
            body = {**call.body, "model": self.models[model].upstream or model}
            for attempt in range(call.retries + 1):
                hosts = self._order(model)
                if attempt and not await self._pause(attempt, call.deadline, hosts):
                    break
                for host in hosts:
                    begun = False
                    try:
                        async with (
                            host.slot(call.deadline, partial(self._watcher.queued, host.name)) as begin,
                            # inside of the slot: the breaker sees that it was slow
                            asyncio.timeout_at(call.deadline),
                            _seen(host, call.endpoint),
                            once(host, body) as answer,
                        ):
                            begun = True
                            begin()
                            if model != call.models[0]:
                                self._watcher.fell_back(call.models[0], model)
                            yield answer, Origin(host.identify(model) or ModelIdentity(model), host.name)
                            return
                    except HostFailure as failure:
                        self._watcher.failed(host.name)
                        if begun:
                            raise as_answer_error(failure) from failure
                        _log.info("host failed", host=host.name, model=model, problem=failure.message)
                        last = failure
                    except TimeoutError as error:
                        self._watcher.failed(host.name)
                        raise DeadlineError(f"{host.name} did not answer in time") from error
                    except ModelUnavailableError as error:
                        if begun:
                            raise
                        last = error
                if isinstance(last, HostFailure) and not last.retry:
                    break
        raise self._give_up(call, last)

    def _order(self, model: str) -> list[Host]:
        """Its hosts that may answer: with a free slot before those with a queue, then in the operator's order."""
        hosts = [self.hosts[name] for name in self.models[model].hosts]
        return sorted((host for host in hosts if host.available), key=lambda host: max(host.slots.load, 0.999))

    async def _pause(self, attempt: int, deadline: float, hosts: Sequence[Host]) -> bool:
        """Wait before another round; False where there is nobody to ask, or no time."""
        seconds = _PAUSE * 2 ** (attempt - 1) * (0.5 + self._jitter())
        if not hosts or asyncio.get_running_loop().time() + seconds >= deadline:
            return False
        await asyncio.sleep(seconds)
        return True

    def _give_up(self, call: Call, last: Exception | None) -> GatewayError:
        if isinstance(last, HostFailure) and last.garbage:
            return as_answer_error(last)
        if isinstance(last, ModelUnavailableError):
            return last
        hosts = [self.hosts[name] for name in self.models[call.models[0]].hosts]
        after = min((host.retry_after for host in hosts), default=1.0)
        why = last.message if isinstance(last, HostFailure) else _why(hosts)
        return ModelUnavailableError(f"No host of {call.models[0]} answers now: {why}", retry_after=after)


@contextlib.asynccontextmanager
async def _seen(host: Host, endpoint: Endpoint) -> AsyncIterator[None]:
    with span(f"gateway {endpoint.value}", "client") as seen:
        seen.set("siss.host", host.name)
        yield


def _why(hosts: Sequence[Host]) -> str:
    loading = [host.name for host in hosts if host.health is Health.LOADING]
    if loading:
        return f"{', '.join(loading)} is loading its model"
    return "; ".join(f"{host.name}: {host.problem or host.breaker.state.value}" for host in hosts)


async def _chain(first: bytes, rest: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    yield first
    async for chunk in rest:
        yield chunk
