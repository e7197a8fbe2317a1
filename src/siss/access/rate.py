"""How often something may be done: the generic cell rate algorithm (ITU-T I.371, annex A).

Instead of a bucket that is filled, one number is kept: when it would be full again. A request moves it on by the time
that one request is worth, and is refused where that would lead further ahead than a whole bucket.
"""

import math
from collections.abc import MutableMapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether one more is ``allowed``.

    ``remaining``: how many more would be now; ``reset``: seconds until all are again; ``retry_after``: seconds until
    the next one is, 0 where this one was.
    """

    allowed: bool
    remaining: int
    reset: float
    retry_after: float


@dataclass(frozen=True, slots=True)
class Rate:
    """``burst`` at once, and one more every ``seconds / burst``."""

    burst: int
    seconds: float

    @property
    def spacing(self) -> float:
        """Seconds that one is worth."""
        return self.seconds / self.burst

    def take(self, full_at: float, now: float) -> tuple[Verdict, float]:
        """Ask for one. ``full_at``: when the bucket is full again, as the last answer said (any past time at first).

        Gives the verdict, and ``full_at`` from now on.
        """
        ahead = max(full_at - now, 0.0)
        after = ahead + self.spacing
        if after > self.seconds + 1e-9:
            return Verdict(allowed=False, remaining=0, reset=ahead, retry_after=after - self.seconds), full_at
        remaining = math.floor((self.seconds - after) / self.spacing + 1e-9)
        return Verdict(allowed=True, remaining=remaining, reset=after, retry_after=0.0), now + after


class Limiter:
    """Rates of many, by name. ``full_at`` forgets whom it likes: they have a full bucket then."""

    def __init__(self, full_at: MutableMapping[str, float]) -> None:
        self._full_at = full_at

    def take(self, name: str, rate: Rate, now: float) -> Verdict:
        """Ask for one more."""
        verdict, self._full_at[name] = rate.take(self._full_at.get(name, 0.0), now)
        return verdict

    def look(self, name: str, rate: Rate, now: float) -> Verdict:
        """What asking would give."""
        return rate.take(self._full_at.get(name, 0.0), now)[0]
