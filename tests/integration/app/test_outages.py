"""What it needs goes away in the middle: the right answers meanwhile, nothing half done, and it goes on by itself."""

import asyncio
import contextlib
import errno
import os
import tempfile
import threading
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from integration.app.outages import Door
from integration.app.running import Running, running
from siss.adapters.folder import uploads as folder_uploads
from siss.adapters.folder.writing import FileWriting
from siss.adapters.postgres.embedded.server import EmbeddedServer
from siss.adapters.postgres.records.edits import PostgresFileEdits
from siss.app.uploads import sweep_uploads
from siss.errors import DiskFullError

AWAY_SECONDS = float(os.environ.get("SISS_TEST_AWAY_SECONDS", "0"))
"""How long the database stays away at least; the issue's ten seconds are run by hand."""

BOUND_SECONDS = 90.0
"""No answer may take longer, on a machine that does other things; the settings below say twelve seconds."""


@pytest.fixture(scope="module")
async def door(postgres_server: EmbeddedServer) -> AsyncIterator[Door]:
    with tempfile.TemporaryDirectory(prefix="siss-door-") as folder:  # a socket's path must be short
        async with Door(postgres_server.dsn, Path(folder)).open() as opened:
            yield opened


@pytest.fixture(scope="module")
async def world(
    postgres_server: EmbeddedServer, door: Door, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Running]:
    """Every default rule is off, and the user's rules ask for everything."""
    async with running(
        postgres_server,
        tmp_path_factory.mktemp("outages"),
        through=door.through,
        upload_size=50 << 20,
        nas_timeout=4.0,
        query_timeout=4.0,
        request_timeout=12.0,
        default_ignores=False,
        ignore=("!.siss-incoming", "!**"),
    ) as made:
        await made.until(made.services.catalog.roots)
        (made.nas / "there.txt").write_text("nashi\n")
        assert (await made.client.post("/ingest/scan", json={})).status_code == 202
        await made.until_found("nashi", "there.txt")
        yield made


@pytest.fixture
def mended(door: Door) -> Iterator[Door]:
    yield door
    door.mend()


async def answers(world: Running, file_id: str) -> list[httpx.Response]:
    """One answer of each kind, all asked at once."""
    client = world.client
    return await asyncio.gather(
        client.get("/search", params={"q": "nashi"}),
        world.upload("away.txt", b"while it is away\n"),
        client.get("/files"),
        client.get(f"/files/{file_id}"),
        client.get(f"/files/{file_id}/content"),
        client.patch(f"/files/{file_id}", json={"tags": ["away"]}),
        client.post("/search/jsonpath", json={"expression": "$.a"}),
        client.get("/events"),
    )


@pytest.mark.parametrize("how", ["shut", "stuck"])
async def test_the_database_goes_away_and_comes_back(world: Running, mended: Door, how: str) -> None:
    door = mended
    (item,) = (await world.client.get("/search", params={"q": "nashi"})).json()["items"]
    if how == "shut":
        await door.shut()
    else:
        door.stick()
    gone_at = time.monotonic()
    (world.nas / f"{how}.txt").write_text(f"loquat{how}\n")
    root = world.client.base_url.join("/")
    async with asyncio.timeout(BOUND_SECONDS):
        alive, ready, metrics, found = await asyncio.gather(
            world.client.get(root.join("healthz")),
            world.client.get(root.join("readyz")),
            world.client.get(root.join("metrics")),
            answers(world, item["id"]),
        )
    for answer in found:
        assert answer.status_code == 503, (answer.request.url, answer.text)
        assert int(answer.headers["retry-after"]) >= 1, answer.request.url
        assert answer.json()["error"]["code"] in {"DATABASE_UNAVAILABLE", "UNAVAILABLE"}, answer.text
    assert (alive.status_code, ready.status_code, metrics.status_code) == (200, 503, 200)
    assert "siss_database_up 0.0" in metrics.text
    assert not (world.uploads / "away.txt").exists()
    while time.monotonic() - gone_at < AWAY_SECONDS:
        assert (await world.client.get("/search", params={"q": "nashi"})).status_code == 503
        await asyncio.sleep(0.2)

    door.mend()

    async def is_back() -> bool:
        return (await world.client.get(root.join("readyz"))).status_code == 200

    await world.until(is_back)
    assert (await world.client.post("/ingest/scan", json={})).status_code == 202
    await world.until_found(f"loquat{how}", f"{how}.txt")
    assert await world.names("nashi") == ["there.txt"]
    assert (await world.upload(f"after-{how}.txt", b"afterwards\n")).status_code == 201
    await world.until(lambda: nothing_is_left(world))


async def nothing_is_left(world: Running) -> bool:
    folder = world.uploads / ".siss-incoming"
    return not folder.exists() or not list(folder.iterdir())


async def test_a_full_disk_refuses_an_upload_and_nothing_else(
    world: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = FileWriting.write

    def full(self: Any, data: bytes) -> None:
        write(self, data[: len(data) // 2])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(FileWriting, "write", full)
        refused = await world.upload("full.txt", b"medlar\n" * 300_000)
        assert (refused.status_code, refused.json()["error"]["code"]) == (507, "DISK_FULL")
        assert await world.names("nashi") == ["there.txt"]
        await world.until(lambda: nothing_is_left(world))
        assert not (world.uploads / "full.txt").exists()
    assert (await world.upload("full.txt", b"medlar\n")).status_code == 201
    await world.until_found("medlar", "full.txt")


async def test_a_database_without_room_leaves_nothing_of_an_upload(
    world: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await world.upload("kept.txt", b"quince, the first\n")).status_code == 201
    await world.until_found("quince", "kept.txt")
    tried = asyncio.Event()

    async def no_room(*_: Any) -> None:
        tried.set()
        raise DiskFullError("disk full: the database has no room")

    files = [("file", (f"sorb-{number}.txt", f"sorb {number}\n".encode())) for number in range(2)]
    with monkeypatch.context() as patch:
        patch.setattr(PostgresFileEdits, "record_upload", no_room)
        for name, existing in (("fresh.txt", "fail"), ("kept.txt", "replace")):
            refused = await world.upload(name, b"never asked for\n", existing=existing)
            assert (refused.status_code, refused.json()["error"]["code"]) == (507, "DISK_FULL")
        assert not (world.uploads / "fresh.txt").exists()
        assert (world.uploads / "kept.txt").read_bytes() == b"quince, the first\n"
        await world.until(lambda: nothing_is_left(world))
        tried.clear()
        job = (await world.client.post("/files/batch", files=files)).json()
        await asyncio.wait_for(tried.wait(), BOUND_SECONDS)
        assert (await world.client.get(f"/jobs/{job['id']}")).json()["state"] in {"queued", "running"}

    async def taken() -> dict[str, Any] | None:
        found = (await world.client.get(f"/jobs/{job['id']}")).json()
        return found["result"] if found["state"] == "done" else None

    result = await world.until(taken)
    assert (result["taken"], result["refused"]) == (2, 0), "a batch that was accepted waits for room"
    await world.until_found("sorb", "sorb-0.txt", "sorb-1.txt")
    assert await world.names("asked") == []


@pytest.mark.parametrize("where", ["write", "finish"])
async def test_an_upload_root_that_hangs_holds_up_nobody(
    world: Running, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """More uploads than there are threads, each with several files: bounded, and all else is answered."""
    hanging = threading.Event()
    real: Callable[..., None] = getattr(FileWriting, where)

    def hang(self: Any, data: bytes) -> None:
        hanging.wait()
        real(self, data)

    with monkeypatch.context() as patch:
        patch.setattr(FileWriting, where, hang)
        try:
            async with asyncio.timeout(BOUND_SECONDS):
                uploads = [
                    asyncio.create_task(world.upload(f"hangs-{number}.txt", b"quince\n" * 200_000))
                    for number in range(folder_uploads.THREADS + 4)
                ]
                assert await world.names("nashi") == ["there.txt"]
                for answer in await asyncio.gather(*uploads):
                    assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
                    assert answer.json()["error"]["code"] == "NAS_UNAVAILABLE"
        finally:
            hanging.set()
    await world.until(lambda: nothing_is_left(world))
    assert not list(world.uploads.glob("hangs-*"))
    assert (await world.upload(f"moves-{where}.txt", b"it moves again\n")).status_code == 201


async def test_a_batch_that_cannot_be_deleted_waits_once(world: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    hanging = threading.Event()
    unlink = folder_uploads.FolderUploads._unlink

    def hang(self: Any, name: str) -> None:
        hanging.wait()
        unlink(self, name)

    files = [("file", (f"batch-{number}.txt", b"feijoa\n")) for number in range(50)]
    with monkeypatch.context() as patch:
        patch.setattr(folder_uploads.FolderUploads, "_unlink", hang)
        try:
            async with asyncio.timeout(BOUND_SECONDS):
                refused = await world.client.post("/files/batch", files=files, data={"existing": "perhaps"})
        finally:
            hanging.set()
    assert (refused.status_code, refused.json()["error"]["details"]["field"]) == (400, "existing")
    incoming = world.uploads / ".siss-incoming"
    for left in incoming.iterdir():
        with contextlib.suppress(FileNotFoundError):  # the one that hung
            os.utime(left, (0, 0))
    await sweep_uploads(world.services)
    await world.until(lambda: nothing_is_left(world))


async def test_what_is_on_its_way_is_never_indexed(world: Running) -> None:
    """Also where nobody wants the default rules, and the user's own ask for all there is."""
    incoming = world.uploads / ".siss-incoming"
    incoming.mkdir(exist_ok=True)
    half = incoming / f"{uuid.uuid4().hex}.sisstmp"
    half.write_text("pitahaya, half of it\n")
    (world.nas / "beside.txt").write_text("pitahaya\n")
    assert (await world.client.post("/ingest/scan", json={})).status_code == 202
    await world.until_found("pitahaya", "beside.txt")
    coverage = (await world.client.get("/coverage", params={"path": str(incoming)})).json()
    assert "always" in str(coverage), coverage
    assert await world.names('"half of it"') == []
    half.unlink()


async def test_a_wall_clock_that_jumps_changes_nothing(world: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    (world.nas / "clock.json").write_text('{"clock": {"jumps": 1}}')
    assert (await world.client.post("/ingest/scan", json={})).status_code == 202
    await world.until_found("name:clock.json", "clock.json")
    wall = time.time
    for jump in (-86_400.0, 86_400.0):
        monkeypatch.setattr(time, "time", lambda jump=jump: wall() + jump)
        asked = {"expression": "$.clock.jumps", "seconds": 30}  # the machine that tests run on may be busy
        found = await world.client.post("/search/jsonpath", json=asked)
        assert found.status_code == 200, found.text
        assert [item["name"] for item in found.json()["items"]] == ["clock.json"], found.text
        assert await world.names("nashi") == ["there.txt"]


async def test_a_clock_that_is_set_back_makes_no_file_wait(world: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.client.post("/ingest/pause")
    (world.nas / "waits.txt").write_text("tamarillo\n")
    async with await psycopg.AsyncConnection.connect(world.dsn, autocommit=True) as connection:

        async def waits() -> bool:
            """Until the clock is again what it was when its time was reckoned."""
            await world.client.post("/ingest/scan", json={})
            put_off = b"UPDATE files SET not_before = now() + interval '1 day' WHERE name = 'waits.txt'"
            return (await connection.execute(put_off)).rowcount == 1

        await world.until(waits)
        await world.client.post("/ingest/resume")
        assert await world.names("tamarillo") == []
        wall = time.time
        # Further back than the clock of the test before, which the service may have looked at last.
        monkeypatch.setattr(time, "time", lambda: wall() - 3 * 86_400)
        await world.until_found("tamarillo", "waits.txt")
