"""A worker that runs only where nobody else of ours wants a processor, as long as that leaves it something.

How nice a process is says how much of a processor it gets, not how soon another one gets it back: on Linux 6.18 a
thread that answers waited longer for processors than it used them, beside two nice workers. What is idle gives way
at once. But it may get nothing at all where others never rest, so its share is looked at: one that starves comes
forward for a while, and is nice only.
"""

import time
from typing import Final

from siss.priority import run_as_others, run_when_idle, waits_of

LOOK_SECONDS: Final = 2.0
"""How long a worker is watched before its share says something."""

LEAST_SHARE: Final = 0.05
"""Of the time in which a worker could have run, what it must have had."""

FORWARD_SECONDS: Final = 60.0
"""How long one that starved is nice only."""


class Background:
    """The rule for one worker, and for its successors. Where the system has no such thing, nothing happens."""

    def __init__(self) -> None:
        self._process: int | None = None
        self._aside = False
        self._forward_until = 0.0
        self._seen = (0, 0)
        self._seen_at = 0.0

    def begin(self, process: int) -> None:
        """A worker began."""
        self._process, self._aside = process, False
        self.step_aside()

    def step_aside(self) -> None:
        """The worker has done something: it may run when others do not, unless it starved lately."""
        if self._process is None or self._aside or time.monotonic() < self._forward_until:
            return
        waits = waits_of(self._process)
        if waits is not None and run_when_idle(self._process):
            self._aside, self._seen, self._seen_at = True, waits, time.monotonic()

    def starves(self) -> bool:
        """Whether the worker, which has something to do, wanted to run lately and hardly could. Asked often."""
        now = time.monotonic()
        if self._process is None or not self._aside or now - self._seen_at < LOOK_SECONDS:
            return False
        waits = waits_of(self._process)
        if waits is None:
            return False
        ran, waited = waits[0] - self._seen[0], waits[1] - self._seen[1]
        wanted, passed = ran + waited, (now - self._seen_at) * 1e9
        self._seen, self._seen_at = waits, now
        return wanted > passed / 2 and ran < LEAST_SHARE * wanted

    def come_forward(self) -> bool:
        """From now on the worker is nice only. False where the system grants that to a successor, not to it."""
        assert self._process is not None
        self._forward_until = time.monotonic() + FORWARD_SECONDS
        self._aside = False
        return run_as_others(self._process)
