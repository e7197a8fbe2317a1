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
import time
from collections.abc import AsyncIterable, AsyncIterator, Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from siss.adapters.folder.writers import Writers, writer_of
from siss.adapters.folder.writing import FileWriting
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


class _NoLinksError(Exception):
    """The file system has no hard links, or none for this file."""


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
        return await self._write(self._writers.new_name(), parts)

    async def _write(self, name: str, parts: AsyncIterable[bytes], mode: int = 0o666) -> Staged:
        """Write bytes under this temporary name, to disk. Nothing is left where it raises."""
        file = FileWriting()
        buffer = bytearray()
        try:
            await self._call(partial(file.open, partial(self._create, name, mode)))
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
        try:
            return await self._call(partial(self._place, staged, path, existing))
        except _NoLinksError:
            former = self._writers.new_name() + _FORMER
            await self._copy(path, former)
            try:
                return await self._call(partial(self._place, staged, path, existing, former))
            except BaseException:
                self._threads.submit(self._abandon, former, FileWriting())
                raise

    async def settle(self, placed: Placed) -> None:
        """Let go of what it replaced."""
        if placed.former is not None:
            await self._call(partial(self._unlink, placed.former))

    async def take_back(self, staged: Staged, placed: Placed) -> None:
        """Undo ``place``."""
        if not placed.created:
            return
        try:
            await self._call(partial(self._take_back, staged, placed))
        except _NoLinksError:
            await self._copy(placed.path, staged.name)
            await self._call(partial(self._take_back, staged, placed, copied=True))

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

    async def _copy(self, path: str, name: str) -> None:
        """Give a file's bytes, and its time, a temporary name as well, where a link cannot."""
        original = await self._call(partial(self._open, path))
        try:
            copy = await self._write(name, self._parts_of(original), 0o600)
            await self._call(partial(self._age, copy.name, original))
        finally:
            self._threads.submit(os.close, original)  # behind a call that hangs with it

    async def _parts_of(self, descriptor: int) -> AsyncIterator[bytes]:
        while part := await self._call(partial(os.read, descriptor, BUFFER_BYTES)):
            yield part

    def _open(self, path: str) -> int:
        with contextlib.ExitStack() as stack:
            folder = self._folder_of(stack, path)
            try:
                descriptor = os.open(path.rpartition("/")[2], _FILE, dir_fd=folder)
            except OSError as error:
                if error.errno == errno.ELOOP:
                    raise ConflictError(f"{path} is a link.", path=path) from error
                raise
        mode = os.fstat(descriptor).st_mode
        if not stats.S_ISREG(mode):
            os.close(descriptor)
            raise ConflictError(f"{path} is {'a folder' if stats.S_ISDIR(mode) else 'no file'}.", path=path)
        return descriptor

    def _age(self, name: str, original: int) -> None:
        """Let a copy be as old as what it was made of, and as open to others, as far as the file system has that."""
        stat = os.fstat(original)
        with self._incoming() as folder, _opened(os.open(name + SUFFIX, _FILE, dir_fd=folder)) as copy:
            os.utime(copy, ns=(stat.st_atime_ns, stat.st_mtime_ns))
            with contextlib.suppress(PermissionError):
                os.fchmod(copy, stats.S_IMODE(stat.st_mode))

    @contextlib.contextmanager
    def _incoming(self) -> Iterator[int]:
        with (
            _opened(os.open(self._root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)) as root,
            _opened(_enter(root, INCOMING_FOLDER, create=True)) as folder,
        ):
            yield folder

    def _create(self, name: str, mode: int) -> int:
        with self._incoming() as folder:
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            return os.open(name + SUFFIX, flags, mode, dir_fd=folder)

    def _abandon(self, name: str, file: FileWriting) -> None:
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

    def _place(self, staged: Staged, path: str, existing: Existing, copied: str | None = None) -> Placed:
        """``copied``: the temporary name of a copy of what is replaced; ``_NoLinksError`` where one is wanted."""
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
                former = None
                try:
                    if existing is Existing.REPLACE:
                        former = self._replace(incoming, source, folder, given, copied)
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
                return Placed("/".join((*folders, given)), stat, created=True, former=former)
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

    def _replace(self, incoming: int, source: str, folder: int, name: str, copied: str | None) -> str | None:
        """Move a file over another, which keeps a temporary name: that, None where there was no other."""
        former = copied
        if copied is None:
            kept = self._writers.new_name() + _FORMER
            with contextlib.suppress(FileNotFoundError):
                _link(folder, name, incoming, kept + SUFFIX)
                former = kept
        try:
            os.rename(source, name, src_dir_fd=incoming, dst_dir_fd=folder)
        except BaseException:
            if former is not None:
                os.unlink(former + SUFFIX, dir_fd=incoming)
            raise
        return former

    def _take_back(self, staged: Staged, placed: Placed, *, copied: bool = False) -> None:
        """``copied``: what is to be staged again is. Raises ``_NoLinksError`` where it must be."""
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
                    if not copied:
                        _link(folder, name, incoming, source)
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


def _link(folder: int, name: str, other: int, new_name: str) -> None:
    """A second name for a file, in another folder. Raises ``_NoLinksError`` where the file system has none."""
    try:
        os.link(name, new_name, src_dir_fd=folder, dst_dir_fd=other, follow_symlinks=False)
    except OSError as error:
        if error.errno in _NO_LINKS:
            raise _NoLinksError from error
        raise


def _give_name(incoming: int, source: str, folder: int, name: str) -> None:
    """Move a file to a name that is free. Never seen half, never over what is there."""
    try:
        _link(incoming, source, folder, name)
    except _NoLinksError:
        # Without hard links there is no move that refuses to replace: take the name first, then move over it.
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        os.close(os.open(name, flags, 0o666, dir_fd=folder))
        os.rename(source, name, src_dir_fd=incoming, dst_dir_fd=folder)
    else:
        os.unlink(source, dir_fd=incoming)
