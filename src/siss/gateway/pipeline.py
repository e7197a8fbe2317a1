"""The path of a request, from the bytes of its body to an answer.

validate -> route -> exact and semantic tier (``cache``) -> single flight -> host (``hosts``) -> store -> answer

Everything before and after it is HTTP (``app``).
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache, partial
from typing import Any, Final

import orjson

from siss.errors import GatewayError, HostAnswerError, NotFoundError, SissError
from siss.gateway.answers import name_answer
from siss.gateway.cache.cache import ResponseCache
from siss.gateway.failures import FAULT, error_object, refusal_object
from siss.gateway.flight import Flight, Flights
from siss.gateway.hosts.client import Refusal
from siss.gateway.hosts.pool import Call, Origin
from siss.gateway.lifecycle.activity import Activity
from siss.gateway.metrics import Metrics
from siss.gateway.model.directives import Directives
from siss.gateway.model.lookup import Hit, Miss, Reason, Ticket, Tier
from siss.gateway.model.reply import Reply
from siss.gateway.model.request import Endpoint, ModelIdentity, Question, Request, parse_request
from siss.gateway.routes import Route, Routes
from siss.gateway.streams.assemble import Assembler
from siss.gateway.streams.replay import replay as replay_events
from siss.gateway.streams.sse import DONE, event, read_events
from siss.gateway.structured import fits_schema, nest_schema
from siss.gateway.tenants import Tenant
from siss.gateway.upstream import Upstream
from siss.logs import get_logger

_log: Final = get_logger("siss.gateway")

LOOKUP_SECONDS: Final = 5.0
"""A cache that says nothing for so long (a disk that hangs) is a miss."""

_STREAM_FIELDS: Final = frozenset({"stream", "stream_options"})


class CacheState(StrEnum):
    """The values of ``X-Siss-Cache``."""

    HIT_EXACT = "hit-exact"
    HIT_SEMANTIC = "hit-semantic"
    MISS = "miss"
    BYPASS = "bypass"
    COALESCED = "coalesced"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a call to a host came to. ``origin``: None for a refusal. ``usage``: the event that tells the tokens.

    ``fits``: whether it is the JSON that was asked for.
    """

    reply: Reply
    origin: Origin | None = None
    usage: bytes | None = None
    fits: bool = True


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that may be asked, and how.

    ``models``: the asked one, then those that may take its place and that the tenant may ask. ``deadline``: the
    loop's time.
    """

    request: Request
    question: Question
    route: Route
    models: tuple[str, ...]
    deadline: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes out: ``reply`` whole, or ``events`` as they come. ``age``: seconds."""

    state: CacheState
    asked: Asked
    reply: Reply | None = None
    events: AsyncGenerator[bytes, None] | None = None
    hit: Hit | None = None
    outcome: Outcome | None = None


class Pipeline:
    """The steps that every request takes. ``spend`` is told a tenant and the tokens that a model spent for it.

    ``activity``: work for a host counts as such even when no client waits for it (a stale answer is made anew).
    """

    def __init__(
        self,
        upstream: Upstream,
        routes: Routes,
        cache: ResponseCache,
        metrics: Metrics,
        spend: Callable[[str, int], None],
        activity: Activity,
    ) -> None:
        self.pool: Final = upstream.pool
        self.cache: Final = cache
        self.flights: Final[Flights[Outcome]] = Flights()
        self._routes = routes
        self._upstream = upstream
        self._metrics = metrics
        self._spend = spend
        self._activity = activity
        self._refreshing: set[asyncio.Task[None]] = set()

    def take_in(self, endpoint: Endpoint, data: bytes, tenant: Tenant, tags: tuple[str, ...] = ()) -> Asked:
        """A checked request with its route. Raises ``InvalidRequestError`` and ``NotFoundError``."""
        given = parse_request(endpoint, data)
        model = self.pool.resolve(given.model)
        if model is None:
            raise NotFoundError(f"There is no model {given.model!r}; /v1/models lists what there is", field="model")
        tenant.check_may_ask(model)
        route = self._routes.find(endpoint, model, tenant.name)
        request = nest_schema(given.with_defaults(route.defaults))
        fingerprint = _fingerprint(self.pool.identify(model))
        question = Question(tenant.name, request, fingerprint, model, route.name, tags)
        models = route.models if tenant.models is None else tuple(filter(tenant.may_ask, route.models))
        return Asked(request, question, route, models, asyncio.get_running_loop().time() + route.timeout)

    async def look_up(self, asked: Asked, directives: Directives) -> Hit | Miss:
        """What the cache says; a cache that fails or hangs says nothing."""
        try:
            async with asyncio.timeout(min(LOOKUP_SECONDS, asked.route.timeout)):
                return await self.cache.lookup(asked.question, asked.route.policy, directives)
        except TimeoutError as error:
            self.cache.counts.fault(error, "look up in time")
            return Miss(Reason.ERROR, Ticket(b"", storable=False))

    def serve_hit(self, asked: Asked, hit: Hit) -> Answer:
        """The answer from the cache; one that is stale is asked for again in the background."""
        if hit.stale:
            self._in_background(self._refresh(asked, hit.ticket))
        return self._show(asked, hit)

    def _show(self, asked: Asked, hit: Hit) -> Answer:
        state = CacheState.HIT_EXACT if hit.tier is Tier.EXACT else CacheState.HIT_SEMANTIC
        if not asked.request.stream or hit.reply.status != 200:
            return Answer(state, asked, reply=hit.reply, hit=hit)
        return Answer(state, asked, events=self._replay(asked.request, hit.reply), hit=hit)

    @contextlib.asynccontextmanager
    async def ask(self, asked: Asked, missed: Miss) -> AsyncIterator[Answer]:
        """The answer from a host, together with whoever asks the same now. To be left when the client leaves.

        Raises the gateway's errors as long as nothing has gone out.
        """
        ticket = missed.ticket
        key = ticket.key if ticket.storable and missed.reason is not Reason.NO_CACHE else None
        streamed = asked.request.stream
        with self.flights.board(key, partial(self._call, asked, ticket), streaming=streamed) as (flight, shared):
            state = CacheState.BYPASS if missed.bypass else CacheState.COALESCED if shared else CacheState.MISS
            if shared:
                self._metrics.coalesced()
            try:
                begun = streamed and flight.streaming and await flight.begun()
                outcome = None if begun else await flight.result()
            except GatewayError as error:
                if missed.stale is None:
                    raise
                _log.info("stale answer served", problem=error.message)
                answer = self._show(asked, missed.stale)
            else:
                if outcome is None:
                    answer = Answer(state, asked, events=self._follow(flight, asked.request))
                elif streamed and outcome.reply.status == 200:
                    events = self._replay(asked.request, outcome.reply)
                    answer = Answer(state, asked, events=events, outcome=outcome)
                else:
                    answer = Answer(state, asked, reply=outcome.reply, outcome=outcome)
            yield answer

    async def close(self) -> None:
        """Stop what is in flight."""
        for task in list(self._refreshing):
            task.cancel()
        await asyncio.gather(*self._refreshing, return_exceptions=True)
        await self.flights.close()

    async def _call(self, asked: Asked, ticket: Ticket, flight: Flight[Outcome]) -> Outcome:
        """The flight: ask a host, keep the answer."""
        policy = asked.route.policy
        with self._activity:
            try:
                outcome = await self._ask_host(asked, flight)
            except Refusal as refusal:
                outcome = Outcome(Reply.of({"error": refusal_object(refusal.body)}, refusal.status))
        if outcome.origin is None:
            await self.cache.store(asked.question, outcome.reply, ticket, policy)
            return outcome
        self._spend(asked.question.tenant, outcome.reply.tokens)
        self._metrics.spent(outcome.origin.model.name, outcome.reply)
        answered = asked.question
        if _fingerprint(outcome.origin.model) != answered.model or outcome.origin.model.name != answered.model_name:
            answered = answered.answered_by(outcome.origin.model)
        await self.cache.store(answered, outcome.reply, ticket, policy)
        return outcome

    async def _ask_host(self, asked: Asked, flight: Flight[Outcome]) -> Outcome:
        request = asked.request
        body = {name: value for name, value in request.body.items() if name not in _STREAM_FIELDS}
        call = Call(request.endpoint, body, asked.models, asked.deadline, asked.route.retries)
        if flight.streaming:
            return await self._stream(call, asked, flight)
        answer, origin = await self._upstream.whole(call)
        answer = name_answer(request.endpoint, answer, origin.model.name)
        with _writing():
            reply = Reply.of(answer)
        return Outcome(reply, origin, fits=fits_schema(request, answer))

    async def _stream(self, call: Call, asked: Asked, flight: Flight[Outcome]) -> Outcome:
        options = {"stream": True, "stream_options": {"include_usage": True}}
        first = self._metrics.time_to_first_token(call.models[0])
        async with self._upstream.stream(replace(call, body={**call.body, **options})) as (chunks, origin):
            message = Assembler(call.endpoint, origin.model.name, origin.host)
            pieces = 0
            try:
                async with contextlib.aclosing(read_events(chunks, origin.host)) as received:
                    async for chunk in received:
                        if (shown := message.add(chunk)) is not None:
                            pieces += 1
                            with _writing():
                                flight.push(event(shown))
                            first()
                body = message.finish()
            except BaseException:  # what was made is spent, though nobody tells how much: about a token a piece
                self._spend(asked.question.tenant, pieces)
                raise
        usage = message.usage_chunk()
        fits = fits_schema(asked.request, body)
        return Outcome(Reply.of(body), origin, None if usage is None else event(usage), fits=fits)

    async def _follow(self, flight: Flight[Outcome], request: Request) -> AsyncGenerator[bytes, None]:
        """A stream as it comes; one that breaks ends with the error, never in silence."""
        try:
            async for each in flight.events():
                yield each
            outcome = await flight.result()
        except SissError as error:
            self._metrics.broken_stream()
            yield event({"error": error_object(error)})
            return
        except Exception:  # noqa: BLE001 - whatever it was, the client is told that there is no more
            _log.exception("stream failed")
            yield event({"error": error_object(SissError(FAULT))})
            return
        if request.wants_usage and outcome.usage is not None:
            yield outcome.usage
        yield DONE

    async def _replay(self, request: Request, reply: Reply) -> AsyncGenerator[bytes, None]:
        for each in replay_events(request.endpoint, reply.body(), wants_usage=request.wants_usage):
            yield each

    async def _refresh(self, asked: Asked, ticket: Ticket) -> None:
        asked = replace(asked, deadline=asyncio.get_running_loop().time() + asked.route.timeout)
        with self.flights.board(ticket.key, partial(self._call, asked, ticket), streaming=False) as (flight, _):
            try:
                await flight.result()
            except GatewayError as error:
                _log.info("stale answer not refreshed", problem=error.message)

    def _in_background(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work, name="refresh")
        self._refreshing.add(task)
        task.add_done_callback(self._refreshing.discard)


@contextlib.contextmanager
def _writing() -> Iterator[None]:
    """What can be read need not be writable: JSON is read to 1,024 levels, and written to 254."""
    try:
        yield
    except orjson.JSONEncodeError as error:
        raise HostAnswerError(f"The model's host gave no usable answer: {error}") from error


@lru_cache(maxsize=1024)
def _fingerprint(identity: ModelIdentity) -> str:
    return identity.fingerprint
