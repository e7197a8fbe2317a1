"""What indexing waits for: the wait that began first, since its first failure."""

import asyncio

import pytest

from siss.app.ingest import availability
from siss.app.ingest.availability import Waits
from siss.errors import DiskFullError, EngineUnavailableError, UnavailableError


async def test_a_wait_is_told_since_its_first_failure_until_it_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(availability, "RETRY_SECONDS", 0.0)
    waits = Waits()
    fails: list[UnavailableError] = [DiskFullError("2 MiB are free"), DiskFullError("3 MiB are free")]
    seen = []

    async def write() -> str:
        seen.append(waits.longest)
        if fails:
            raise fails.pop()
        return "written"

    assert waits.longest is None
    await waits.wait_to_retry("another", "something else waits", EngineUnavailableError("no answer"))
    another = waits.longest
    assert await waits.until_available(write) == "written"
    assert seen == [another] * 3, "the wait that began first is told"
    waits.over("another")
    assert waits.longest is None

    fails, seen[:] = [DiskFullError("2 MiB are free"), DiskFullError("3 MiB are free")], []
    await waits.until_available(write)
    before, first, second = seen
    assert before is None
    assert first is not None
    assert second is not None
    assert (first.reason, second.reason) == ("3 MiB are free", "2 MiB are free"), "as it was said last"
    assert first.since == second.since
    assert waits.longest is None


async def test_who_is_stopped_waits_for_nothing() -> None:
    waits = Waits()

    async def fail() -> None:
        raise DiskFullError("full")

    task = asyncio.create_task(waits.until_available(fail))
    while waits.longest is None:
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    assert waits.longest is None
