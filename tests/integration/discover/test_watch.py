"""Watching on the real file system: every change leads to a batch that names its folder."""

import asyncio
import os
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from siss.discover import inotify
from siss.discover.batches import WatchBatch
from siss.discover.bounds import WalkOptions
from siss.discover.ignore import make_rules
from siss.discover.watch import watch_root
from siss.discover.watch_portable import watch_portable

linux = pytest.mark.skipif(not inotify.AVAILABLE, reason="inotify is Linux's")


class Watching:
    """A running watch, and what it has said since it was last asked."""

    def __init__(self, batches: AsyncGenerator[WatchBatch, None]) -> None:
        self.batches = batches
        self.seen: list[WatchBatch] = []

    async def until(self, condition: Callable[[WatchBatch], bool]) -> WatchBatch:
        """The first batch that fulfils a condition."""
        async with asyncio.timeout(60):
            async for batch in self.batches:
                self.seen.append(batch)
                if condition(batch):
                    return batch
        raise AssertionError(f"the watch ended: {self.seen}")

    async def until_folder(self, folder: bytes) -> WatchBatch:
        return await self.until(lambda batch: folder in batch.folders)

    async def until_tree(self, folder: bytes) -> WatchBatch:
        return await self.until(lambda batch: folder in batch.trees)


@asynccontextmanager
async def watching(root: Path, **options: object) -> AsyncIterator[Watching]:
    batches = watch_root(os.fsencode(root), make_rules(), WalkOptions(**options), settle=0.02, at_most=0.2)
    watch = Watching(batches)
    try:
        first = await watch.until(lambda batch: True)
        assert first.everything
        assert not first.ended
        yield watch
    finally:
        await batches.aclose()


async def test_a_changed_file_names_its_folder(tmp_path: Path) -> None:
    (tmp_path / "logs/app").mkdir(parents=True)
    async with watching(tmp_path) as watch:
        (tmp_path / "logs/app/a.log").write_text("x")
        batch = await watch.until_folder(b"logs/app")
        assert batch.trees == ()
        assert batch.folders == (b"logs/app",)


async def test_appending_to_an_open_file_is_seen(tmp_path: Path) -> None:
    with (tmp_path / "a.log").open("a") as file:
        async with watching(tmp_path) as watch:
            file.write("one line\n")
            file.flush()
            await watch.until_folder(b"")


async def test_a_new_tree_is_asked_for_whole_and_then_watched(tmp_path: Path) -> None:
    async with watching(tmp_path) as watch:
        (tmp_path / "new/deep/er").mkdir(parents=True)
        await watch.until_tree(b"new")
        (tmp_path / "new/deep/er/f").write_text("x")
        await watch.until(lambda batch: b"new/deep/er" in batch.folders or b"new" in batch.trees)


async def test_a_moved_folder_is_watched_under_its_new_name(tmp_path: Path) -> None:
    (tmp_path / "old/in").mkdir(parents=True)
    async with watching(tmp_path) as watch:
        (tmp_path / "old").rename(tmp_path / "new")
        batch = await watch.until_tree(b"new")
        assert b"old" in batch.trees
        (tmp_path / "new/in/f").write_text("x")
        batch = await watch.until_folder(b"new/in")
        assert b"old/in" not in batch.folders


async def test_a_deleted_folder_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "gone").mkdir()
    async with watching(tmp_path) as watch:
        (tmp_path / "gone").rmdir()
        await watch.until_tree(b"gone")


@linux
async def test_names_that_are_not_utf8(tmp_path: Path) -> None:
    root = os.fsencode(tmp_path)
    os.mkdir(root + b"/caf\xe9")
    async with watching(tmp_path) as watch:
        with open(root + b"/caf\xe9/\xff\n.log", "w"):
            pass
        await watch.until_folder(b"caf\xe9")


@linux
async def test_ignored_folders_are_neither_watched_nor_reported(tmp_path: Path) -> None:
    for folder in (".git/objects", "cache/a", "logs"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / ".sissignore").write_text("cache/\n*.tmp\n")
    async with watching(tmp_path) as watch:
        for name in (".git/objects/o", "cache/a/f", "logs/x.tmp", "logs/.a.swp"):
            (tmp_path / name).write_text("x")
        (tmp_path / "last").write_text("x")
        await watch.until_folder(b"")
        assert {path for batch in watch.seen[1:] for path in batch.folders + batch.trees} == {b""}


@linux
async def test_a_changed_sissignore_asks_for_its_tree_and_changes_what_is_watched(tmp_path: Path) -> None:
    (tmp_path / "logs/cache").mkdir(parents=True)
    (tmp_path / "logs/.sissignore").write_text("cache\n")
    async with watching(tmp_path) as watch:
        (tmp_path / "logs/.sissignore").write_text("# nothing\n")
        await watch.until_tree(b"logs")
        (tmp_path / "logs/cache/f").write_text("x")
        await watch.until(lambda batch: b"logs/cache" in batch.folders or b"logs" in batch.trees)


@linux
async def test_a_folder_that_is_ignored_from_now_on_is_not_watched_any_more(tmp_path: Path) -> None:
    (tmp_path / "logs/cache").mkdir(parents=True)
    async with watching(tmp_path) as watch:
        (tmp_path / "logs/.sissignore").write_text("cache\n")
        await watch.until_tree(b"logs")
        watch.seen.clear()
        (tmp_path / "logs/cache/f").write_text("x")
        (tmp_path / "last").write_text("x")
        await watch.until_folder(b"")
        assert not [batch for batch in watch.seen if b"logs/cache" in batch.folders]


@linux
async def test_a_folder_that_a_link_leads_to_is_named_by_both_paths(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "alias").symlink_to("real")
    async with watching(tmp_path) as watch:
        (tmp_path / "real/f").write_text("x")
        batch = await watch.until_folder(b"real")
        assert batch.folders == (b"alias", b"real")


@linux
async def test_a_new_link_to_a_folder_is_asked_for_as_a_tree(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    async with watching(tmp_path) as watch:
        (tmp_path / "alias").symlink_to("real")
        await watch.until_tree(b"alias")
        (tmp_path / "real/f").write_text("x")
        await watch.until_folder(b"alias")


@linux
async def test_a_root_that_goes_away_ends_the_watch(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    async with watching(root) as watch:
        root.rename(tmp_path / "elsewhere")
        batch = await watch.until(lambda batch: batch.ended)
        assert batch.everything


@linux
async def test_an_overflow_asks_for_everything_and_finds_what_was_lost(tmp_path: Path) -> None:
    limit = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    (tmp_path / "a").mkdir()
    async with watching(tmp_path) as watch:
        # The event loop does not run meanwhile, so nobody drains the queue. Two names in turn: equal neighbours merge.
        for number in range(limit // 2 + 100):
            os.utime(tmp_path / "a")
            os.utime(tmp_path, (number, number))
        (tmp_path / "lost").mkdir()
        batch = await watch.until(lambda batch: batch.everything)
        assert "more events" in batch.reason
        (tmp_path / "lost/f").write_text("x")
        await watch.until_folder(b"lost")


@linux
async def test_the_limit_of_watches_ends_in_polling(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").mkdir()

    def full(self: inotify.Inotify, path: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(inotify.Inotify, "add", full)
    batches = [batch async for batch in watch_root(os.fsencode(tmp_path), make_rules(), WalkOptions())]
    assert [batch.ended for batch in batches] == [True]
    assert "max_user_watches" in batches[0].reason


def watches_open() -> set[str]:
    """The inotify descriptors of this process; the others open and close beside a test as they please."""
    found = set()
    for descriptor in os.listdir("/proc/self/fd"):
        with suppress(FileNotFoundError):
            if "inotify" in os.readlink(f"/proc/self/fd/{descriptor}"):
                found.add(descriptor)
    return found


@linux
async def test_stopping_leaves_no_watch_behind(tmp_path: Path) -> None:
    before = watches_open()
    async with watching(tmp_path) as watch:
        assert len(watches_open() - before) == 1
        waiting = asyncio.ensure_future(watch.until_folder(b"never"))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    assert watches_open() <= before


async def test_a_root_that_is_not_there(tmp_path: Path) -> None:
    batches = [batch async for batch in watch_root(os.fsencode(tmp_path / "none"), make_rules(), WalkOptions())]
    assert batches[-1].ended


async def test_the_portable_watch_names_folders_and_leaves_no_thread(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / ".git").mkdir()
    batches = watch_portable(os.fsencode(tmp_path), make_rules(), 0.02, 0.2)
    watch = Watching(batches)
    assert (await watch.until(lambda batch: True)).everything
    (tmp_path / ".git/f").write_text("x")
    (tmp_path / "logs/f").write_text("x")
    await watch.until_folder(b"logs")
    assert not any(b".git" in batch.folders for batch in watch.seen)
    await batches.aclose()
    assert not [thread for thread in threading.enumerate() if thread.name == "watch-root"]


@linux
async def test_the_portable_watch_says_when_it_cannot_go_on(tmp_path: Path) -> None:
    os.mkdir(os.fsencode(tmp_path) + b"/\xff")
    batches = watch_portable(os.fsencode(tmp_path), make_rules(), 0.02, 0.2)
    watch = Watching(batches)
    (tmp_path / "a").write_text("x")
    os.listdir(os.fsencode(tmp_path) + b"/\xff")
    batch = await watch.until(lambda batch: batch.ended)
    assert batch.everything
    await batches.aclose()
