"""Linux's inotify, called directly, with names as bytes.

watchfiles serves every other system (``watch_portable``). Here it cannot: one name in the tree that is not UTF-8
ends it with an error, a queue that overflows is not reported, and every folder is watched, ignored ones included,
though watches are limited.
"""

import ctypes
import errno
import os
import struct
import sys
from collections.abc import Iterator
from typing import Final, NamedTuple

AVAILABLE: Final[bool] = sys.platform.startswith("linux")

IN_MODIFY: Final = 0x2
IN_ATTRIB: Final = 0x4
IN_CLOSE_WRITE: Final = 0x8
IN_MOVED_FROM: Final = 0x40
IN_MOVED_TO: Final = 0x80
IN_CREATE: Final = 0x100
IN_DELETE: Final = 0x200
IN_DELETE_SELF: Final = 0x400
IN_MOVE_SELF: Final = 0x800
IN_UNMOUNT: Final = 0x2000
IN_Q_OVERFLOW: Final = 0x4000
IN_IGNORED: Final = 0x8000
IN_ONLYDIR: Final = 0x01000000
IN_EXCL_UNLINK: Final = 0x04000000
IN_ISDIR: Final = 0x40000000

CHANGES: Final = (
    IN_MODIFY | IN_ATTRIB | IN_CLOSE_WRITE | IN_MOVED_FROM | IN_MOVED_TO | IN_CREATE | IN_DELETE | IN_DELETE_SELF
    | IN_MOVE_SELF | IN_ONLYDIR | IN_EXCL_UNLINK
)  # fmt: skip
_HEAD: Final = struct.Struct("iIII")
_BUFFER: Final = 1 << 18


class Event(NamedTuple):
    """One event: which watch, what happened (``IN_`` bits), to which name in the watched folder."""

    watch: int
    mask: int
    name: bytes


class Inotify:
    """One queue of events. Every method may raise ``OSError``; ENOSPC and EMFILE are the user's limits."""

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._libc.inotify_add_watch.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_uint32)
        self._handle = self._checked(self._libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC))

    def fileno(self) -> int:
        """The descriptor that becomes readable when there are events."""
        return self._handle

    def add(self, path: bytes) -> int:
        """Watch a folder; the number of its watch, the one it has if it is watched already."""
        return self._checked(self._libc.inotify_add_watch(self._handle, path, CHANGES))

    def remove(self, watch: int) -> None:
        """Watch a folder no more; one that is gone is no error."""
        self._libc.inotify_rm_watch(self._handle, watch)

    def read(self) -> Iterator[Event]:
        """The events that wait, at most one buffer full, without blocking."""
        try:
            data = os.read(self._handle, _BUFFER)
        except BlockingIOError:
            return
        at, end = 0, len(data)
        while at < end:
            watch, mask, _, length = _HEAD.unpack_from(data, at)
            at += _HEAD.size
            yield Event(watch, mask, data[at : at + length].rstrip(b"\0") if length else b"")
            at += length

    def close(self) -> None:
        """Close the queue, which removes all its watches."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    @staticmethod
    def _checked(result: int) -> int:
        if result < 0:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code))
        return result


def describe_limit(error: OSError) -> str | None:
    """What to do where a limit is reached; None for other errors."""
    match error.errno:
        case errno.ENOSPC:
            name, what = "max_user_watches", "folders to watch than the system allows"
        case errno.EMFILE:
            name, what = "max_user_instances", "watchers than the system allows"
        case _:
            return None
    return f"more {what} (raise fs.inotify.{name} with sysctl); the folder is polled"
