"""Maintenance on a real database and real files."""

import os
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from integration.app.pipeline import Faults, Pipeline
from siss.adapters.postgres.database import Database
from siss.adapters.postgres.records import maintenance
from siss.adapters.postgres.records.jobs import PostgresJobs
from siss.adapters.postgres.records.maintenance import PostgresMaintenance
from siss.app.maintenance.integrity import compare_hashes
from siss.model.coverage import Reason
from siss.model.job import JobKind, JobState
from siss.model.maintenance import Task, TaskRun
from siss.model.principal import LOCAL

NOW = datetime.now(UTC)


async def test_runs_are_kept_one_a_task(database: Database):
    store = PostgresMaintenance(database)
    assert await store.runs() == {}
    good = TaskRun(Task.JOBS, NOW, NOW + timedelta(seconds=2), NOW + timedelta(seconds=2), {"forgotten": 7})
    bad = TaskRun(Task.JOBS, NOW + timedelta(days=1), NOW + timedelta(days=1), None, {}, "no room")
    await store.record(good)
    assert await store.runs() == {Task.JOBS: good}
    await store.record(bad)
    kept = (await store.runs())[Task.JOBS]
    assert (kept.error, kept.started_at, kept.succeeded_at) == ("no room", bad.started_at, good.succeeded_at)
    await database.execute(b"INSERT INTO maintenance_runs SELECT 'of a later version', now(), now()")
    assert set(await store.runs()) == {Task.JOBS}


async def test_vacuum_analyses_every_table(database: Database):
    await database.execute(
        b"INSERT INTO cache SELECT sha256(n::text::bytea), '', now() FROM generate_series(1, 500) n"
    )
    vacuumed = await PostgresMaintenance(database).vacuum()
    assert vacuumed.tables >= 15
    assert vacuumed.bytes_before > 1_000_000 < vacuumed.bytes_after
    assert await database.row(b"SELECT reltuples FROM pg_class WHERE relname = 'cache'") == (500,)


async def test_vacuum_builds_anew_what_grew_too_large(database: Database, monkeypatch: pytest.MonkeyPatch):
    async def fill(count: int) -> None:
        await database.execute(
            b"INSERT INTO cache SELECT sha256(n::text::bytea), '', now() FROM"
            b" generate_series((SELECT count(*) FROM cache) + 1, (SELECT count(*) FROM cache) + %(count)s) n",
            {"count": count},
        )

    async def size() -> int:
        row = await database.row(b"SELECT pg_relation_size('cache_pkey')")
        assert row is not None
        return int(row[0])

    monkeypatch.setattr(maintenance, "SMALL", 400_000)
    store = PostgresMaintenance(database)
    await fill(20_000)
    grown = await size()
    assert (await store.vacuum()).indexes == 1
    built = await size()
    assert built < grown
    assert (await store.vacuum()).indexes == 0
    await database.execute(b"DELETE FROM cache WHERE get_byte(key_hash, 1) < 100")
    vacuumed = await store.vacuum()
    assert vacuumed.indexes == 1
    assert await size() < 0.7 * built
    assert vacuumed.bytes_after < vacuumed.bytes_before


async def test_a_rebuild_that_was_ended_leaves_nothing(database: Database):
    # As PostgreSQL leaves it: such an index is written to, and answers nobody.
    await database.execute(b"CREATE INDEX cache_pkey_ccnew ON cache (key_hash)")
    await database.execute(b"UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'cache_pkey_ccnew'::regclass")
    await PostgresMaintenance(database).vacuum()
    assert await database.row(b"SELECT to_regclass('cache_pkey_ccnew') IS NULL") == (True,)
    assert await database.row(b"SELECT to_regclass('cache_pkey') IS NOT NULL") == (True,)


async def test_jobs_that_ended_long_ago_are_forgotten(database: Database, jobs: PostgresJobs):
    ids: list[uuid.UUID] = []
    for state in (JobState.DONE, JobState.FAILED, JobState.CANCELLED, JobState.RUNNING, JobState.QUEUED):
        job = await jobs.submit(JobKind.SCAN, {}, "local")
        await jobs.update(job.id, state)
        ids.append(job.id)
    store = PostgresMaintenance(database)
    assert await store.forget_jobs(datetime.now(UTC) - timedelta(hours=1)) == 0
    assert await store.forget_jobs(datetime.now(UTC) + timedelta(hours=1)) == 3
    assert [await jobs.get(job_id) is not None for job_id in ids] == [False, False, False, True, True]


async def ledger(pipeline: Pipeline, path: Path) -> list[Reason]:
    file = await pipeline.catalog.file_by_path(str(path), LOCAL)
    assert file is not None
    return [gap.reason for gap in await pipeline.catalog.gaps(file)]


def rewrite(path: Path, content: bytes) -> None:
    """Without a trace in size and times."""
    stat = path.stat()
    with path.open("r+b") as file:
        file.write(content)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


async def test_bit_rot_is_found_told_and_taken_back(database: Database, tmp_path: Path):
    nas = tmp_path / "nas"
    nas.mkdir()
    (tmp_path / "state").mkdir()
    for name in ("a.txt", "b.txt", "c.txt"):
        (nas / name).write_text(f"what stands in {name}\n")
        os.utime(nas / name, (1_700_000_000, 1_700_000_000))
    (nas / "grows.log").write_text("2026-11-01T10:00:00Z INFO begun\n")
    pipeline = Pipeline(nas, tmp_path / "state", database, Faults())
    await pipeline.settle()
    store = PostgresMaintenance(database)

    async def scan(share: float = 1.0) -> dict[str, Any]:
        return dict(await compare_hashes(store, share, 0.0))

    found = await scan()
    assert found["intact"] >= 3
    assert found["damaged"] == found["unreadable"] == found["away"] == 0
    assert sum(value for name, value in (await scan(0.01)).items() if name in {"intact", "changed"}) == 1

    rewrite(nas / "b.txt", b"WHAT")
    found = await scan()
    assert (found["damaged"], found["damaged_paths"]) == (1, [str(nas / "b.txt")])
    assert await ledger(pipeline, nas / "b.txt") == [Reason.BIT_ROT]
    assert await ledger(pipeline, nas / "a.txt") == []
    assert (await pipeline.catalog.stats(LOCAL)).by_reason[Reason.BIT_ROT] == 1
    assert (await scan(0.001))["damaged"] == 1, "what is damaged is always looked at"
    page = await pipeline.snapshot()
    assert page["b.txt"][0] == "indexed", "what was indexed stays"

    rewrite(nas / "b.txt", b"what")
    assert (await scan(0.001))["damaged"] == 0
    assert await ledger(pipeline, nas / "b.txt") == []

    rewrite(nas / "b.txt", b"WHAT")
    await scan()
    (nas / "b.txt").write_text("somebody writes it anew\n")
    assert (await scan())["damaged"] == 0, "a change that no scan has seen yet"
    await pipeline.settle()
    assert await ledger(pipeline, nas / "b.txt") == []

    await database.execute(b"UPDATE roots SET state = 'away'")
    assert (await scan())["intact"] == 0
