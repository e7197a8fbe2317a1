"""Writing beside the requests, reading by pages, moving into files."""

import asyncio
import io
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
import zstandard

from siss.adapters.memory.audit import MemoryAuditLog
from siss.app import audit
from siss.app.audit import AuditWriter, read_audit, rotate_audit
from siss.errors import DatabaseUnavailableError, ForbiddenError, InvalidRequestError
from siss.model.audit import AuditEntry, AuditFilter
from siss.model.ids import new_public_id
from siss.model.principal import LOCAL, Principal, Role

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def entry(number: int = 0) -> AuditEntry:
    return AuditEntry(
        new_public_id(), NOW + timedelta(days=number), "key:a", "search", "search", details={"n": number}
    )


class Away(MemoryAuditLog):
    away = True

    async def append(self, entries: Sequence[AuditEntry]) -> None:
        if self.away:
            raise DatabaseUnavailableError("away")
        await super().append(entries)


async def test_entries_are_written_soon_and_at_the_end():
    log = MemoryAuditLog()
    async with AuditWriter(log, batch_seconds=0.001).running() as writer:
        first, last = entry(1), entry(2)
        writer.note(first)
        async with asyncio.timeout(60):
            while not await log.oldest(AuditFilter(), 1):
                await asyncio.sleep(0)
        writer.note(last)
    assert list(await log.oldest(AuditFilter(), 10)) == [first, last]


async def test_a_database_that_is_away_loses_nothing(monkeypatch: pytest.MonkeyPatch):
    log, made = Away(), [entry(number) for number in range(5)]
    writer = AuditWriter(log)
    for one in made:
        writer.note(one)
    await writer.flush()
    await writer.flush()
    log.away = False
    await writer.flush()
    assert list(await log.oldest(AuditFilter(), 10)) == made
    monkeypatch.setattr(audit, "MOST_WAITING", 3)
    log.away = True
    late = [entry(number) for number in range(10, 15)]
    for one in late:
        writer.note(one)
    log.away = False
    await writer.flush()
    assert list(await log.oldest(AuditFilter(since=late[0].at), 10)) == late[2:]


async def test_what_was_asked_is_redacted_as_a_question():
    log = MemoryAuditLog()
    writer = AuditWriter(log, lambda text: text.replace("a", "-"), lambda text: text.replace("a", "?"))
    details = {"query": "abc", "parameters": "q=a", "path": "/a", "paths": ["a"]}
    writer.note(msgspec.structs.replace(entry(), details=details))
    await writer.flush()
    (kept,) = await log.oldest(AuditFilter(), 10)
    assert kept.details == {"query": "?bc", "parameters": "q=?", "path": "/-", "paths": ["-"]}


async def test_pages_hold_everything_once():
    log, made = MemoryAuditLog(), [entry(number) for number in range(7)]
    await log.append(made)
    seen: list[AuditEntry] = []
    cursor = None
    while True:
        page = await read_audit(log, LOCAL, AuditFilter(), cursor, 3)
        seen += page.items
        cursor = page.cursor
        if cursor is None:
            break
        with pytest.raises(InvalidRequestError):
            await read_audit(log, LOCAL, AuditFilter(action="download"), cursor, 3)
    assert seen == made[::-1]


@pytest.mark.parametrize("who", [Principal("r", Role.EDITOR), Principal("a", Role.ADMIN, ("/nas",))])
async def test_only_an_admin_of_everything_reads(who: Principal):
    with pytest.raises(ForbiddenError):
        await read_audit(MemoryAuditLog(), who, AuditFilter(), None, 3)


async def test_old_entries_move_into_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(audit, "_ROTATED_AT_ONCE", 3)
    log, made = MemoryAuditLog(), [entry(number) for number in range(10)]
    await log.append(made)
    assert await rotate_audit(log, tmp_path / "audit", made[7].at) == 7
    assert list(await log.oldest(AuditFilter(), 100)) == made[7:]
    assert read_back(tmp_path / "audit") == made[:7]


async def test_a_killed_rotation_is_done_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    log, made = MemoryAuditLog(), [entry(number) for number in range(5)]
    await log.append(made)

    async def killed(_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(log, "forget", killed)
        with pytest.raises(KeyboardInterrupt):
            await rotate_audit(log, tmp_path, NOW + timedelta(days=3))
    assert await rotate_audit(log, tmp_path, NOW + timedelta(days=5)) == 5
    assert read_back(tmp_path) == made


def read_back(folder: Path) -> list[AuditEntry]:
    found = []
    for file in sorted(folder.iterdir()):
        assert file.name.startswith("audit-2026-11-")
        with zstandard.ZstdDecompressor().stream_reader(io.BytesIO(file.read_bytes())) as stream:
            found += [msgspec.json.decode(line, type=AuditEntry) for line in stream.read().splitlines()]
    return sorted(found, key=lambda one: one.id)
