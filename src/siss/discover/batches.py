"""Batches of changes from a watcher: which folders to list again, each once."""

from collections.abc import Collection, Container, Iterator
from dataclasses import dataclass, field
from typing import Final

MAX_PLACES: Final = 2000
"""With more changed folders than this a batch asks for the whole root, whose scan costs less."""


@dataclass(frozen=True, slots=True)
class WatchBatch:
    """Where to look. Paths are original bytes relative to the root, empty for the root.

    ``folders``: to list again, without what is below; ``trees``: to walk again with all that is below (an empty
    path: everything), none of them below another. ``reason``: why everything must be looked at. ``ended``: no
    more batches will come, poll from now on.
    """

    folders: tuple[bytes, ...] = ()
    trees: tuple[bytes, ...] = ()
    reason: str = ""
    ended: bool = False

    @property
    def everything(self) -> bool:
        """Whether the whole root must be walked."""
        return b"" in self.trees


@dataclass(slots=True)
class Pending:
    """Collects what has changed since the last batch."""

    folders: set[bytes] = field(default_factory=set)
    trees: set[bytes] = field(default_factory=set)
    reason: str = ""

    def everything(self, reason: str) -> None:
        """Ask for the whole root."""
        self.trees.add(b"")
        self.reason = self.reason or reason

    def __bool__(self) -> bool:
        return bool(self.folders or self.trees)

    def take(self, *, ended: bool = False) -> WatchBatch:
        """The batch, each place named once; nothing is pending afterwards."""
        places = len(self.folders) + len(self.trees)
        if places > MAX_PLACES:
            self.everything(f"{places:,} folders changed at once")
        trees = tuple(topmost(self.trees))
        folders = tuple(
            sorted(path for path in self.folders if path not in self.trees and not is_below(path, self.trees))
        )
        batch = WatchBatch(folders, trees, self.reason, ended)
        self.folders, self.trees, self.reason = set(), set(), ""
        return batch


def topmost(folders: Collection[bytes]) -> list[bytes]:
    """The folders that are not below another of them, in order."""
    return sorted(path for path in folders if not is_below(path, folders))


def is_below(path: bytes, folders: Container[bytes]) -> bool:
    """Whether one of the folders (a set, for speed) is above the path; the root is above all others."""
    return any(folder in folders for folder in folders_above(path))


def is_within(path: bytes, folders: Container[bytes]) -> bool:
    """Whether the path is one of the folders (a set, for speed), or below one."""
    return path in folders or is_below(path, folders)


def folders_above(path: bytes) -> Iterator[bytes]:
    """The folders that hold a path, from the nearest to the root."""
    while path:
        path = path.rpartition(b"/")[0]
        yield path
