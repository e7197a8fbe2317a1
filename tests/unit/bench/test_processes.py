"""What the benchmarks tell of the memory of a process."""

import mmap
import os
from pathlib import Path

import psutil
import pytest

from bench.processes import footprint

SIZE = 8 << 20


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="only Linux tells them apart")
def test_shared_memory_is_held_and_told_apart():
    me = psutil.Process(os.getpid())
    before = footprint(me)
    with mmap.mmap(-1, SIZE) as shared:
        shared.write(b"x" * SIZE)
        after = footprint(me)
    assert after.shared - before.shared >= SIZE
    assert after.held >= after.shared
