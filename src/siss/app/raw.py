"""The file's own bytes, read from the NAS in threads that a hung mount may keep without hurting anybody else.

A path comes from the catalog, never from a request. What it leads to is looked at again after opening: a link that
was put in its place since the last scan must not lead out of the root.
"""

import asyncio
import contextlib
import errno
import os
import stat as stats
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, TypeVar

from siss.app.rights import require_raw
from siss.app.services import Services
from siss.errors import ForbiddenError, NasUnavailableError, NotFoundError
from siss.model.coverage import Reason
from siss.model.file import FileRecord, FileStat, FileStatus, Root, RootState
from siss.model.principal import Principal

PART_BYTES: Final = 256 * 1024
THREADS_PER_ROOT: Final = 8
RETRY_AFTER: Final = 30

_AWAY: Final = {
    errno.EIO, errno.ESTALE, errno.ENOTCONN, errno.ETIMEDOUT, errno.EHOSTDOWN, errno.EHOSTUNREACH, errno.ENODEV,
    errno.ENXIO, errno.ECONNABORTED, errno.ECONNRESET, errno.ENETUNREACH, errno.ENETDOWN,
}  # fmt: skip
"""What network file systems report when the other side is gone."""

Result = TypeVar("Result")


class Handle:
    """An open descriptor. It is closed on a thread, because closing can wait for the NAS like anything else."""

    __slots__ = ("_open", "number")

    def __init__(self, number: int) -> None:
        self.number = number
        self._open = True

    def close(self) -> None:
        """Let go of the file; again does nothing."""
        if self._open:
            self._open = False
            threading.Thread(target=_close_quietly, args=(self.number,), name="siss-nas-close", daemon=True).start()

    def __del__(self) -> None:
        if not sys.is_finalizing():
            self.close()


def _close_quietly(number: int) -> None:
    with contextlib.suppress(OSError):
        os.close(number)


@dataclass(frozen=True, slots=True)
class RawFile:
    """A file that was opened on the NAS; ``NasReader.read`` or ``handle.close()`` closes it.

    ``indexed``: these are the bytes that were indexed, as far as size and modification time tell.
    """

    file: FileRecord
    root: Root
    handle: Handle
    stat: FileStat
    indexed: bool


@dataclass(slots=True)
class _Lane:
    """The threads of one root: when all of them hang, further requests are refused at once."""

    busy: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self) -> bool:
        with self.lock:
            if self.busy >= THREADS_PER_ROOT:
                return False
            self.busy += 1
            return True

    def give_back(self) -> None:
        with self.lock:
            self.busy -= 1


class NasReader:
    """Runs file system calls on daemon threads with a time limit. One for each process.

    ``observe`` is told the root and the seconds of every call that came back.
    """

    def __init__(self, timeout: float, observe: Callable[[str, float], None] | None = None) -> None:
        self.timeout = timeout
        self._observe = observe
        self._lanes: dict[bytes, _Lane] = {}

    async def open(self, services: Services, principal: Principal, file: FileRecord) -> RawFile:
        """Open a file's current bytes.

        Raises ``ForbiddenError``, ``NotFoundError`` for a file that is gone, ``NasUnavailableError`` for a root, or
        what was mounted below it, that is away or does not answer in time.
        """
        require_raw(principal)
        if file.status is FileStatus.DELETED:
            raise NotFoundError(f"{file.shown} was deleted.", id=str(file.public_id))
        root = next((root for root in await services.catalog.roots() if root.id == file.root_id), None)
        if root is None:
            raise NotFoundError(f"{file.shown} is in no folder that is indexed now.", id=str(file.public_id))
        if root.state is RootState.AWAY:
            raise _away(root, root.reason)
        path = await services.catalog.raw_path(file.id)
        try:
            handle, found = await self._call(root, partial(_open_present, path, root.path), _close_late)
        except NotFoundError:
            skipped = await services.catalog.skipped(file.shown.rpartition("/")[0])
            if skipped is not None and skipped.gap.reason is Reason.MOUNT_AWAY:
                raise _away(root, f"{skipped.shown}: {skipped.gap.detail}") from None
            raise
        return RawFile(file, root, handle, found, _is_indexed(file, found))

    async def read(self, raw: RawFile, start: int, end: int) -> AsyncIterator[bytes]:
        """The bytes from ``start`` to ``end`` (half-open), then close the file.

        Raises ``NasUnavailableError`` where the file ends before (it was cut off) or the NAS goes away: the length
        was promised, so the response must break off rather than look complete.
        """
        handle, at, reading = raw.handle, start, False

        def close_after(_result: bytes | BaseException) -> None:
            handle.close()

        try:
            while at < end:
                reading = True
                work = partial(os.pread, handle.number, min(PART_BYTES, end - at), at)
                try:
                    part = await self._call(raw.root, work, close_after)
                except (NasUnavailableError, NotFoundError, ForbiddenError) as error:
                    reading = "timeout" in error.details
                    raise
                reading = False
                if not part:
                    raise NasUnavailableError(f"{raw.file.shown} was cut off while it was read.")
                at += len(part)
                yield part
        finally:
            # A thread that still reads keeps the descriptor: closing under it could hit another file's number.
            if not reading:
                handle.close()

    async def _call(self, root: Root, work: Callable[[], Result], late: Callable[[Any], None]) -> Result:
        """Run a call on a thread. ``late`` is told the outcome of one that nobody waits for any more."""
        lane = self._lanes.setdefault(root.path, _Lane())
        if not lane.take():
            raise _away(root, "earlier reads have not come back yet")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Result] = loop.create_future()

        def deliver(result: Any, failure: BaseException | None) -> None:
            if future.done():
                late(result if failure is None else failure)
            elif failure is not None:
                future.set_exception(failure)
            else:
                future.set_result(result)

        def run() -> None:
            began = time.perf_counter()
            result: Any = None
            failure: BaseException | None = None
            try:
                result = work()
            except BaseException as error:  # noqa: BLE001 - it is raised where it is awaited
                failure = error
            lane.give_back()
            if self._observe is not None:
                self._observe(root.shown, time.perf_counter() - began)
            try:
                loop.call_soon_threadsafe(deliver, result, failure)
            except RuntimeError:  # the loop was closed meanwhile
                late(result if failure is None else failure)

        threading.Thread(target=run, name="siss-nas", daemon=True).start()
        try:
            async with asyncio.timeout(self.timeout):
                return await future
        except TimeoutError as error:
            raise _away(root, f"no answer within {self.timeout:g} s", timeout=self.timeout) from error
        except OSError as error:
            raise _translate(error, root) from error


def _close_late(opened: tuple[Handle, FileStat] | BaseException) -> None:
    if not isinstance(opened, BaseException):
        opened[0].close()


def _open_present(path: bytes, root: bytes) -> tuple[Handle, FileStat]:
    """Open a file; where it is gone because the whole root is (unmounted: an empty folder), say that instead."""
    try:
        return open_inside(path, root)
    except FileNotFoundError:
        with os.scandir(root) if os.path.isdir(root) else contextlib.nullcontext(iter(())) as entries:  # noqa: PTH112 - bytes
            if next(entries, None) is None:
                raise OSError(errno.ENODEV, "nothing is mounted there") from None
        raise


def open_inside(path: bytes, root: bytes) -> tuple[Handle, FileStat]:
    """Open a regular file that lies, with all links resolved, inside of ``root``.

    Never blocks on a pipe. Raises ``OSError``, and ``ForbiddenError`` for anything else than such a file.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | getattr(os, "O_NOCTTY", 0))
    try:
        found = os.fstat(descriptor)
        real = _real_path(descriptor, path, found)
        home = os.path.realpath(root)
        if real is None or not (real == home or real.startswith(home.rstrip(b"/") + b"/")):
            raise ForbiddenError("The file is now a link that leaves its root; it is not followed.")
        if not stats.S_ISREG(found.st_mode):
            raise ForbiddenError("There is now something else than a regular file at this path.")
    except BaseException:
        os.close(descriptor)
        raise
    return Handle(descriptor), FileStat(found.st_size, found.st_mtime_ns, found.st_ino, found.st_dev)


def _real_path(descriptor: int, path: bytes, found: os.stat_result) -> bytes | None:
    """Where an open file really is; None where it cannot be told."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            return os.readlink(f"/proc/self/fd/{descriptor}".encode())  # noqa: PTH115 - bytes
    real = os.path.realpath(path)
    there = os.stat(real)  # noqa: PTH116 - bytes
    return real if (there.st_dev, there.st_ino) == (found.st_dev, found.st_ino) else None


def _is_indexed(file: FileRecord, found: FileStat) -> bool:
    """Whether size and modification time (to the microsecond, as the catalog holds it) are those of the index."""
    at = round(file.modified_at.timestamp() * 1_000_000)
    return (
        file.sha256 is not None
        and file.status in {FileStatus.INDEXED, FileStatus.METADATA_ONLY}
        and file.size == found.size
        and abs(at - found.mtime_ns // 1000) <= 1
    )


def _away(root: Root, reason: str, **details: float) -> NasUnavailableError:
    because = f" ({reason})" if reason else ""
    return NasUnavailableError(
        f"{root.shown} cannot be read now{because}. Search and the indexed text still work.",
        root=root.shown,
        retry_after=RETRY_AFTER,
        **details,
    )


def _translate(error: OSError, root: Root) -> Exception:
    if error.errno in _AWAY:
        return _away(root, os.strerror(error.errno))
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return NotFoundError("The file is not there any more; the next scan will notice.", root=root.shown)
    if isinstance(error, PermissionError):
        return ForbiddenError("The user that runs SISS may not read the file.", root=root.shown)
    return _away(root, error.strerror or str(error))
