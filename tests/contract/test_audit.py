"""What any audit log keeps: the process's own and the table."""

from datetime import UTC, datetime, timedelta

import pytest

from siss.adapters.memory.audit import MemoryAuditLog
from siss.adapters.postgres.records.audit import PostgresAuditLog
from siss.model.audit import AuditEntry, AuditFilter
from siss.model.ids import new_public_id
from siss.ports.audit import AuditLog

NOW = datetime(2026, 11, 21, 10, 0, 0, 123000, tzinfo=UTC)


@pytest.fixture(params=["memory", "postgres"])
def log(request: pytest.FixtureRequest) -> AuditLog:
    if request.param == "memory":
        return MemoryAuditLog()
    return PostgresAuditLog(request.getfixturevalue("database"))


def entries(count: int) -> list[AuditEntry]:
    return [
        AuditEntry(
            new_public_id(),
            NOW + timedelta(minutes=number),
            f"key:{number % 2}",
            "search" if number % 3 else "download",
            "file",
            new_public_id() if number % 3 == 0 else None,
            200,
            number,
            "10.0.0.1",
            4.09,
            {"query": "grüße", "n": [number]},
        )
        for number in range(count)
    ]


async def test_entries_come_back_latest_first(log: AuditLog):
    made = entries(10)
    await log.append(made)
    await log.append(made[:3])  # again: an answer that was lost
    await log.append([])
    assert list(await log.latest(AuditFilter(), None, 100)) == made[::-1]
    assert list(await log.latest(AuditFilter(), made[5].id, 2)) == [made[4], made[3]]
    assert list(await log.oldest(AuditFilter(), 2)) == made[:2]


async def test_filters(log: AuditLog):
    made = entries(12)
    await log.append(made)

    async def found(where: AuditFilter) -> list[AuditEntry]:
        return list(await log.oldest(where, 100))

    assert await found(AuditFilter(subject="key:1")) == made[1::2]
    assert await found(AuditFilter(action="download")) == made[::3]
    assert await found(AuditFilter(resource_id=made[3].resource_id)) == [made[3]]
    assert await found(AuditFilter(since=made[4].at, until=made[7].at)) == made[4:7]
    assert await found(AuditFilter(subject="nobody")) == []


async def test_what_was_moved_is_forgotten(log: AuditLog):
    made = entries(4)
    await log.append(made)
    await log.forget([made[0].id, made[1].id])
    assert list(await log.oldest(AuditFilter(), 100)) == made[2:]


async def test_text_that_no_table_holds_is_kept_readable(log: AuditLog):
    odd = AuditEntry(new_public_id(), NOW, "a\0b", "search", "file", details={"query": "x\0y \ud800", "\0": 1})
    await log.append([odd])
    (found,) = await log.latest(AuditFilter(), None, 10)
    assert found.id == odd.id
    assert found.details["query"].startswith("x")
