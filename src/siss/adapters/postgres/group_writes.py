"""Writes that several tasks wait for share a transaction: whoever comes while one goes on is in the next.

Transactions that want the same lock follow one another, each with its own statements and its own wait for the disk,
so that who comes as the tenth waits for nine. Together they wait for two: the one that goes on, and their own.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from siss.errors import SissError

Item = TypeVar("Item")

MOST: Final = 64
"""Items of one transaction."""


@dataclass(slots=True, eq=False)
class _Entry(Generic[Item]):
    """``alone``: in a transaction of its own, because one with others was refused."""

    item: Item
    written: asyncio.Future[None]
    alone: bool = False


class GroupWrites(Generic[Item]):
    """Writes of one event loop, in the order in which they were asked for.

    ``write``: writes items in one transaction, all or none; ``fit``: whether two may be in the same.
    """

    def __init__(self, write: Callable[[Sequence[Item]], Awaitable[None]], fit: Callable[[Item, Item], bool]) -> None:
        self._write = write
        self._fit = fit
        self._waiting: list[_Entry[Item]] = []
        self._group: list[_Entry[Item]] = []
        self._transaction: asyncio.Task[None] | None = None
        self._work: asyncio.Task[None] | None = None

    async def add(self, item: Item) -> None:
        """Have it written, and wait for that. Raises what ``write`` raises for it; cancelled, nothing is written."""
        entry = _Entry(item, asyncio.get_running_loop().create_future())
        self._waiting.append(entry)
        if self._work is None or self._work.done():
            self._work = asyncio.create_task(self._write_waiting(), name="group writes")
        try:
            await entry.written
        except asyncio.CancelledError:
            await self._give_up(entry)
            raise

    async def _give_up(self, entry: _Entry[Item]) -> None:
        if entry in self._waiting:
            self._waiting.remove(entry)
        elif entry in self._group and self._transaction is not None:
            self._transaction.cancel()  # the others of it are written anew
            await asyncio.wait([self._transaction])

    async def _write_waiting(self) -> None:
        while self._waiting:
            self._group = self._next_group()
            self._transaction = asyncio.create_task(self._write_group(), name="group write")
            await asyncio.wait([self._transaction])
            self._tell(self._group, self._transaction)
            self._group, self._transaction = [], None

    async def _write_group(self) -> None:
        await self._write([entry.item for entry in self._group])

    def _next_group(self) -> list[_Entry[Item]]:
        group: list[_Entry[Item]] = []
        for entry in self._waiting:
            if len(group) == MOST or (entry.alone and group):
                break
            if all(self._fit(entry.item, other.item) for other in group):
                group.append(entry)
            if entry.alone:
                break
        taken = set(map(id, group))
        self._waiting = [entry for entry in self._waiting if id(entry) not in taken]
        return group

    def _tell(self, group: Sequence[_Entry[Item]], transaction: "asyncio.Task[None]") -> None:
        """What became of a group, to all who still want to know."""
        left = [entry for entry in group if not entry.written.done()]
        error = None if transaction.cancelled() else transaction.exception()
        if transaction.cancelled():
            self._waiting[:0] = left
        elif error is None:
            for entry in left:
                entry.written.set_result(None)
        elif len(group) > 1 and not (isinstance(error, SissError) and error.kind.retry):
            # One of them is to blame, and none of the others is to suffer for it.
            for entry in left:
                entry.alone = True
            self._waiting[:0] = left
        else:
            for entry in left:
                entry.written.set_exception(error)
