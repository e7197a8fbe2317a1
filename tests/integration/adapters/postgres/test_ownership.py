"""Two that index into one database: the second is told who the first is."""

import asyncio
import socket

import psycopg
import pytest
from structlog.testing import capture_logs

from siss.adapters.postgres import ownership
from siss.adapters.postgres.ownership import own_database
from siss.errors import StateLockedError

_KILL_OTHERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND application_name LIKE 'siss owner%'"
)


async def test_the_second_is_told_who_owns_the_database(database_url: str):
    async with own_database(database_url):
        with pytest.raises(StateLockedError, match=f"siss owner on {socket.gethostname()}"):
            async with own_database(database_url, patience=0.0):
                pass
    async with own_database(database_url, patience=60.0):  # the server sees a moment later that the first has gone
        pass


async def test_the_lock_of_one_that_just_ended_is_waited_for(database_url: str):
    async with own_database(database_url):
        second = own_database(database_url)
        waiting = asyncio.create_task(second.__aenter__())
        await asyncio.sleep(0)
    await waiting
    await second.__aexit__(None, None, None)


async def test_it_is_taken_again_after_the_connection_broke(database_url: str, monkeypatch):
    monkeypatch.setattr(ownership, "_LOOK_SECONDS", 0.01)
    async with (
        own_database(database_url),
        await psycopg.AsyncConnection.connect(database_url, autocommit=True) as own,
    ):
        before = await _owners(own)
        await own.execute(_KILL_OTHERS)
        async with asyncio.timeout(60):
            while not (now := await _owners(own)) or now == before:
                await asyncio.sleep(0.01)
        with pytest.raises(StateLockedError):
            async with own_database(database_url, patience=0.0):
                pass


async def test_nobody_is_accused_while_the_server_still_holds_the_broken_connection(database_url: str, monkeypatch):
    """The lock outlives its connection by a moment; that it is not free at once does not mean that another has it."""
    answers = [True, False, True]
    taken = asyncio.Event()

    async def try_lock(_connection: psycopg.AsyncConnection) -> bool:
        answer = answers.pop(0)
        if not answers:
            taken.set()
        return answer

    monkeypatch.setattr(ownership, "_LOOK_SECONDS", 0.01)
    monkeypatch.setattr(ownership, "_try_lock", try_lock)
    with capture_logs() as logs:
        async with (
            own_database(database_url),
            await psycopg.AsyncConnection.connect(database_url, autocommit=True) as own,
        ):
            await own.execute(_KILL_OTHERS)
            async with asyncio.timeout(60):
                await taken.wait()
    assert not logs


async def _owners(connection: psycopg.AsyncConnection) -> list[int]:
    cursor = await connection.execute(
        ownership._HOLDER.replace(b"a.application_name", b"a.pid"), {"number": ownership._LOCK}
    )
    return [row[0] for row in await cursor.fetchall()]
