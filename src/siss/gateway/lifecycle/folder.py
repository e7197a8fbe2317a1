"""The cache's folder belongs to one gateway at a time."""

import contextlib
import errno
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from siss.errors import ConfigError
from siss.logs import get_logger

_log: Final = get_logger("siss.gateway")
_LOCK: Final = "gateway.lock"


@contextlib.contextmanager
def own_folder(folder: Path) -> Iterator[None]:
    """Keep other gateways out of a folder, which is made if need be; a process that is killed lets it go.

    Raises ``ConfigError`` where another one has it. A folder that cannot be used at all is a warning: the cache goes
    without its disk tier then, and says so.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        _log.warning("folder not locked", folder=str(folder), error=str(error))
        yield
        return
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in {errno.EWOULDBLOCK, errno.EACCES}:
                raise ConfigError(
                    f"cache.folder: another gateway uses {folder}: give each its own", variable="cache.folder"
                ) from error
            _log.warning("folder not locked", folder=str(folder), error=str(error))  # a file system without locks
        yield
    finally:
        os.close(descriptor)
