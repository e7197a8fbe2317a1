"""Memory that is given back to the system."""

import ctypes
import platform
from pathlib import Path

import pytest

from siss import memory
from siss.memory import PAUSE_SECONDS, GiveBack


class Clock:
    now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(memory, "time", clock)
    return clock


def test_it_is_given_back_now_and_then(clock: Clock) -> None:
    give_back = GiveBack()
    assert not give_back()
    clock.now += PAUSE_SECONDS
    assert give_back()
    assert not give_back()


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other libraries give back by themselves, or cannot")
def test_what_was_freed_leaves_the_process(clock: Clock) -> None:
    """Blocks below the size that is mapped apart stay in the heap while something above them is used."""
    library = ctypes.CDLL(None)
    library.malloc.restype = ctypes.c_void_p
    library.free.argtypes = [ctypes.c_void_p]
    blocks = [library.malloc(100_000) for _ in range(1000)]
    for block in blocks:
        ctypes.memset(block, 1, 100_000)
    keep = blocks.pop()
    for block in blocks:
        library.free(block)
    before = _resident()
    give_back = GiveBack()
    clock.now += PAUSE_SECONDS
    assert give_back()
    assert _resident() < before - 50_000_000
    library.free(keep)


def _resident() -> int:
    pages = Path("/proc/self/statm").read_text().split()[1]
    return int(pages) * 4096
