"""Micro-batches of embeddings: texts of many clients in one call, and one client's long list in several.

A text waits a few milliseconds at most for company. A batch stays inside of its host's physical batch, as far as
tokens can be told from bytes. Batches run side by side, as many as the model's hosts have slots: a list of ten
thousand texts waits here, not in the hosts' queues, where it would push everybody else out.
"""

import asyncio
import math
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import orjson

from siss.errors import DeadlineError, HostAnswerError, ModelUnavailableError
from siss.gateway.hosts.client import Refusal
from siss.gateway.hosts.pool import Call, Origin
from siss.gateway.hosts.slots import Slots

Send = Callable[[Call], Awaitable[tuple[dict[str, Any], Origin]]]

_BYTES_PER_TOKEN: Final = 3.0
"""On the safe side: English has four, code and logs about three."""

_QUIET_PASSES: Final = 3
"""Of the loop, without another text: what was ready to run has run, and what had arrived was read."""


@dataclass(frozen=True, slots=True)
class Limits:
    """``items``: texts in a call. ``tokens``: the host's physical batch. ``wait``: seconds for company.

    ``parallel``: calls at once. ``queue``: calls that may wait before further requests are refused.
    """

    items: int = 32
    tokens: int = 512
    wait: float = 0.005
    parallel: int = 4
    queue: int = 64


@dataclass(slots=True, eq=False)
class _Item:
    """One text (or its token ids) and who waits for its vector. ``owner``: the client's request."""

    given: Any
    tokens: int
    owner: int
    vector: "asyncio.Future[tuple[Any, Origin, float]]"


@dataclass(slots=True, eq=False)
class _Batch:
    """Texts that may share a call: all else in their requests is the same."""

    call: Call
    items: list[_Item] = field(default_factory=list)
    tokens: int = 0
    timer: asyncio.Handle | None = None


class EmbeddingBatcher:
    """``send`` puts one call to the pool. ``limits``: those of a model."""

    def __init__(self, send: Send, limits: Callable[[str], Limits]) -> None:
        self._send = send
        self._limits = limits
        self._open: dict[bytes, _Batch] = {}
        self._sending: set[asyncio.Task[None]] = set()
        self._turns: dict[str, Slots] = {}
        self._owners = 0

    async def embed(self, call: Call) -> tuple[dict[str, Any], Origin]:
        """The answer to one client's request, its vectors in the order of its inputs; raises as ``Pool.ask``."""
        limits = self._limits(call.models[0])
        if (turns := self._turns_of(call.models[0], limits)).waiting >= limits.queue:
            raise ModelUnavailableError(
                f"{call.models[0]}: {turns.waiting} batches of texts wait already", retry_after=1.0
            )
        inputs = split_input(call.body["input"])
        self._owners += 1
        loop = asyncio.get_running_loop()
        items = [_Item(given, estimate_tokens(given), self._owners, loop.create_future()) for given in inputs]
        rest = {name: value for name, value in call.body.items() if name not in {"input", "user"}}
        key = orjson.dumps([type(inputs[0]).__name__, list(call.models), rest], option=orjson.OPT_SORT_KEYS)
        for item in items:
            self._add(key, replace(call, body=rest), item, limits)
        try:
            async with asyncio.timeout_at(call.deadline + limits.wait):
                found = await asyncio.gather(*(item.vector for item in items))
        except TimeoutError as error:
            raise DeadlineError("The embedding host did not answer in time") from error
        finally:
            for item in items:
                item.vector.cancel()
        return _put_together(found), found[0][1]

    async def close(self) -> None:
        """Stop what is under way."""
        for task in list(self._sending):
            task.cancel()
        await asyncio.gather(*self._sending, return_exceptions=True)

    def _add(self, key: bytes, call: Call, item: _Item, limits: Limits) -> None:
        batch = self._open.get(key)
        if batch is not None and batch.tokens + item.tokens > limits.tokens:
            self._flush(key)
            batch = None
        if batch is None:
            batch = self._open[key] = _Batch(call)
            batch.timer = asyncio.get_running_loop().call_later(limits.wait, self._flush_when_quiet, key, batch)
        if call.deadline > batch.call.deadline:
            batch.call = call
        batch.items.append(item)
        batch.tokens += item.tokens
        if len(batch.items) >= limits.items:
            self._flush(key)

    def _flush_when_quiet(self, key: bytes, batch: _Batch, seen: int = 0, quiet: int = 0) -> None:
        """The time is up; but texts of requests that the loop has yet to get to cost nobody a wait."""
        if self._open.get(key) is not batch:
            return
        quiet = quiet + 1 if len(batch.items) == seen else 0
        if quiet < _QUIET_PASSES:
            loop = asyncio.get_running_loop()
            batch.timer = loop.call_soon(self._flush_when_quiet, key, batch, len(batch.items), quiet)
        else:
            self._flush(key)

    def _flush(self, key: bytes) -> None:
        batch = self._open.pop(key)
        if batch.timer is not None:
            batch.timer.cancel()
        task = asyncio.get_running_loop().create_task(self._run(batch.call, batch.items), name="embedding batch")
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)
        for item in batch.items:
            item.vector.add_done_callback(lambda _: _stop_if_left(task, batch.items))

    async def _run(self, call: Call, items: Sequence[_Item]) -> None:
        items = [item for item in items if not item.vector.done()]
        if not items:
            return
        try:
            answer, origin = await self._take_turn(
                replace(call, body={**call.body, "input": [i.given for i in items]})
            )
            vectors = _in_order(answer, len(items))
        except Refusal as refusal:
            owners = {item.owner for item in items}
            if len(owners) == 1:
                _fail(items, refusal)
            else:  # one client's bad text costs the others a call, not their answers
                parts = [[item for item in items if item.owner == owner] for owner in owners]
                await asyncio.gather(*(self._run(call, part) for part in parts))
        except Exception as error:  # noqa: BLE001 - whatever it was, each of those who wait is told
            _fail(items, error)
        else:
            spent = _spent(answer)
            total = sum(item.tokens for item in items)
            for item, vector in zip(items, vectors, strict=True):
                if not item.vector.done():
                    item.vector.set_result((vector, origin, spent * item.tokens / total))

    async def _take_turn(self, call: Call) -> tuple[dict[str, Any], Origin]:
        turns = self._turns[call.models[0]]
        await turns.acquire(call.deadline)
        try:
            return await self._send(call)
        finally:
            turns.release()

    def _turns_of(self, model: str, limits: Limits) -> Slots:
        turns = self._turns.get(model)
        if turns is None:
            turns = self._turns[model] = Slots(model, limits.parallel, sys.maxsize)
        elif turns.total != limits.parallel:  # a host has told how many slots it has
            turns.resize(limits.parallel)
        return turns


def split_input(given: Any) -> list[Any]:
    """The inputs of a request: texts, or lists of token ids."""
    if isinstance(given, str):
        return [given]
    return [given] if isinstance(given[0], int) else list(given)


def estimate_tokens(given: Any) -> int:
    """Tokens of an input, rather too many than too few."""
    return max(1, math.ceil(len(given.encode()) / _BYTES_PER_TOKEN) if isinstance(given, str) else len(given))


def _in_order(answer: Mapping[str, Any], expected: int) -> list[Any]:
    data = answer["data"]
    found: dict[Any, Any] = {}
    for place, item in enumerate(data):
        index = item.get("index", place)
        found[index if isinstance(index, int) else None] = item["embedding"]
    if len(data) != expected or set(found) != set(range(expected)):
        raise HostAnswerError(f"The model's host gave {len(data)} vectors for {expected} texts")
    return [found[index] for index in range(expected)]


def _spent(answer: Mapping[str, Any]) -> int:
    usage = answer.get("usage")
    spent = usage.get("prompt_tokens") if isinstance(usage, Mapping) else None
    return spent if isinstance(spent, int) else 0


def _put_together(found: Sequence[tuple[Any, Origin, float]]) -> dict[str, Any]:
    """One client's answer. Its share of a batch's tokens goes by the length of its texts."""
    spent = round(sum(share for _, _, share in found))
    return {
        "object": "list",
        "data": [
            {"object": "embedding", "index": index, "embedding": vector} for index, (vector, _, _) in enumerate(found)
        ],
        "usage": {"prompt_tokens": spent, "total_tokens": spent},
    }


def _fail(items: Sequence[_Item], error: Exception) -> None:
    for item in items:
        if not item.vector.done():
            item.vector.set_exception(error)
            item.vector.exception()  # one of a client's texts speaks for all of them


def _stop_if_left(task: "asyncio.Task[None]", items: Sequence[_Item]) -> None:
    if not task.done() and all(item.vector.cancelled() for item in items):
        task.cancel()
