"""What any place for uploads keeps: the process's own and a folder."""

import asyncio
import errno
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from siss.adapters.folder.uploads import BUFFER_BYTES, SUFFIX, FolderUploads
from siss.adapters.memory.uploads import MemoryUploads
from siss.errors import ConflictError, DiskFullError, NasUnavailableError, NotFoundError
from siss.model.upload import INCOMING_FOLDER, Existing, Staged
from siss.ports.uploads import Uploads


def no_links(*_: object, **__: object) -> None:
    raise OSError(errno.EPERM, os.strerror(errno.EPERM))


@pytest.fixture(params=["memory", "folder", "without links"])
def uploads(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Uploads:
    (tmp_path / "nas").mkdir()
    if request.param == "without links":
        monkeypatch.setattr(os, "link", no_links)
    return MemoryUploads() if request.param == "memory" else FolderUploads(tmp_path / "nas", 5.0, tmp_path / "locks")


def link(path: Path) -> None:
    path.symlink_to("a.txt")


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.01)


async def pieces(*given: bytes) -> AsyncIterator[bytes]:
    for piece in given:
        yield piece


async def stage(uploads: Uploads, data: bytes) -> Staged:
    return await uploads.receive(pieces(data))


async def test_bytes_get_their_name(uploads: Uploads):
    staged = await uploads.receive(pieces(b"a" * 2_000_000, b"b"))
    assert staged.size == 2_000_001
    placed = await uploads.place(staged, "logs/app.log", Existing.FAIL)
    assert (placed.path, placed.created, placed.stat.size) == ("logs/app.log", True, 2_000_001)


async def test_doing_it_again_changes_nothing(uploads: Uploads):
    staged = await stage(uploads, b"x")
    await uploads.place(staged, "a.txt", Existing.FAIL)
    again = await uploads.place(staged, "a.txt", Existing.FAIL)
    assert (again.path, again.created) == ("a.txt", False)


async def test_a_taken_name(uploads: Uploads):
    await uploads.place(await stage(uploads, b"one"), "a.txt", Existing.FAIL)
    with pytest.raises(ConflictError):
        await uploads.place(await stage(uploads, b"two"), "a.txt", Existing.FAIL)
    second = await uploads.place(await stage(uploads, b"two"), "a.txt", Existing.RENAME)
    third = await uploads.place(await stage(uploads, b"three"), "a.txt", Existing.RENAME)
    assert (second.path, third.path) == ("a (2).txt", "a (3).txt")
    same = await uploads.place(await stage(uploads, b"two"), "a.txt", Existing.RENAME)
    assert (same.path, same.created) == ("a (2).txt", False)
    replaced = await uploads.place(await stage(uploads, b"four!"), "a.txt", Existing.REPLACE)
    assert (replaced.path, replaced.created, replaced.stat.size) == ("a.txt", True, 5)


async def test_what_was_placed_is_taken_back(uploads: Uploads):
    staged = await stage(uploads, b"one")
    await uploads.take_back(staged, await uploads.place(staged, "logs/a.txt", Existing.FAIL))
    placed = await uploads.place(staged, "logs/a.txt", Existing.FAIL)
    assert placed.created, "it was staged again, and its name free"
    await uploads.settle(placed)

    other = await stage(uploads, b"two!")
    replaced = await uploads.place(other, "logs/a.txt", Existing.REPLACE)
    await uploads.take_back(other, replaced)
    assert not (await uploads.place(await stage(uploads, b"one"), "logs/a.txt", Existing.FAIL)).created
    replaced = await uploads.place(other, "logs/a.txt", Existing.REPLACE)
    assert replaced.created
    await uploads.settle(replaced)
    assert await uploads.sweep(-1, []) == 0, "what it replaced is gone"

    again = await uploads.place(await stage(uploads, b"two!"), "logs/a.txt", Existing.FAIL)
    await uploads.take_back(other, again)
    assert not (await uploads.place(await stage(uploads, b"two!"), "logs/a.txt", Existing.FAIL)).created, "was there"


async def test_what_others_wrote_since_is_not_taken_back(tmp_path: Path):
    (tmp_path / "nas").mkdir()
    uploads = FolderUploads(tmp_path / "nas", 5.0, tmp_path / "locks")
    staged = await stage(uploads, b"one")
    placed = await uploads.place(staged, "a.txt", Existing.FAIL)
    (tmp_path / "nas" / "a.txt").write_text("theirs")
    await uploads.take_back(staged, placed)
    assert (tmp_path / "nas" / "a.txt").read_text() == "theirs"
    (tmp_path / "nas" / "a.txt").unlink()
    await uploads.take_back(staged, placed)
    assert not (tmp_path / "nas" / "a.txt").exists()


@pytest.fixture
def without_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FolderUploads:
    """Uploads to a file system without hard links, and ``nas/a.txt`` there."""
    monkeypatch.setattr(os, "link", no_links)
    (tmp_path / "nas").mkdir()
    (tmp_path / "nas" / "a.txt").write_bytes(b"one" * BUFFER_BYTES)
    os.utime(tmp_path / "nas" / "a.txt", (7, 7))
    return FolderUploads(tmp_path / "nas", 5.0, tmp_path / "locks")


def left(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "nas" / INCOMING_FOLDER).iterdir())


async def test_where_there_are_no_links_what_was_replaced_comes_back_as_it_was(
    without_links: FolderUploads, tmp_path: Path
):
    other = await stage(without_links, b"two!")
    await without_links.take_back(other, await without_links.place(other, "a.txt", Existing.REPLACE))
    assert (tmp_path / "nas" / "a.txt").read_bytes() == b"one" * BUFFER_BYTES
    assert (tmp_path / "nas" / "a.txt").stat().st_mtime == 7
    assert left(tmp_path) == [other.name + SUFFIX], "it is staged again, and nothing else is left"


async def test_where_what_is_replaced_cannot_be_kept_nothing_is_replaced(
    without_links: FolderUploads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    other = await stage(without_links, b"two!")
    write = os.write

    def full(descriptor: int, data: bytes) -> int:
        if len(data) < BUFFER_BYTES:
            return write(descriptor, data)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(DiskFullError):
        await without_links.place(other, "a.txt", Existing.REPLACE)
    without_links.close()
    assert (tmp_path / "nas" / "a.txt").stat().st_mtime == 7
    await until(lambda: left(tmp_path) == [other.name + SUFFIX])


@pytest.mark.parametrize(
    ("make", "told"), [(Path.mkdir, "is a folder"), (os.mkfifo, "is no file"), (link, "is a link")]
)
async def test_where_there_are_no_links_nothing_but_files_is_replaced(
    without_links: FolderUploads, tmp_path: Path, make: Callable[[Path], None], told: str
):
    make(tmp_path / "nas" / "b.txt")
    with pytest.raises(ConflictError, match=told):
        await without_links.place(await stage(without_links, b"two!"), "b.txt", Existing.REPLACE)


async def test_what_was_discarded_or_swept_is_gone(uploads: Uploads):
    staged = await stage(uploads, b"x")
    await uploads.discard(staged)
    await uploads.discard(staged)
    with pytest.raises(NotFoundError):
        await uploads.place(staged, "a.txt", Existing.FAIL)
    one, two = await stage(uploads, b"1"), await stage(uploads, b"2")
    assert await uploads.sweep(3600, []) == 0
    assert await uploads.sweep(-1, [one.name]) == 1
    with pytest.raises(NotFoundError):
        await uploads.place(two, "two.txt", Existing.FAIL)
    assert (await uploads.place(one, "one.txt", Existing.FAIL)).created


WRITE_FOR_EVER = """
import asyncio, sys
from pathlib import Path
from siss.adapters.folder.uploads import BUFFER_BYTES, FolderUploads

async def parts():
    yield bytes(BUFFER_BYTES)
    print("half", flush=True)
    await asyncio.Event().wait()

asyncio.run(FolderUploads(Path(sys.argv[1]), 5.0, Path(sys.argv[2])).receive(parts()))
"""


async def test_what_a_killed_process_left_goes_at_once_and_nothing_else(tmp_path: Path):
    nas, locks = tmp_path / "nas", tmp_path / "locks"
    nas.mkdir()
    here, elsewhere = FolderUploads(nas, 5.0, locks), FolderUploads(nas, 5.0, tmp_path / "locks of another state")
    mine, others = await stage(here, b"mine"), await stage(elsewhere, b"of another state folder")
    arguments = [sys.executable, "-c", WRITE_FOR_EVER, str(nas), str(locks)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as writing:
        assert writing.stdout is not None
        assert await asyncio.to_thread(writing.stdout.readline) == "half\n"
        incoming = nas / INCOMING_FOLDER
        (_,) = {file.name.removesuffix(SUFFIX) for file in incoming.iterdir()} - {mine.name, others.name}
        assert await here.sweep(3600, []) == 0, "it lives"
        writing.kill()
    assert await here.sweep(3600, []) == 1
    assert {file.name.removesuffix(SUFFIX) for file in incoming.iterdir()} == {mine.name, others.name}
    assert (await here.place(mine, "mine.txt", Existing.FAIL)).created


async def test_a_killed_process_is_forgotten_with_what_it_left(tmp_path: Path):
    (tmp_path / "nas").mkdir()
    here, dying = (FolderUploads(tmp_path / "nas", 5.0, tmp_path / "locks") for _ in range(2))
    mine, left, wanted = await stage(here, b"mine"), await stage(dying, b"left"), await stage(dying, b"a job's")
    dying.close()
    assert await here.sweep(3600, [wanted.name]) == 1
    assert [here.file_of(each).exists() for each in (left, wanted)] == [False, True]
    assert len(list((tmp_path / "locks").iterdir())) == 1
    assert (await here.place(mine, "mine.txt", Existing.FAIL)).created
    assert await here.sweep(3600, []) == 0
    nowhere = FolderUploads(tmp_path / "away", 5.0, tmp_path / "locks")
    here.close()
    with pytest.raises(NasUnavailableError):
        await nowhere.sweep(3600, [])
    assert len(list((tmp_path / "locks").iterdir())) == 1, "what it left is yet to be looked for"


@pytest.mark.parametrize(
    ("folder", "number", "told"),
    [
        ("none", None, "make it"),
        ("file", None, "make it"),
        ("", errno.EROFS, "to be rw"),
        ("", errno.EIO, "try again"),
    ],
)
async def test_a_folder_that_cannot_be_used_is_told_with_what_to_do(tmp_path, monkeypatch, folder, number, told):
    def fail(*_):
        raise OSError(number, os.strerror(number))

    (tmp_path / "file").touch()
    if number is not None:
        monkeypatch.setattr(FolderUploads, "_create", fail)
    with pytest.raises(NasUnavailableError, match=rf"SISS_UPLOAD_ROOT.*{told}"):
        await stage(FolderUploads(tmp_path / folder, 5.0, tmp_path / "locks"), b"x")
