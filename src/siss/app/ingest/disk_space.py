"""Free space on the disks of the state folder, checked before anything new is written to them.

PostgreSQL ends when it finds no space for its log, and cannot start again before there is some, so that nobody could
search. So indexing stops earlier, while there is still space for the log and for committing what is already written.
"""

import shutil
from pathlib import Path
from typing import Final

from siss.errors import DiskFullError
from siss.state import StateFolder

LEAST_FREE: Final = 64 << 20
"""Bytes that are left free: two segments of PostgreSQL's log, a commit of the full-text index."""


def check_disk_space(data_dir: Path, least: int = LEAST_FREE) -> None:
    """Raise ``DiskFullError`` where less than ``least`` bytes are free in the state folder or a part of it.

    The database and the full-text index may be on disks of their own.
    """
    state = StateFolder(data_dir)
    for folder in (state.path, state.postgres, state.search):
        if not folder.exists():
            continue
        free = shutil.disk_usage(folder).free
        if free < least:
            raise DiskFullError(
                f"disk full: {free >> 20} MiB are free in {folder}, {least >> 20} are kept for the database. "
                "Free some space: searches are answered, and indexing goes on by itself",
                path=str(folder),
            )
