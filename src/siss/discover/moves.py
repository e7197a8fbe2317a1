"""Finds files under a new path: moves and rotations, told from what only looks like one.

A file keeps its identity wherever its inode goes. When logs rotate (``log`` becomes ``log.1``, which becomes
``log.2``, and ``log`` is begun anew) every path leads to another file at once, so a path that is taken may be where
something moved to. Two habits of programs look the same and are edits: what is written under another name and then
takes the place of a file, and a file that is renamed to be its own backup before it is written anew.
"""

import errno
import hashlib
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum, auto
from typing import Final

from siss.discover.changes import same_stat
from siss.discover.paths import absolute_path
from siss.model.content import PROOF_BYTES
from siss.model.file import FileStat, ObservedFile
from siss.model.ingest import KnownFile

_BACKUPS: Final = (b"~", b".bak", b".orig")
_NUMBERING: Final = b"0123456789.-_"


class OldPath(Enum):
    """What stands at the path under which a file is known: the file, another one, or nothing."""

    SAME = auto()
    OTHER = auto()
    NOTHING = auto()


def find_moves(
    added: Sequence[ObservedFile],
    replaced: Sequence[tuple[KnownFile, ObservedFile]],
    candidates: Iterable[KnownFile],
    look: Callable[[KnownFile], OldPath],
    is_grown: Callable[[KnownFile, ObservedFile], bool],
) -> Mapping[bytes, KnownFile]:
    """By path, the known file that moved there.

    ``replaced``: known paths that lead to another inode. ``candidates``: files known anywhere in the root with one
    of the inodes. A file is a move when size and mtime are equal too, or ``is_grown`` says so, and its old path does
    not lead to it any more: otherwise it is a second (hard) link. Each known file moves once, a missing one too.
    Files without an inode (0) never do. A path that is taken is given only where its file moves as well, is missing,
    or is the last one of a rotation.
    """
    by_inode: dict[int, list[KnownFile]] = {}
    # One that is sought by several paths, as hard links are, may be named several times.
    for file in {file.id: file for file in candidates}.values():
        if file.stat.inode:
            by_inode.setdefault(file.stat.inode, []).append(file)
    moves: dict[bytes, KnownFile] = {}
    pushing: set[bytes] = set()
    for seen in (*added, *(seen for _, seen in replaced)):
        files = by_inode.get(seen.stat.inode, [])
        for file in [file for file in files if file.path != seen.path]:
            old_path = OldPath.SAME
            if same_stat(file.stat, seen.stat) or is_grown(file, seen):
                old_path = look(file)
            if old_path is OldPath.SAME or (old_path is OldPath.OTHER and _is_backup(file.path, seen.path)):
                continue
            if old_path is OldPath.OTHER and _is_next(file.path, seen.path):
                pushing.add(seen.path)
            moves[seen.path] = file
            files.remove(file)
            break
    return _without_edits(moves, pushing, {seen.path: there for there, seen in replaced})


def _without_edits(
    moves: dict[bytes, KnownFile], pushing: set[bytes], taken: Mapping[bytes, KnownFile]
) -> Mapping[bytes, KnownFile]:
    """The moves without those onto the path of a file that stays. Each move that is dropped may rule out another."""
    while True:
        leaving = {file.id for file in moves.values()}
        stopped = [
            path
            for path in moves.keys() & taken.keys() - pushing
            if not taken[path].missing and taken[path].id not in leaving
        ]
        if not stopped:
            return moves
        for path in stopped:
            del moves[path]


def look_at(root: bytes, file: KnownFile) -> OldPath:
    """What stands at a known path. In doubt (any error but "no such file") the same file."""
    try:
        found = os.stat(absolute_path(root, file.path))
    except OSError as error:
        gone = error.errno in {errno.ENOENT, errno.ENOTDIR}
        return OldPath.NOTHING if gone else OldPath.SAME
    return OldPath.SAME if FileStat.of(found).inode == file.stat.inode else OldPath.OTHER


def is_grown(root: bytes, file: KnownFile, seen: ObservedFile) -> bool:
    """Whether a file is a log that grew since it was read.

    It is one if it has the same inode, and the same first and last 64 KiB of the old length.
    """
    tail = file.tail
    if tail is None or tail.inode != seen.stat.inode or seen.stat.size < tail.length:
        return False
    try:
        found = os.open(absolute_path(root, seen.path), os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            proof = proof_of(tail.length, lambda start, end: os.pread(found, end - start, start))
        finally:
            os.close(found)
    except OSError:
        return False
    return proof == (tail.head_sha256, tail.last_sha256)


def proof_of(length: int, piece: Callable[[int, int], bytes]) -> tuple[bytes, bytes]:
    """The two hashes that identify the first ``length`` bytes of a growing file, see ``TailState``."""
    size = min(length, PROOF_BYTES)
    head, last = piece(0, size), piece(length - size, length)
    return hashlib.sha256(head).digest(), hashlib.sha256(last).digest()


def _is_backup(old: bytes, new: bytes) -> bool:
    return any(new == old + ending for ending in _BACKUPS)


def _is_next(old: bytes, new: bytes) -> bool:
    """Whether two paths differ only by a number: ``log`` and ``log.1``, ``app.1.log`` and ``app.2.log``."""
    return old.translate(None, _NUMBERING) == new.translate(None, _NUMBERING)
