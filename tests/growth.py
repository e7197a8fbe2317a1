"""Work that grows with its input and no faster: a ratio within one run, in which the pace of the machine has no say."""

import time
from collections.abc import Callable

TIMES = 8
LIMIT = 3 * TIMES  # what is quadratic takes TIMES² = 64 times as long, what is linear 8 times
ROUNDS = 5


def assert_linear(work: Callable[[int], object], size: int) -> None:
    """Calls `work` with an eighth of `size` and with `size`; AssertionError where the second costs over 24 times the first.

    Processor time of this thread is compared. Other work on the machine can spoil a round and not all of five.
    """
    assert size >= 2 * TIMES
    ratios = []
    for _ in range(ROUNDS):
        small = min(_measure(work, size // TIMES) for _ in range(3))
        ratios.append(_measure(work, size) / small)
        if ratios[-1] <= LIMIT:
            return
    rounded = [round(ratio) for ratio in ratios]
    raise AssertionError(f"{TIMES} times the input costs {rounded} times as much")


def _measure(work: Callable[[int], object], size: int) -> float:
    began = time.thread_time()
    work(size)
    return time.thread_time() - began
