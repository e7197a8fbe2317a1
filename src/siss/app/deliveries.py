"""Telling webhooks what happened: matching events, signing, sending, trying again.

What is to be sent and how far events were looked at is one transaction, so nothing is lost or made twice over a
restart; what was sent and not noted is sent again, under the same id. Signed as standardwebhooks.com says.
"""

import asyncio
import base64
import hashlib
import hmac
import random
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final

import orjson

from siss.app.events import describe_event, tell
from siss.app.search.ask import search
from siss.app.searches import compile_saved
from siss.app.services import Services
from siss.errors import ForbiddenError, RequestError, UnavailableError
from siss.logs import get_logger
from siss.model.event import Event, EventKind
from siss.model.principal import LOCAL, Principal
from siss.model.query import And, Field, Match, Or
from siss.model.webhook import Delivery, Webhook, WebhookState
from siss.ports.keys import Keys
from siss.traces.span import span

EVENTS_EACH: Final = 100
"""Events in one delivery."""
AT_ONCE: Final = 64
"""More than one principal may have (``siss.app.webhooks``): their slow receivers delay nobody else's."""
MOST_ATTEMPTS: Final = 12
FIRST_PAUSE: Final = 5.0
LONGEST_PAUSE: Final = 6 * 3600.0
LEASE_SECONDS: Final = 60.0
"""After so long a delivery that a process began and did not end is sent again."""
LOOK_SECONDS: Final = 1.0
"""How often it is looked for what is due, and for an engine that is behind: neither rings a bell."""
KEEP_SECONDS: Final = 7 * 86_400.0
GONE: Final = 410

_log = get_logger(__name__)


async def deliver_events(services: Services, keys: Keys) -> None:
    """Tell webhooks until cancelled. For one process: the owner of the state folder."""
    forgotten = 0.0
    async with asyncio.TaskGroup() as tasks:
        sending = Sending(services, tasks)
        while True:
            until = time.monotonic() + LOOK_SECONDS
            try:
                for webhook in await services.webhooks.active():
                    await match_webhook(services, keys, webhook)
                if time.monotonic() - forgotten > 3600:
                    await services.webhooks.forget(KEEP_SECONDS)
                    forgotten = time.monotonic()
                while await sending.begin() and time.monotonic() < until:
                    await sending.wait(until - time.monotonic())
            except UnavailableError as error:
                _log.warning("webhooks wait", error=str(error))
            await asyncio.sleep(until - time.monotonic())


async def match_webhook(services: Services, keys: Keys, webhook: Webhook) -> None:
    """Queue what happened since a webhook was last told. Several events make one delivery."""
    principal = await _present(services, keys, webhook)
    if principal is None:
        return
    while True:
        first, _ = await services.events.bounds()
        lost = max(0, first - 1 - webhook.matched) if first else 0
        page = await services.events.page(webhook.where, webhook.matched, EVENTS_EACH, principal)
        if page.reached == webhook.matched:
            return
        events = [told for event in page.events if (told := tell(event, principal, webhook.where)) is not None]
        files: set[int] = set()
        named: dict[str, Any] | None = None
        if webhook.search_id is not None:
            if page.events and not await services.outbox.settled(page.events[-1].outbox_id):
                return  # the engine is behind: a little later
            events, named = await _matching(services, principal, webhook, events)
            files = {event.file_id for event in events}
        body = (
            _body(services, principal, webhook, events, lost, named)
            if events or (lost and webhook.search_id is None)
            else None
        )
        if not await services.webhooks.queue(webhook, page.reached, body, files):
            return
        webhook = replace(webhook, matched=page.reached)


async def _present(services: Services, keys: Keys, webhook: Webhook) -> Principal | None:
    """Who is told, as they may see now; None (and the webhook ends) where their key may not be used any more."""
    who = webhook.principal
    kind, _, ident = who.subject.partition(":")
    if kind != "key":
        return who if who.subject == LOCAL.subject else None
    key = await keys.get(ident)
    refusal = "is gone" if key is None else key.refusal(datetime.now(UTC))
    if key is None or refusal is not None:
        await services.webhooks.set_state(webhook.id, WebhookState.FAILING, f"the key of who made it {refusal}")
        return None
    return replace(who, role=key.role, scopes=key.scopes, raw=key.raw)


async def _matching(
    services: Services, principal: Principal, webhook: Webhook, events: Sequence[Event]
) -> tuple[list[Event], dict[str, Any]]:
    """The events of files that match the webhook's search now, and that it was not told of before."""
    assert webhook.search_id is not None
    saved = await services.searches.get(webhook.search_id)
    latest = {event.file_id: event for event in events if event.kind is not EventKind.REMOVED}
    told = await services.webhooks.told(webhook.id, list(latest))
    asked = {ident: event for ident, event in latest.items() if ident not in told}
    if saved is None or not asked:
        return [], {}
    named = {"id": str(saved.id), "name": saved.name}
    query = compile_saved(saved.query)
    these = Or(tuple(Match(Field.ID, str(event.public_id)) for event in asked.values()))
    where = these if query.where is None else And((query.where, these))
    try:
        answer = await search(
            services, principal, replace(query, where=where, size=len(asked), facets=(), highlight=False)
        )
    except RequestError as error:
        _log.warning("a saved search cannot be asked any more", search=str(saved.id), error=error.message)
        return [], named
    # What matches only in a relaxed form is near the question, and not what somebody wants to be told.
    hits = [hit for hit in answer.hits if not hit.relaxed]
    paths = {hit.file.shown for hit in hits} | {path for hit in hits for path in hit.other_paths}
    return [event for event in asked.values() if event.shown in paths], named


def _body(
    services: Services,
    principal: Principal,
    webhook: Webhook,
    events: Sequence[Event],
    lost: int,
    named: dict[str, Any] | None,
) -> bytes:
    name = partial(services.event_ids.name, principal)
    kind = "files.changed" if named is None else "search.matched"
    body: dict[str, Any] = {
        "type": kind,
        "timestamp": datetime.now(UTC),
        "webhook": str(webhook.id),
        "lost": lost if principal.scopes is None else min(lost, 1),  # how many were others' is not told
        "events": [{"number": name(event.seq), **describe_event(event)} for event in events],
    }
    if named is not None:
        body["search"] = named
    return orjson.dumps(body)


class Sending:
    """Deliveries under way: one of a webhook, so that each is told in order, and no receiver waits for another's."""

    def __init__(self, services: Services, tasks: asyncio.TaskGroup) -> None:
        self._services = services
        self._tasks = tasks
        self._running: set[asyncio.Task[None]] = set()

    async def begin(self) -> bool:
        """Begin to send what is due. Whether anything is under way."""
        if (free := AT_ONCE - len(self._running)) > 0:
            for delivery, webhook in await self._services.webhooks.claim(free, LEASE_SECONDS, LONGEST_PAUSE):
                task = self._tasks.create_task(self._try(delivery, webhook), name=f"delivery {delivery.id}")
                self._running.add(task)
                task.add_done_callback(self._running.discard)
        return bool(self._running)

    async def wait(self, seconds: float) -> None:
        """Until one of them ended, or so long."""
        await asyncio.wait(self._running, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)

    async def _try(self, delivery: Delivery, webhook: Webhook) -> None:
        try:
            await _send(self._services, delivery, webhook)
        except UnavailableError as error:
            _log.warning("webhooks wait", error=str(error))  # what came of it is not noted: it is sent again


async def _send(services: Services, delivery: Delivery, webhook: Webhook) -> None:
    status, error = await _try(services, delivery, webhook)
    if error is None:
        await services.webhooks.record(delivery.id, status=status, error=None, next_at=None)
        return
    if delivery.attempts < MOST_ATTEMPTS and status != GONE:
        next_at = datetime.now(UTC) + timedelta(seconds=pause_after(delivery.attempts))
        await services.webhooks.record(delivery.id, status=status, error=error, next_at=next_at)
        return
    await services.webhooks.record(delivery.id, status=status, error=error, next_at=None)
    await services.webhooks.set_state(webhook.id, WebhookState.FAILING, error)
    _log.warning("a webhook is given up", webhook=str(webhook.id), error=error)


async def _try(services: Services, delivery: Delivery, webhook: Webhook) -> tuple[int | None, str | None]:
    """The status of the answer, where there was one, and what was wrong."""
    with span("webhook delivery", "client") as seen:
        seen.set("siss.webhook", str(webhook.id))
        seen.set("siss.attempt", delivery.attempts)
        try:
            status = await services.sender.send(webhook.url, delivery.body, sign(webhook, delivery, int(time.time())))
        except (UnavailableError, ForbiddenError, RequestError) as failure:
            seen.fail(failure.kind.code)
            return None, failure.message
        seen.set("http.response.status_code", status)
        if 200 <= status < 300:
            return status, None
        seen.fail(str(status))
        return status, f"the answer was {status}"


def pause_after(attempts: int) -> float:
    """Seconds until the next attempt: twice as long each time, and never all at once."""
    longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** (attempts - 1))
    return longest * random.uniform(0.5, 1.0)  # noqa: S311 - no secret


def sign(webhook: Webhook, delivery: Delivery, now: int) -> dict[str, str]:
    """The headers by which a receiver knows who sent it, and that it was not sent before."""
    signed = b".".join((str(delivery.id).encode(), str(now).encode(), delivery.body))
    digest = hmac.new(webhook.secret, signed, hashlib.sha256).digest()
    return {
        "webhook-id": str(delivery.id),
        "webhook-timestamp": str(now),
        "webhook-signature": "v1," + base64.b64encode(digest).decode(),
    }
