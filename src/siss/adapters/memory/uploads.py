"""Uploads in the process, for tests."""

import hashlib
import uuid
from collections.abc import AsyncIterable, Collection
from pathlib import Path

from siss.errors import ConflictError, NotFoundError
from siss.model.file import FileStat
from siss.model.upload import Existing, Placed, Staged


class MemoryUploads:
    """Implements ``siss.ports.uploads.Uploads``. ``files``: bytes by path; ``staged``: by temporary name."""

    def __init__(self, root: bytes = b"/nas/uploads") -> None:
        self._root = root
        self.files: dict[str, bytes] = {}
        self.staged: dict[str, bytes] = {}

    @property
    def root(self) -> bytes:
        """The absolute path of the upload root."""
        return self._root

    async def receive(self, parts: AsyncIterable[bytes]) -> Staged:
        """Keep bytes under a temporary name."""
        data = b"".join([part async for part in parts])
        name = uuid.uuid4().hex
        self.staged[name] = data
        return Staged(name, len(data), hashlib.sha256(data).digest())

    def file_of(self, staged: Staged) -> Path:
        """There is none."""
        return Path(staged.name)

    async def place(self, staged: Staged, path: str, existing: Existing) -> Placed:
        """Give staged bytes their name."""
        stem, dot, extension = path.rpartition(".")
        tail = dot + extension
        for number in range(1, 1000):
            given = path if number == 1 else f"{stem or path} ({number}){tail if stem else ''}"
            there = self.files.get(given)
            if there is not None and hashlib.sha256(there).digest() == staged.sha256:
                self.staged.pop(staged.name, None)
                return self._placed(given, created=False)
            if there is None or existing is Existing.REPLACE:
                if staged.name not in self.staged:
                    raise NotFoundError("What was uploaded is not there any more: send it again.")
                former = None if there is None else f"{staged.name}-former"
                if there is not None and former is not None:
                    self.staged[former] = there
                self.files[given] = self.staged.pop(staged.name)
                return self._placed(given, created=True, former=former)
            if existing is Existing.FAIL:
                break
        raise ConflictError(f"{path} is there already.", path=path)

    async def settle(self, placed: Placed) -> None:
        """Forget what it replaced."""
        self.staged.pop(placed.former or "", None)

    async def take_back(self, staged: Staged, placed: Placed) -> None:
        """Undo ``place``."""
        if placed.created and hashlib.sha256(self.files.get(placed.path, b"")).digest() == staged.sha256:
            self.staged[staged.name] = self.files.pop(placed.path)
            if placed.former is not None:
                self.files[placed.path] = self.staged.pop(placed.former)

    async def discard(self, staged: Staged) -> None:
        """Forget what was staged."""
        self.staged.pop(staged.name, None)

    async def sweep(self, older_than: float, keep: Collection[str]) -> int:
        """Nothing here is ever left behind for long."""
        gone = [] if older_than > 0 else [name for name in self.staged if name not in keep]
        for name in gone:
            del self.staged[name]
        return len(gone)

    def _placed(self, path: str, *, created: bool, former: str | None = None) -> Placed:
        return Placed(path, FileStat(len(self.files[path]), 0, 1, 1), created, former)
