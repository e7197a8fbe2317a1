"""One folder as a walk found it, kept as raw names and numbers.

Most folders of most scans are unchanged, and one hash says so. Objects for files are built only for the folders
that changed: what a scan of a million files costs is the system's own listing and little else.
"""

import hashlib
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from siss.discover.paths import absolute_path, comparison_key, join_raw, join_shown, shown_path
from siss.model.coverage import Gap
from siss.model.file import FileStat, ObservedFile, SkippedPath

_INT64: Final = (1 << 63) - 1
FIELDS: Final = 3
"""Numbers kept of each file: size, mtime in nanoseconds, inode."""


class Failure(StrEnum):
    """Why a folder could not be read to its end. Its known files then do not count as deleted.

    ``GONE``: it is not there any more, though it was when its parent was read, and the root still stands: that is
    a deletion. ``DENIED``: there, but closed to us. ``BROKEN``: the file system reported an error.
    """

    GONE = "gone"
    DENIED = "denied"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class SkippedEntry:
    """An entry that is not indexed, and why. ``name`` is empty for the folder itself.

    ``unsure``: something is there, but it could not be looked at; a known file of that name stays known.
    """

    name: bytes
    gap: Gap
    unsure: bool = False


@dataclass(slots=True)
class FolderListing:
    """The entries of one folder, by name.

    ``path``: original bytes relative to the root, empty for the root. ``names``: of the files that are taken, in
    order. ``numbers``: size in bytes, mtime in nanoseconds since the epoch, and inode (0 where the file system
    does not keep them) of each, one after the other. ``device``: of the folder; ``devices``: of files that are on
    another one, by position. ``entries``: what was not taken. ``subfolders``: relative paths of the folders that
    are walked next. ``fingerprint``: equal for equal listings. ``racy``: a file changed so lately, or claims to
    change in the future, that it may change again without its numbers showing it: the fingerprint must not be
    stored. ``listed_at_ns``: when reading the folder began, by this machine's clock. ``later``: links to folders in
    it were left for later, so it says too little; nothing but ``subfolders`` is to be used. ``closed``: names of
    files that may not be read now. ``targets``: the folders of the root that its links lead into (``LinkTargets``).

    Nobody changes one. It is not frozen, as one is made of each folder: freezing it takes an eighth of a scan.
    """

    path: bytes
    root: bytes
    names: Sequence[bytes]
    numbers: Sequence[int]
    device: int
    listed_at_ns: int
    fingerprint: bytes
    racy: bool
    entries: Sequence[SkippedEntry] = ()
    subfolders: Sequence[bytes] = ()
    failure: Failure | None = None
    devices: Mapping[int, int] = field(default_factory=dict)
    later: bool = False
    closed: Sequence[bytes] = ()
    targets: Sequence[bytes] = ()

    def __len__(self) -> int:
        """The number of files."""
        return len(self.names)

    @property
    def whole(self) -> bool:
        """Whether the folder was read to its end, so that what is not listed does not exist."""
        return self.failure is None or self.failure is Failure.GONE

    @property
    def absent(self) -> bool:
        """Whether there is no such folder, or only something that is not walked, such as a broken link."""
        return self.failure is Failure.GONE or (
            self.failure is None and any(not entry.name for entry in self.entries)
        )

    @property
    def unsure(self) -> frozenset[bytes]:
        """Names of files and folders that exist but could not be examined: what the catalog knows of them stays."""
        return frozenset(entry.name for entry in self.entries if entry.unsure)

    @property
    def storable_fingerprint(self) -> bytes | None:
        """The fingerprint to store; None if the folder must be compared next time in any case."""
        return self.fingerprint if self.failure is None and not self.racy else None

    def stat_at(self, index: int) -> FileStat:
        """The stat of the file with this index in ``names``."""
        size, mtime_ns, inode = self.numbers[index * FIELDS : (index + 1) * FIELDS]
        return FileStat(size, mtime_ns, inode, self.devices.get(index, self.device))

    def observe(self, name: bytes, stat: FileStat) -> ObservedFile:
        """The file with this index as the catalog records it, for a root whose names differ by case."""
        path = join_raw(self.path, name)
        return ObservedFile(path, shown_path(path), comparison_key(path, case_insensitive=False), stat)

    def observe_folded(self, name: bytes, stat: FileStat) -> ObservedFile:
        """The same for a root whose names do not differ by case: the comparison key is folded."""
        path = join_raw(self.path, name)
        return ObservedFile(path, shown_path(path), comparison_key(path, case_insensitive=True), stat)

    def files(self, case_insensitive: bool) -> list[ObservedFile]:
        """All files as objects; for a folder that is new or changed."""
        observe = self.observe_folded if case_insensitive else self.observe
        return [observe(name, self.stat_at(index)) for index, name in enumerate(self.names)]

    def skipped(self) -> list[SkippedPath]:
        """What was not taken, with absolute shown paths."""
        folder = shown_path(absolute_path(self.root, self.path))
        return [
            SkippedPath(join_shown(folder, shown_path(entry.name)) if entry.name else folder, entry.gap)
            for entry in self.entries
        ]


def fingerprint(
    names: Sequence[bytes],
    numbers: Sequence[int],
    entries: Sequence[SkippedEntry],
    closed: Sequence[bytes] = (),
) -> bytes:
    """BLAKE2b (RFC 7693), 128 bits, over everything that a listing says.

    The device is left out: a network mount gets another number each time it is mounted.
    """
    if not names and not entries:
        return _EMPTY  # of folders that hold folders only
    numbers = numbers if isinstance(numbers, array) else array("q", numbers)
    said = len(names).to_bytes(8, "little") + b"\0".join(names) + numbers.tobytes()
    if entries:
        said += b"".join(map(_said, entries))
    if closed:
        said += b"\0closed\0" + b"\0".join(closed)
    return hashlib.blake2b(said, digest_size=16).digest()


def _said(entry: SkippedEntry) -> bytes:
    gap = entry.gap
    return b"\0%b\0%b\0%b" % (entry.name, gap.reason.encode(), gap.detail.encode("utf-8", "replace"))


_EMPTY: Final = hashlib.blake2b(bytes(8), digest_size=16).digest()


def cut_number(value: int) -> int:
    """A number as ``FileStat.of`` cuts it: what a signed 64-bit integer holds."""
    return max(-_INT64, min(_INT64, value))
