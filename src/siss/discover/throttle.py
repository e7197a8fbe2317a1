"""A limit on bytes read a second, so that indexing leaves the NAS to its users."""

import time
from collections.abc import Callable


class TokenBucket:
    """Bytes become available at a steady rate; up to ``burst`` seconds' worth are saved up.

    A read may overdraw the account: the debt is what the next caller (or this one) waits for. So one read larger
    than a second's worth is slow afterwards and not impossible. Not shared between threads: each reading process
    has its own, with its share of the limit.
    """

    def __init__(self, rate: float, *, burst: float = 1.0, clock: Callable[[], float] = time.monotonic) -> None:
        """``rate``: bytes a second, 0 for no limit; ``burst``: seconds; ``clock``: monotonic seconds."""
        self._rate = rate
        self._capacity = rate * burst
        self._clock = clock
        self._available = self._capacity
        self._then = clock()

    def take(self, count: int) -> float:
        """Take ``count`` bytes and return how many seconds to wait before using them."""
        if self._rate <= 0:
            return 0.0
        now = self._clock()
        # A clock that stands or steps back earns nothing.
        earned = max(0.0, now - self._then) * self._rate
        self._then = now
        self._available = min(self._capacity, self._available + earned) - count
        return max(0.0, -self._available / self._rate)
