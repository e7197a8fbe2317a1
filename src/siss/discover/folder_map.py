"""A mapping of folders that finds those below one folder without searching all others.

A change in one of a million folders must not cost a step for each of them.
"""

from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

V = TypeVar("V")


class FolderMap(Generic[V]):
    """A value for each folder, by relative path; the root is the empty one. A folder's parent need not be known."""

    def __init__(self, items: Iterable[tuple[bytes, V]] = ()) -> None:
        self._values: dict[bytes, V] = {}
        self._inside: dict[bytes, set[bytes]] = {}
        """Children of each folder that are known, or lead to a known one; never an empty set."""
        self.update(items)

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, path: bytes) -> bool:
        return path in self._values

    def __setitem__(self, path: bytes, value: V) -> None:
        if path not in self._values:
            self._link(path)
        self._values[path] = value

    def get(self, path: bytes) -> V | None:
        """The value of a folder; None if it is not known."""
        return self._values.get(path)

    def items(self) -> Iterable[tuple[bytes, V]]:
        """All folders with their values."""
        return self._values.items()

    def update(self, items: Iterable[tuple[bytes, V]]) -> None:
        """Set values."""
        for path, value in items:
            self[path] = value

    def pop(self, path: bytes) -> V | None:
        """Forget a folder, not those below it. Returns its value; None where it was not known."""
        value = self._values.pop(path, None)
        if value is not None:
            self._unlink(path)
        return value

    def children(self, folder: bytes) -> list[bytes]:
        """The known direct subfolders, in order."""
        return sorted(path for path in self._inside.get(folder, ()) if path in self._values)

    def below(self, folder: bytes) -> Iterator[bytes]:
        """A folder, if it is known, and all known folders below it. The map must not change meanwhile."""
        waiting = [folder]
        while waiting:
            path = waiting.pop()
            if path in self._values:
                yield path
            waiting += self._inside.get(path, ())

    def _link(self, path: bytes) -> None:
        while path:
            parent = path.rpartition(b"/")[0]
            if (inside := self._inside.get(parent)) is not None:
                inside.add(path)
                return  # that one is linked already
            self._inside[parent] = {path}
            path = parent

    def _unlink(self, path: bytes) -> None:
        while path and path not in self._values and path not in self._inside:
            parent = path.rpartition(b"/")[0]
            inside = self._inside[parent]
            inside.discard(path)
            if inside:
                return
            del self._inside[parent]
            path = parent
