"""Uploads in a folder, usually of the NAS.

Every step goes from an open folder to an entry of it (``openat``) and follows no link, so that a link that somebody
puts in the way between two steps leads nowhere. Calls that may wait for the NAS run on threads of their own with a
time limit.
"""

import asyncio
import contextlib
import errno
import hashlib
import os
import stat as stats
import threading
import time
from collections.abc import AsyncIterable, Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from siss.adapters.folder.writers import Writers, writer_of
from siss.errors import ConflictError, DiskFullError, ForbiddenError, NasUnavailableError, NotFoundError, SissError
from siss.model.file import FileStat
from siss.model.upload import INCOMING_FOLDER, Existing, Placed, Staged

SUFFIX: Final = ".sisstmp"
_FORMER: Final = "-former"
"""Ends the temporary name of what was replaced, until that is settled."""
THREADS: Final = 8
BUFFER_BYTES: Final = 1 << 20
MOST_NAMES: Final = 1000
"""Numbers tried behind a name that is taken."""

_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_NO_LINKS: Final = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}
"""What file systems without hard links (SMB, FAT) say."""
_FULL: Final = {errno.ENOSPC, errno.EDQUOT}
_DENIED: Final = {errno.EACCES, errno.EPERM, errno.EROFS}
_NO_FOLDER: Final = {errno.ENOENT, errno.ENOTDIR}

T = TypeVar("T")


class FolderUploads:
    """Implements ``siss.ports.uploads.Uploads``.

    ``timeout``: seconds that one call may wait for the NAS; ``locks``: a folder for those of ``Writers``.
    """

    def __init__(self, root: Path, timeout: float, locks: Path) -> None:
        self._root = os.path.realpath(os.fsencode(root))
        self._timeout = timeout
        self._writers = Writers(locks)
        self._threads = ThreadPoolExecutor(THREADS, "siss-upload")

    @property
    def root(self) -> bytes:
        """The absolute path of the upload root, links resolved."""
        return self._root

    async def receive(self, parts: AsyncIterable[bytes]) -> Staged:
        """Write bytes under a temporary name, to disk."""
        name = self._writers.new_name()
        file = _Writing()
        buffer = bytearray()
        try:
            await self._call(partial(file.open, partial(self._create, name)))
            async for part in parts:
                buffer += part
                if len(buffer) >= BUFFER_BYTES:
                    full, buffer = bytes(buffer), bytearray()
                    await self._call(partial(file.write, full))
            await self._call(partial(file.finish, bytes(buffer)))
        except BaseException:
            # Without waiting: whoever sent this may be gone, and a NAS that hangs must not hold the request.
            self._threads.submit(self._abandon, name, file)
            raise
        return Staged(name, file.size, file.digest.digest())

    def file_of(self, staged: Staged) -> Path:
        """Where a staged file lies."""
        return Path(os.fsdecode(self._root)) / INCOMING_FOLDER / (staged.name + SUFFIX)

    async def place(self, staged: Staged, path: str, existing: Existing) -> Placed:
        """Give a staged file its name, at once and durably."""
        return await self._call(partial(self._place, staged, path, existing))

    async def settle(self, placed: Placed) -> None:
        """Let go of what it replaced."""
        if placed.former is not None:
            await self._call(partial(self._unlink, placed.former))

    async def take_back(self, staged: Staged, placed: Placed) -> None:
        """Undo ``place``."""
        if placed.created and not placed.lasting:
            await self._call(partial(self._take_back, staged, placed))

    async def discard(self, staged: Staged) -> None:
        """Delete what was staged."""
        await self._call(partial(self._unlink, staged.name))

    async def sweep(self, older_than: float, keep: Collection[str]) -> int:
        """Delete what processes that died left, and what was staged longer ago."""
        return await self._call(partial(self._sweep, time.time() - older_than, frozenset(keep)))

    def close(self) -> None:
        """Write nothing more: what was staged and got no name is for whoever sweeps next."""
        self._writers.close()

    async def _call(self, work: Callable[[], T]) -> T:
        running = asyncio.get_running_loop().run_in_executor(self._threads, work)
        try:
            async with asyncio.timeout(self._timeout):
                return await asyncio.shield(running)
        except TimeoutError as error:
            running.add_done_callback(lambda done: done.cancelled() or done.exception())
            raise self._away(f"does not answer within {self._timeout:g} s: try again") from error
        except OSError as error:
            raise self._translate(error) from error

    @contextlib.contextmanager
    def _incoming(self) -> Iterator[int]:
        with (
            _opened(os.open(self._root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)) as root,
            _opened(_enter(root, INCOMING_FOLDER, create=True)) as folder,
        ):
            yield folder

    def _create(self, name: str) -> int:
        with self._incoming() as folder:
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            return os.open(name + SUFFIX, flags, 0o666, dir_fd=folder)

    def _abandon(self, name: str, file: "_Writing") -> None:
        with contextlib.suppress(OSError):
            file.close()
        with contextlib.suppress(OSError):
            self._unlink(name)

    def _unlink(self, name: str) -> None:
        with self._incoming() as folder, contextlib.suppress(FileNotFoundError):
            os.unlink(name + SUFFIX, dir_fd=folder)

    def _sweep(self, before: float, keep: frozenset[str]) -> int:
        count = 0
        with self._writers.dead() as dead, self._incoming() as folder:
            for name in os.listdir(folder):  # noqa: PTH208 - an open folder, not a path
                if name.endswith(SUFFIX) and name.removesuffix(SUFFIX) not in keep:
                    with contextlib.suppress(FileNotFoundError):
                        stat = os.stat(name, dir_fd=folder, follow_symlinks=False)
                        # What was replaced is as old as it was; when it came here only the other time tells.
                        came = stat.st_ctime if name.endswith(_FORMER + SUFFIX) else stat.st_mtime
                        if came < before or writer_of(name) in dead:
                            os.unlink(name, dir_fd=folder)
                            count += 1
        return count

    def _place(self, staged: Staged, path: str, existing: Existing) -> Placed:
        *folders, name = path.split("/")
        with contextlib.ExitStack() as stack:
            incoming = stack.enter_context(self._incoming())
            source = staged.name + SUFFIX
            folder = self._folder_of(stack, path)
            for given in _names(name, existing):
                found = _same_bytes(folder, given, staged)
                if found is not None:
                    with contextlib.suppress(FileNotFoundError):
                        os.unlink(source, dir_fd=incoming)
                    return Placed("/".join((*folders, given)), found, created=False)
                former, lasting = None, False
                try:
                    if existing is Existing.REPLACE:
                        former, lasting = self._replace(incoming, source, folder, given)
                    else:
                        _give_name(incoming, source, folder, given)
                except FileExistsError:
                    continue
                except IsADirectoryError as error:
                    raise ConflictError(f"{path} is a folder.", path=path) from error
                except FileNotFoundError as error:
                    raise NotFoundError("What was uploaded is not there any more: send it again.") from error
                os.fsync(folder)
                stat = FileStat.of(os.stat(given, dir_fd=folder, follow_symlinks=False))
                return Placed("/".join((*folders, given)), stat, created=True, former=former, lasting=lasting)
        raise ConflictError(f"{path} is there already: another name, or `existing=rename` or `replace`.", path=path)

    def _folder_of(self, stack: contextlib.ExitStack, path: str) -> int:
        """The folder of a path, made where it is not there, open for as long as the stack is."""
        folder = stack.enter_context(_opened(os.open(self._root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)))
        for part in path.split("/")[:-1]:
            try:
                folder = stack.enter_context(_opened(_enter(folder, part, create=True)))
            except OSError as error:
                if error.errno in {errno.ELOOP, errno.ENOTDIR}:
                    raise ForbiddenError(f"{part} in {path} is a link or a file, not a folder.") from error
                raise
        return folder

    def _replace(self, incoming: int, source: str, folder: int, name: str) -> tuple[str | None, bool]:
        """Move a file over another, which keeps a temporary name: that, and whether it was lost for want of links."""
        former: str | None = self._writers.new_name() + _FORMER
        lasting = False
        try:
            os.link(name, f"{former}{SUFFIX}", src_dir_fd=folder, dst_dir_fd=incoming, follow_symlinks=False)
        except FileNotFoundError:
            former = None
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            former, lasting = None, True
        try:
            os.rename(source, name, src_dir_fd=incoming, dst_dir_fd=folder)
        except BaseException:
            if former is not None:
                os.unlink(former + SUFFIX, dir_fd=incoming)
            raise
        return former, lasting

    def _take_back(self, staged: Staged, placed: Placed) -> None:
        name = placed.path.rpartition("/")[2]
        with contextlib.ExitStack() as stack:
            incoming = stack.enter_context(self._incoming())
            folder = self._folder_of(stack, placed.path)
            with contextlib.suppress(FileNotFoundError):
                if FileStat.of(os.stat(name, dir_fd=folder, follow_symlinks=False)) != placed.stat:
                    return  # somebody else's by now
                source = staged.name + SUFFIX
                if placed.former is None:
                    os.rename(name, source, src_dir_fd=folder, dst_dir_fd=incoming)
                else:
                    os.link(name, source, src_dir_fd=folder, dst_dir_fd=incoming, follow_symlinks=False)
                    os.rename(placed.former + SUFFIX, name, src_dir_fd=incoming, dst_dir_fd=folder)
                os.fsync(folder)

    def _away(self, reason: str) -> NasUnavailableError:
        where = f"The upload folder {os.fsdecode(self._root)} (SISS_UPLOAD_ROOT)"
        return NasUnavailableError(f"{where} {reason}.", retry_after=30)

    def _translate(self, error: OSError) -> SissError:
        told = os.strerror(error.errno) if error.errno else str(error)
        if error.errno in _FULL:
            return DiskFullError(f"disk full: {os.fsdecode(self._root)} has no room for the upload.")
        if error.errno in {errno.ENAMETOOLONG, errno.EINVAL, errno.EILSEQ}:
            return ForbiddenError(f"The file system of the upload root does not take that name ({told}).")
        if error.errno in _DENIED:
            return self._away(
                f"may not be written ({told}): the service's user needs the right, and the mount to be rw"
            )
        if error.filename == self._root and error.errno in _NO_FOLDER:
            return self._away(f"is no folder that is there ({told}): mount it, make it, or name another one")
        return self._away(f"cannot be written to now ({told}): try again")


class _Writing:
    """A file that is being written.

    The lock: a write that hangs must not have its descriptor closed under it. What was closed stays so: a call that
    nobody waits for any more may come to its turn later.
    """

    def __init__(self) -> None:
        self._descriptor: int | None = None
        self._closed = False
        self._lock = threading.Lock()
        self.digest = hashlib.sha256()
        self.size = 0

    def open(self, create: Callable[[], int]) -> None:
        """Begin, unless it was given up before."""
        with self._lock:
            if not self._closed:
                self._descriptor = create()

    def write(self, data: bytes) -> None:
        """Write, whole."""
        with self._lock:
            if self._descriptor is None:
                return  # given up
            self.digest.update(data)
            self.size += len(data)
            view = memoryview(data)
            while view:
                view = view[os.write(self._descriptor, view) :]

    def finish(self, data: bytes) -> None:
        """Write the last, and see that all of it is on disk."""
        self.write(data)
        with self._lock:
            if self._descriptor is not None:
                os.fsync(self._descriptor)
        self.close()

    def close(self) -> None:
        """Let go of the file; again does nothing."""
        with self._lock:
            self._closed = True
            descriptor, self._descriptor = self._descriptor, None
            if descriptor is not None:
                os.close(descriptor)


@contextlib.contextmanager
def _opened(descriptor: int) -> Iterator[int]:
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _enter(folder: int, name: str, *, create: bool) -> int:
    """Open a folder in an open folder; a link is none."""
    try:
        return os.open(name, _FOLDER, dir_fd=folder)
    except FileNotFoundError:
        if not create:
            raise
    with contextlib.suppress(FileExistsError):
        os.mkdir(name, dir_fd=folder)
        os.fsync(folder)
    return os.open(name, _FOLDER, dir_fd=folder)


def _names(name: str, existing: Existing) -> Iterator[str]:
    yield name
    if existing is Existing.RENAME:
        stem, dot, extension = name.rpartition(".")
        if not stem:
            stem, dot, extension = name, "", ""
        for number in range(2, MOST_NAMES):
            tail = f" ({number}){dot}{extension}"
            yield _cut(stem, 255 - len(tail.encode())) + tail


def _cut(text: str, size: int) -> str:
    return text.encode()[: max(1, size)].decode("utf-8", "ignore")


def _same_bytes(folder: int, name: str, staged: Staged) -> FileStat | None:
    """The file of that name, where it is a file of the same bytes."""
    try:
        descriptor = os.open(name, _FILE, dir_fd=folder)
    except OSError:
        return None
    with _opened(descriptor):
        found = os.fstat(descriptor)
        if not stats.S_ISREG(found.st_mode) or found.st_size != staged.size:
            return None
        digest = hashlib.sha256()
        while part := os.read(descriptor, BUFFER_BYTES):
            digest.update(part)
    return FileStat.of(found) if digest.digest() == staged.sha256 else None


def _give_name(incoming: int, source: str, folder: int, name: str) -> None:
    """Move a file to a name that is free. Never seen half, never over what is there."""
    try:
        os.link(source, name, src_dir_fd=incoming, dst_dir_fd=folder, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        # Without hard links there is no move that refuses to replace: take the name first, then move over it.
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        os.close(os.open(name, flags, 0o666, dir_fd=folder))
        os.rename(source, name, src_dir_fd=incoming, dst_dir_fd=folder)
    else:
        os.unlink(source, dir_fd=incoming)
