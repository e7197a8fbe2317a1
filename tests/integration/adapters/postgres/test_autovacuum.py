"""The server's own upkeep steps behind."""

import asyncio
import os

import psycopg
import pytest

from siss.adapters.postgres.database import Database
from siss.adapters.postgres.embedded import autovacuum
from siss.adapters.postgres.embedded.autovacuum import autovacuum_behind


async def test_what_it_finds_steps_behind_while_it_looks(
    database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
):
    """A connection of a name stands for a worker, which comes when the server wants."""
    monkeypatch.setattr(autovacuum, "_WORKERS", b"SELECT pid FROM pg_stat_activity WHERE application_name = 'upkeep'")
    monkeypatch.setattr(autovacuum, "_LOOK_SECONDS", 0.01)
    connecting = psycopg.AsyncConnection.connect(database_url, application_name="upkeep")
    async with await connecting as worker, asyncio.timeout(60):
        process = worker.info.backend_pid
        before = os.getpriority(os.PRIO_PROCESS, process)
        async with autovacuum_behind(database, 0):
            await asyncio.sleep(0)
        assert os.getpriority(os.PRIO_PROCESS, process) == before
        async with autovacuum_behind(database, before + 3):
            while os.getpriority(os.PRIO_PROCESS, process) == before:
                await asyncio.sleep(0.01)
        assert os.getpriority(os.PRIO_PROCESS, process) == before + 3
