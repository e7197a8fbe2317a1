"""A page of PostgreSQL's files cannot be read: commands end and say so, and a service answers what it can."""

import asyncio
import json
import signal
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from integration.api.conftest import WAIT_SECONDS, Installation, wait_for
from integration.damaged import damage
from siss.adapters.postgres.embedded.server import EmbeddedServer
from siss.cli.backend import _beside, open_backend
from siss.cli.operate import _code
from siss.client import calls
from siss.errors import DatabaseDamagedError
from siss.settings import Settings


async def _verify(settings: Settings) -> dict[str, object]:
    async with asyncio.timeout(WAIT_SECONDS), open_backend(settings, indexing=True) as backend:
        return await backend.wait_for_job(await backend.ask(calls.post_verify({"repair": True})))


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    nas = tmp_path / "nas"
    nas.mkdir()
    (nas / "a.txt").write_text("some words\n")
    return Settings(
        data_dir=tmp_path / "state",
        roots=(nas,),
        database_url=SecretStr(database_url),
        index_workers=1,
        nice=0,
        settle_seconds=0.0,
    )


async def test_a_table_that_only_verifying_reads(
    postgres_server: EmbeddedServer, database_url: str, settings: Settings
) -> None:
    await damage(postgres_server, database_url, "text_blocks_pkey")
    settings = settings.model_copy(update={"roots": (settings.roots[0].parent / "empty",)})
    settings.roots[0].mkdir()
    job = await _verify(settings)
    assert (job["state"], job["result"]) == ("failed", {"code": "DATABASE_DAMAGED"})
    assert "the index text_blocks_pkey of the table text_blocks cannot be read" in str(job["error"])
    assert _code(job) == 8


async def test_a_table_that_indexing_needs(
    postgres_server: EmbeddedServer, database_url: str, settings: Settings
) -> None:
    await damage(postgres_server, database_url, "files")
    with pytest.raises(DatabaseDamagedError, match="the table files cannot be read"):
        await _verify(settings)


async def test_a_command_does_not_wait_for_indexing_that_ended() -> None:
    async def index() -> None:
        raise DatabaseDamagedError("the database is damaged")

    async def ask() -> None:
        async with _beside(index()):
            await asyncio.sleep(WAIT_SECONDS)
            pytest.fail("it waited")

    with pytest.raises(DatabaseDamagedError):
        await ask()


async def test_a_service_answers_what_it_can(postgres_server: EmbeddedServer, own_installation: Installation) -> None:
    await damage(postgres_server, own_installation.environment["SISS_DATABASE_URL"], "event_inbox_pkey")
    announced = own_installation.state / "owner.json"
    process = own_installation.start("serve", str(own_installation.corpus))
    try:
        wait_for(lambda: announced.exists() and b"http" in announced.read_bytes(), process)
        told = await asyncio.to_thread(own_installation.run, "verify", "--json")
        assert told.returncode == 8, told.stderr
        assert "the table event_inbox cannot be read" in json.loads(told.stdout)["error"]
        url = json.loads(announced.read_bytes())["address"]
        assert httpx.get(f"{url}/api/v1/search", params={"q": "disk"}, timeout=WAIT_SECONDS).status_code == 200
        ready = httpx.get(f"{url}/readyz", params={"verbose": True}, timeout=WAIT_SECONDS)
        assert (ready.status_code, ready.json()["status"]) == (200, "degraded")
        told_of = {part["name"]: part["detail"] for part in ready.json()["components"]}
        assert "the table event_inbox cannot be read" in told_of["indexing"]
        assert told_of["pages"] == told_of["indexing"]
        told = await asyncio.to_thread(own_installation.run, "doctor")
        assert "event_inbox" in told.stdout, "and so does who asks by command"
        assert process.poll() is None
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(WAIT_SECONDS) == 0
