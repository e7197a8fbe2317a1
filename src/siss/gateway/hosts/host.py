"""One host: its slots, breaker, health, and what it says that it serves."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from enum import StrEnum
from functools import partial
from typing import Any, Final

from siss.errors import ModelUnavailableError
from siss.gateway.config import HostTable
from siss.gateway.hosts.breaker import Breaker
from siss.gateway.hosts.client import HostFailure, Transport, error_body, is_loading
from siss.gateway.hosts.slots import Slots
from siss.gateway.model.request import ModelIdentity
from siss.logs import get_logger

_log: Final = get_logger("siss.gateway.hosts")

DEFAULT_SLOTS: Final = 4
_PROBE_SECONDS: Final = 5.0


class Health(StrEnum):
    """``loading``: alive, with a model on the way. ``unknown``: not asked yet; such a host is tried."""

    UNKNOWN = "unknown"
    READY = "ready"
    LOADING = "loading"
    DOWN = "down"


class Host:
    """A host as the gateway sees it. ``clock``: the loop's time."""

    def __init__(self, name: str, config: HostTable, transport: Transport, clock: Callable[[], float]) -> None:
        self.name: Final = name
        self.config: Final = config
        self.transport: Final = transport
        self.slots: Final = Slots(name, config.slots or DEFAULT_SLOTS, config.queue)
        self.breaker: Final = Breaker(config.breaker_failures, config.breaker_seconds, clock)
        self.health = Health.UNKNOWN
        self.problem = ""
        self._clock = clock
        self.reported: tuple[str, str, str] | None = None

    @property
    def available(self) -> bool:
        """Whether it is worth asking now."""
        return self.health in {Health.READY, Health.UNKNOWN} and self.breaker.admits()

    @property
    def retry_after(self) -> float:
        """Seconds after which it may be available."""
        return self.breaker.retry_after or self.config.health_interval

    def identify(self, model: str) -> ModelIdentity | None:
        """The model behind a name as this host reports it; None while it never answered."""
        if self.reported is None:
            return None
        path, build, template = self.reported
        return ModelIdentity(model, path, build, template)

    def recall(self, reported: Any) -> None:
        """Take over what it reported before the gateway was restarted, until it reports again."""
        if isinstance(reported, list) and len(reported) == 3 and all(isinstance(part, str) for part in reported):
            self.reported = (reported[0], reported[1], reported[2])

    @contextlib.asynccontextmanager
    async def slot(self, deadline: float, waited: Callable[[float], None]) -> AsyncIterator[Callable[[], None]]:
        """Hold a slot; what happens inside tells the breaker how the host is. ``waited`` is told the queue's seconds.

        The value is to be called when the host begins to answer.

        Raises what ``Slots.acquire`` raises, and ``ModelUnavailableError`` where the breaker opened meanwhile.
        """
        began = self._clock()
        await self.slots.acquire(deadline)
        try:
            waited(self._clock() - began)
            if (number := self.breaker.admit()) is None:
                raise ModelUnavailableError(f"{self.name} keeps failing", retry_after=self.retry_after)
            try:
                yield partial(self.breaker.begin, number)
            except HostFailure as failure:
                if failure.loading:
                    self.breaker.abandon(number)
                    self.health = Health.LOADING
                else:
                    self._fail(number, failure.message)
                raise
            except TimeoutError:
                self._fail(number, "no answer before the deadline")
                raise
            except (asyncio.CancelledError, GeneratorExit):
                self.breaker.abandon(number)
                raise
            except BaseException:
                self.breaker.succeed(number)  # a refusal: the host is well, the request is not
                raise
            else:
                self.breaker.succeed(number)
                if self.health is not Health.READY:
                    self.health, self.problem = Health.READY, ""  # what answers is not down, however busy its /health
        finally:
            self.slots.release()

    async def probe(self) -> None:
        """Ask ``/health``, then ``/props`` of a host that is ready: it may have another model. Never raises."""
        before = self.health
        try:
            status, body = await self.transport.get("/health", _PROBE_SECONDS)
        except HostFailure as failure:
            self.health, self.problem = Health.DOWN, failure.message
        else:
            health, self.problem = _read_health(status, body)
            if health is Health.READY:
                await self._read_props()  # first: whoever finds it ready is not to be answered for the model before
            self.health = health
        if self.health is not before:
            _log.info("host health", host=self.name, health=self.health.value, problem=self.problem)

    async def watch(self) -> None:
        """Probe for ever."""
        while True:
            await asyncio.sleep(self.config.health_interval)
            await self.probe()

    async def _read_props(self) -> None:
        try:
            status, props = await self.transport.get("/props", _PROBE_SECONDS)
        except HostFailure as failure:
            self.problem = failure.message
            return
        if status in {401, 403}:
            self.problem = f"refuses the gateway's key ({status})"
            return
        if status != 200 or not isinstance(props, dict):
            if self.reported is None or status in {404, 405, 501}:
                self.reported = ("", "", "")  # another server than llama.cpp's: its model's name is all there is
            return
        path, build, template = (
            value if isinstance(value := props.get(name), str) else ""
            for name in ("model_path", "build_info", "chat_template")
        )
        self.reported = path, build, template
        total = props.get("total_slots")
        if not self.config.slots and isinstance(total, int) and total > 0:
            self.slots.resize(total)

    def _fail(self, number: int, message: str) -> None:
        before = self.breaker.openings
        self.breaker.fail(number)
        self.problem = message
        if self.breaker.openings > before:
            _log.warning("breaker open", host=self.name, problem=message, seconds=self.config.breaker_seconds)


def _read_health(status: int, body: Any) -> tuple[Health, str]:
    if status == 503:
        error = body.get("error") if isinstance(body, dict) else None
        said = error if isinstance(error, dict) else error_body(b"", status)
        return (Health.LOADING, "loading its model") if is_loading(said) else (Health.DOWN, "health: 503")
    if status >= 500:
        return Health.DOWN, f"health: {status}"
    return Health.READY, ""  # a server without /health says 404: it is there
