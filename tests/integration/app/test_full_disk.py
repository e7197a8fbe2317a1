"""File systems that are really full: a small one for the files, another for the state folder.

A file system of a given size wants the right to mount one (on Linux root has it); without it these are skipped, and
errors that are injected stand for a full disk (``test_outages``).
"""

import contextlib
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from integration.app.running import Running, running
from siss.adapters.postgres.embedded.server import EmbeddedServer
from siss.adapters.tantivy import writer as engine
from siss.app.ingest import availability, disk_space, wiring
from siss.app.ingest.roots import scanner as root_scanner

FILES_BYTES = 8 << 20
STATE_BYTES = 48 << 20
LEAST_FREE = {"bytes": 12 << 20}
"""In place of the 64 MiB that are left to a database."""


@contextlib.contextmanager
def small_disk(folder: Path, size: int) -> Iterator[Path]:
    """A file system of so many bytes."""
    folder.mkdir(parents=True)
    if not sys.platform.startswith("linux"):
        pytest.skip("file systems in memory are Linux's")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"no file system may be mounted here: {mounted.stderr.decode().strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextlib.contextmanager
def filled(disk: Path, leave: int = 0) -> Iterator[None]:
    """A file that takes all the room but this."""
    filler = disk / "filler.bin"
    room_left = os.statvfs(disk)
    with filler.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(1, room_left.f_bavail * room_left.f_frsize - leave))
    try:
        yield
    finally:
        filler.unlink()


@pytest.fixture(scope="module")
async def world(postgres_server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    folder = tmp_path_factory.mktemp("full")
    patch = pytest.MonkeyPatch()
    for module in (wiring, root_scanner):
        patch.setattr(
            module, "check_disk_space", lambda data_dir: disk_space.check_disk_space(data_dir, LEAST_FREE["bytes"])
        )
    patch.setattr(availability, "RETRY_SECONDS", 0.1)
    with small_disk(folder / "nas", FILES_BYTES), small_disk(folder / "state", STATE_BYTES):
        async with running(postgres_server, folder, ignore=("filler.bin",), writer_memory=30 << 20) as made:
            await made.until(made.services.catalog.roots)
            (made.nas / "there.txt").write_text("nashi\n")
            assert (await made.client.post("/ingest/scan", json={})).status_code == 202
            await made.until_found("nashi", "there.txt")
            yield made
    patch.undo()


def left_behind(world: Running) -> list[str]:
    incoming = world.uploads / ".siss-incoming"
    return [file.name for file in incoming.iterdir()] if incoming.exists() else []


async def test_an_upload_that_does_not_fit_is_refused_whole(world: Running) -> None:
    large = b"medlar\n" * 200_000
    with filled(world.nas, leave=256 << 10):
        refused = await world.upload("large.txt", large)
        assert (refused.status_code, refused.json()["error"]["code"]) == (507, "DISK_FULL")
        files = [("file", ("small.txt", b"sorb\n")), ("file", ("large.txt", large))]
        refused = await world.client.post("/files/batch", files=files)
        assert (refused.status_code, refused.json()["error"]["code"]) == (507, "DISK_FULL")
        assert await world.names("nashi") == ["there.txt"]

        async def nothing_is_left() -> bool:
            return not left_behind(world)

        await world.until(nothing_is_left)
        assert sorted(file.name for file in world.uploads.iterdir()) == [".siss-incoming"]
        assert (await world.upload("fits.txt", b"loquat\n")).status_code == 201
        await world.until_found("loquat", "fits.txt")
    assert (await world.upload("large.txt", large)).status_code == 201
    await world.until_found("medlar", "large.txt")
    (world.uploads / "large.txt").unlink()


async def component(world: Running, name: str) -> dict[str, str]:
    answer = await world.client.get("http://localhost/readyz", params={"verbose": "true"})
    assert answer.status_code == 200, "searches are answered"
    return next(found for found in answer.json()["components"] if found["name"] == name)


@pytest.mark.parametrize("how", ["looked at before", "when a commit fails"])
async def test_indexing_waits_for_room_and_goes_on_by_itself(
    world: Running, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    state = world.nas.parent / "state"
    word = f"word{how.replace(' ', '')}"
    failed: list[BaseException] = []
    translate = engine._translate

    def seen(error: Exception, folder: Path) -> BaseException:
        failed.append(translate(error, folder))
        return failed[-1]

    monkeypatch.setattr(engine, "_translate", seen)
    if how == "when a commit fails":
        monkeypatch.setitem(LEAST_FREE, "bytes", 0)
    with filled(state):
        (world.nas / "beside.txt").write_text(f"{word}\n")
        assert (await world.upload(f"{word}.txt", f"{word}, and more\n".encode())).status_code == 201

        async def waits() -> bool:
            status = (await world.client.get("/ingest/status")).json()
            return bool(failed) if how == "when a commit fails" else status["in_flight"] > 0

        await world.until(waits)

        async def told() -> dict[str, str] | None:
            status = (await world.client.get("/ingest/status")).json()
            return status if status["waits_for"] else None

        waiting = await world.until(told)
        assert "disk" in waiting["waits_for"], "what it waits for"
        assert waiting["waits_since"] <= waiting["updated_at"]
        first = await component(world, "indexing")
        assert first["state"] == "degraded"
        assert first["detail"].startswith("waits since ")
        metrics = (await world.client.get("http://localhost/metrics")).text
        assert "siss_indexing_waits_seconds 0.0" not in metrics
        assert await world.names(word) == []
        assert await world.names("nashi") == ["there.txt"], "searches are answered"
    await world.until_found(word, f"{word}.txt", "beside.txt")

    async def goes_on() -> bool:
        status = (await world.client.get("/ingest/status")).json()
        return (status["waits_for"], status["waits_since"]) == ("", None)

    await world.until(goes_on)
    assert (await component(world, "indexing"))["state"] == "ok"
    assert "siss_indexing_waits_seconds 0.0" in (await world.client.get("http://localhost/metrics")).text
    assert await world.names("nashi") == ["there.txt"]
    job = (await world.client.post("/ingest/verify", json={})).json()

    async def done() -> dict[str, object] | None:
        found = (await world.client.get(f"/jobs/{job['id']}")).json()
        return found if found["state"] not in {"queued", "running"} else None

    ended = await world.until(done)
    assert (ended["state"], ended["result"]["clean"]) == ("done", True)
