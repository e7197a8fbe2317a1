"""Watches a root and says which folders to list again.

A batch names folders, not files: the consumer lists a folder again with ``walk_root(start=...)`` and compares.
Events only say where to look, so lost or doubled ones do no harm that the next reconciling scan does not mend.
Whatever is not certain becomes a request to look at more: a new folder at all that is below it, a full queue or a
storm of changes at everything.
"""

import asyncio
import threading
from collections.abc import AsyncGenerator

from siss.discover import inotify
from siss.discover.batches import Pending, WatchBatch
from siss.discover.bounds import WalkOptions
from siss.discover.ignore import IgnoreRules
from siss.discover.watch_portable import watch_portable
from siss.discover.watched_tree import WatchedTree
from siss.errors import NasUnavailableError


def watch_root(
    root: bytes,
    rules: IgnoreRules,
    options: WalkOptions,
    *,
    settle: float = 0.15,
    at_most: float = 0.5,
) -> AsyncGenerator[WatchBatch, None]:
    """Batches of changes, for as long as it is iterated; close it (``aclose``) to stop, which leaves nothing behind.

    The first batch asks for everything and comes when the watch stands: a scan that begins then misses nothing.
    A batch comes ``settle`` seconds after its last event, and ``at_most`` seconds after its first. A batch that
    says ``ended`` is the last: the system's limits are reached, or the root is gone.
    """
    if inotify.AVAILABLE:
        return _watch_linux(root, rules, options, settle, at_most)
    return watch_portable(root, rules, settle, at_most)


async def _watch_linux(
    root: bytes, rules: IgnoreRules, options: WalkOptions, settle: float, at_most: float
) -> AsyncGenerator[WatchBatch, None]:
    pending = Pending()
    try:
        tree = WatchedTree(root, rules, options, pending)
    except OSError as error:
        pending.everything(inotify.describe_limit(error) or f"no events: {error.strerror}")
        yield pending.take(ended=True)
        return
    loop = asyncio.get_running_loop()
    changed = asyncio.Event()

    def drain() -> None:
        tree.drain()
        if pending or tree.unwatched:
            changed.set()

    try:
        failure = await _cover(tree)
        pending.everything(failure or "watching begins")
        yield pending.take(ended=failure is not None)
        while failure is None:
            loop.add_reader(tree.fileno(), drain)
            await changed.wait()
            await _settled(changed, settle, at_most)
            changed.clear()
            # New folders are watched before anybody is told to walk them, so that nothing falls between. Events
            # wait in the kernel meanwhile; the tree is not used from two threads.
            loop.remove_reader(tree.fileno())
            failure = await _cover(tree)
            if failure is not None:
                pending.everything(failure)
            if pending:
                loop.add_reader(tree.fileno(), drain)
                yield pending.take(ended=failure is not None)
    finally:
        loop.remove_reader(tree.fileno())
        tree.close()


async def _settled(changed: asyncio.Event, settle: float, at_most: float) -> None:
    """Return once no event came for ``settle`` seconds, or after ``at_most`` seconds."""
    loop = asyncio.get_running_loop()
    until = loop.time() + at_most
    while (left := min(settle, until - loop.time())) > 0:
        changed.clear()
        try:
            async with asyncio.timeout(left):
                await changed.wait()
        except TimeoutError:
            return


async def _cover(tree: "WatchedTree") -> str | None:
    """Watch what is not watched yet, off the event loop; a sentence where that cannot be."""
    stop = threading.Event()
    while tree.unwatched:
        task = asyncio.create_task(asyncio.to_thread(tree.cover, stop.is_set))
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            stop.set()
            await asyncio.wait([task])
            raise
        except NasUnavailableError as error:
            return error.message
        except OSError as error:
            return inotify.describe_limit(error) or f"no events: {error.strerror}"
    return "the root is gone" if tree.gone else None
