"""A host's slots: so many requests at once, a bounded queue before them, first come, first served."""

import asyncio
from collections import deque

from siss.errors import DeadlineError, ModelUnavailableError


class Slots:
    """``total``: requests at once. ``most_waiting``: length of the queue; beyond it, requests are refused."""

    def __init__(self, name: str, total: int, most_waiting: int) -> None:
        self._name = name
        self.total = total
        self.busy = 0
        self._most_waiting = most_waiting
        self._waiting: deque[asyncio.Future[None]] = deque()

    @property
    def waiting(self) -> int:
        """Requests in the queue."""
        return len(self._waiting)

    @property
    def load(self) -> float:
        """Requests there are, as a share of the slots."""
        return (self.busy + len(self._waiting)) / self.total

    async def acquire(self, deadline: float) -> None:
        """Wait for a slot until ``deadline`` (the loop's time).

        Raises ``ModelUnavailableError`` where the queue is full, ``DeadlineError`` where it took too long.
        """
        if self.busy < self.total and not self._waiting:
            self.busy += 1
            return
        if len(self._waiting) >= self._most_waiting:
            raise ModelUnavailableError(
                f"{self._name}: {self.busy} requests are running and {self.waiting} wait already", retry_after=1.0
            )
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            async with asyncio.timeout_at(deadline):
                await turn
        except BaseException as error:
            if turn.done() and not turn.cancelled():
                self.release()  # the slot came at the very moment that nobody waited any more
            elif turn in self._waiting:
                self._waiting.remove(turn)
            if isinstance(error, TimeoutError):
                raise DeadlineError(f"{self._name}: no slot became free in time") from error
            raise

    def release(self) -> None:
        """Give a slot back; who waits longest has it at once."""
        self.busy -= 1
        self._hand_out()

    def resize(self, total: int) -> None:
        """The host has another number of slots now; what runs goes on."""
        self.total = max(1, total)
        self._hand_out()

    def _hand_out(self) -> None:
        while self._waiting and self.busy < self.total:
            turn = self._waiting.popleft()
            if not turn.done():
                self.busy += 1
                turn.set_result(None)
