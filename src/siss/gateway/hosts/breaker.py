"""The circuit breaker of a host (Nygard, "Release It!"): a host that keeps failing is left alone for a while."""

from collections.abc import Callable
from enum import StrEnum


class State(StrEnum):
    """``half-open``: one trial request is under way; it decides."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


class Breaker:
    """Opens after ``failures`` in a row, for ``seconds``; then one trial closes it, or opens it again.

    ``clock``: seconds, monotonic. A request that ``admit`` lets through has a pass, and says with it how it went: one
    of ``succeed``, ``fail``, ``abandon``. What was under way when the breaker opened tells nothing any more.
    """

    def __init__(self, failures: int, seconds: float, clock: Callable[[], float]) -> None:
        self._limit = failures
        self._seconds = seconds
        self._clock = clock
        self._failed = 0
        self._opened: float | None = None
        self._trial = False
        self._pass = 0
        self.openings = 0

    @property
    def state(self) -> State:
        """The state that a request would meet now."""
        if self._opened is None:
            return State.CLOSED
        return State.HALF_OPEN if self._trial else State.OPEN

    @property
    def retry_after(self) -> float:
        """Seconds until it lets a trial through; 0: now."""
        return 0.0 if self._opened is None else max(0.0, self._opened + self._seconds - self._clock())

    def admits(self) -> bool:
        """Whether ``admit`` would let a request through."""
        return self._opened is None or (not self._trial and self.retry_after == 0.0)

    def admit(self) -> int | None:
        """The pass of a request to the host, or None. After the pause one gets one, until it tells how it went."""
        if not self.admits():
            return None
        if self._opened is not None:
            self._trial = True
            self._pass += 1
        return self._pass

    def begin(self, number: int) -> None:
        """The host has begun to answer: that is enough of a trial, however long the answer takes."""
        if self._trial:
            self.succeed(number)

    def succeed(self, number: int) -> None:
        """The host answered."""
        if number == self._pass:
            self._failed = 0
            self._opened = None
            self._trial = False

    def fail(self, number: int) -> None:
        """The host did not answer, or not with an answer."""
        if number != self._pass:
            return
        self._failed += 1
        if self._trial or (self._opened is None and self._failed >= self._limit):
            self._opened = self._clock()
            self._pass += 1
            self.openings += 1
        self._trial = False

    def abandon(self, number: int) -> None:
        """The request was given up before it was known how it would go: another one may be the trial."""
        if number == self._pass:
            self._trial = False
