"""What any place for uploads keeps: the process's own and a folder."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from siss.adapters.folder.uploads import FolderUploads
from siss.adapters.memory.uploads import MemoryUploads
from siss.errors import ConflictError, NotFoundError
from siss.model.upload import Existing, Staged
from siss.ports.uploads import Uploads


@pytest.fixture(params=["memory", "folder"])
def uploads(request: pytest.FixtureRequest, tmp_path: Path) -> Uploads:
    return MemoryUploads() if request.param == "memory" else FolderUploads(tmp_path, 5.0)


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
