"""Trying again to open files that could not be read: a change of rights leaves size, mtime and inode as they were."""

import asyncio
import os
from collections.abc import Sequence
from typing import Final

from siss.discover.paths import absolute_path
from siss.errors import NasUnavailableError
from siss.model.file import Root
from siss.ports.ingest_catalog import IngestCatalog

_AT_ONCE: Final = 200
"""Files that are opened within one ``timeout_seconds``."""


async def requeue_readable(
    ingest: IngestCatalog, root: Root, timeout_seconds: float, folders: Sequence[bytes] | None = None
) -> int:
    """Make those failed files pending that can be opened now, in these folders or in all; returns how many.

    Raises ``NasUnavailableError`` where the root does not answer within ``timeout_seconds``.
    """
    failed = await ingest.unreadable_files(root.id, folders)
    found = []
    for start in range(0, len(failed), _AT_ONCE):
        some = failed[start : start + _AT_ONCE]
        paths = [absolute_path(root.path, path) for _, path in some]
        try:
            async with asyncio.timeout(timeout_seconds):
                opened = await asyncio.to_thread(_can_be_opened, paths)
        except TimeoutError as error:
            raise NasUnavailableError(f"{root.shown} does not answer", root=root.shown) from error
        found += [file_id for (file_id, _), can in zip(some, opened, strict=True) if can]
    return await ingest.requeue(found, forced=False) if found else 0


def _can_be_opened(paths: Sequence[bytes]) -> list[bool]:
    return [_opens(path) for path in paths]


def _opens(path: bytes) -> bool:
    try:
        file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | getattr(os, "O_NOCTTY", 0))
    except OSError:
        return False
    os.close(file)
    return True
