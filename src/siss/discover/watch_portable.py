"""Watching through watchfiles, where there is no inotify (macOS: FSEvents).

Its queue may drop events without a word (measured on Linux), which the reconciling scans make good, and it ends on
a name that is not UTF-8, which macOS does not have. Both are met with a request for everything.
"""

import asyncio
import os
import threading
from collections.abc import AsyncGenerator

from watchfiles import Change, watch

from siss.discover.batches import Pending, WatchBatch
from siss.discover.ignore import IGNORE_FILE, IgnoreRules
from siss.discover.paths import join_raw

MAX_CHANGES = 5000
"""A batch of more changes than this may not be complete: the whole root is asked for."""
_STANDS_AFTER_MS = 500
"""How long the library waits before it says that nothing happened: the first batch comes after that."""


async def watch_portable(
    root: bytes, rules: IgnoreRules, settle: float, at_most: float
) -> AsyncGenerator[WatchBatch, None]:
    """As ``siss.discover.watch.watch_root``. One thread waits for events; it ends when the generator is closed."""
    loop = asyncio.get_running_loop()
    batches: asyncio.Queue[WatchBatch] = asyncio.Queue()
    stop = threading.Event()

    def hand_over(batch: WatchBatch) -> None:
        loop.call_soon_threadsafe(batches.put_nowait, batch)

    def run() -> None:
        pending = Pending()
        try:
            # The first iteration says that the watch stands.
            first = True
            for changes in watch(
                os.fsdecode(root),
                watch_filter=None,
                debounce=int(at_most * 1000),
                step=max(1, int(settle * 1000)),
                stop_event=stop,
                rust_timeout=_STANDS_AFTER_MS,
                yield_on_timeout=True,
                raise_interrupt=False,
                ignore_permission_denied=True,
                recursive=True,
            ):
                if first:
                    pending.everything("watching begins")
                    first = False
                note_changes(pending, root, rules, changes)
                if pending:
                    hand_over(pending.take())
        except Exception as error:  # noqa: BLE001 - the library's own errors have no common class
            pending.everything(f"events cannot be relied on here: {error}")
        else:
            pending.everything("watching ended")
        hand_over(pending.take(ended=True))

    thread = threading.Thread(target=run, name="watch-root", daemon=True)
    thread.start()
    try:
        while True:
            batch = await batches.get()
            yield batch
            if batch.ended:
                return
    finally:
        stop.set()
        await asyncio.shield(asyncio.to_thread(thread.join))


def note_changes(pending: Pending, root: bytes, rules: IgnoreRules, changes: set[tuple[Change, str]]) -> None:
    """Turn changed paths into places to look at."""
    if len(changes) > MAX_CHANGES:
        pending.everything(f"{len(changes):,} changes at once")
        return
    for change, text in changes:
        path = os.fsencode(text)
        if path == root:
            pending.everything("the root changed")
            continue
        if not path.startswith(root + b"/"):
            continue
        folder, _, name = path[len(root) + 1 :].rpartition(b"/")
        is_folder = os.path.isdir(path)
        if any(rules.find(*_split(part), is_folder=True) for part in _above(folder)):
            continue
        if rules.find(folder, name, is_folder):
            continue
        if name == IGNORE_FILE:
            pending.trees.add(folder)
        elif is_folder or change is Change.deleted:
            # What was deleted may have been a folder.
            pending.trees.add(join_raw(folder, name))
        pending.folders.add(folder)


def _above(folder: bytes) -> list[bytes]:
    parts = folder.split(b"/") if folder else []
    return [b"/".join(parts[:count]) for count in range(1, len(parts) + 1)]


def _split(path: bytes) -> tuple[bytes, bytes]:
    folder, _, name = path.rpartition(b"/")
    return folder, name
