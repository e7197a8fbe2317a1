"""Probes a root: is it there, what is it on, do events work, are names that differ in case one file.

A dead network mount does not fail, it blocks, for good. So everything that touches the mount runs in a thread that
may be left behind: a probe that does not come back within its time says that the root is away, and while one hangs
no second is begun for the same root. Nothing is ever written below a root.
"""

import errno
import os
import stat
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import islice
from typing import Final

from siss.discover.mounts import Mount, find_mount, mounts_below, read_mounts
from siss.discover.paths import absolute_path, shown_path

_SAMPLE: Final = 500
"""Names that are tried, at the most, to learn whether case matters."""


@dataclass(frozen=True, slots=True)
class MountProbe:
    """What a root is like now. Where it is not ``available``, the rest is what the mount table says.

    ``device``: as in ``FileStat``; another than before means that something else is mounted there, or nothing: a
    root that had files and has another device and none is an outage. ``inode``: of the folder itself. ``empty``: it
    has no entry at all.
    ``network``: other machines change files there; ``events_work``: whether this kernel reports all changes, so
    that watching is enough. ``stable_inodes``: whether inodes tell files apart from one mount to the next.
    ``reason``: a sentence, empty where there is nothing to say. ``below``: where below the root file systems are
    mounted whose files outlive the mount, by relative path.
    """

    available: bool
    network: bool
    filesystem: str
    events_work: bool
    case_insensitive: bool
    stable_inodes: bool
    device: int | None
    empty: bool
    reason: str = ""
    inode: int | None = None
    below: frozenset[bytes] = frozenset()


class Case(Enum):
    """What case means in a folder's names. ``UNTOLD``: no name could tell.

    ``FOLDED_UNNUMBERED``: names that differ in case are one file, and yet each spelling has an inode of its own: the
    file system (exFAT through FUSE is one) makes these up as names are asked for, so they tell nothing.
    """

    UNTOLD = "untold"
    MATTERS = "matters"
    FOLDED = "folded"
    FOLDED_UNNUMBERED = "folded, without inodes"


_FOLDED: Final = {Case.FOLDED, Case.FOLDED_UNNUMBERED}


@dataclass(frozen=True, slots=True)
class _Touched:
    """What only a look at the folder itself can tell."""

    real: bytes
    device: int
    inode: int
    empty: bool
    case: Case


class _Attempt(threading.Thread):
    """One look at a folder, in a thread that nobody has to wait for."""

    def __init__(self, path: bytes) -> None:
        super().__init__(name="probe-root", daemon=True)
        self.path = path
        self.result: _Touched | OSError | None = None

    def run(self) -> None:
        try:
            self.result = _touch(self.path)
        except OSError as error:
            self.result = error


_hanging: dict[bytes, _Attempt] = {}
_hanging_lock = threading.Lock()


def probe_mount(path: bytes, timeout: float = 5.0) -> MountProbe:
    """Look at a root, for ``timeout`` seconds at the most.

    ``path``: absolute, original bytes. Never raises for what the root is like: ``available`` and ``reason`` say.
    """
    mounts = read_mounts()
    found = _touch_within(path, timeout)
    real = found.real if isinstance(found, _Touched) else path
    mount = find_mount(mounts, real) or Mount(b"/", "unknown")
    if not isinstance(found, _Touched):
        why = f"does not answer within {timeout:g} s" if found is None else os.strerror(found.errno or 0)
        reason = f"{shown_path(path)}: {why} ({mount.filesystem})"
        return MountProbe(
            False, mount.network, mount.filesystem, False, False, mount.stable_inodes, None, True, reason
        )
    folds = mount.folds_case if found.case is Case.UNTOLD else found.case in _FOLDED
    below = mounts_below(mounts, real)
    works, reason = _judge_events(mount, below)
    cut = len(real.rstrip(b"/")) + 1
    return MountProbe(
        available=True,
        network=mount.network,
        filesystem=mount.filesystem,
        events_work=works,
        case_insensitive=folds,
        stable_inodes=mount.stable_inodes and found.case is not Case.FOLDED_UNNUMBERED,
        device=found.device,
        empty=found.empty,
        reason=reason,
        inode=found.inode,
        below=frozenset(inner.point[cut:] for inner in below if inner.lasting),
    )


@dataclass(frozen=True, slots=True)
class Away:
    """Why the files of what was mounted somewhere cannot be looked at. Neither flag: it is there and does not answer.

    ``unmounted``: nothing is mounted there any more; ``emptied``: something is, and has no entry.
    """

    reason: str
    unmounted: bool = False
    emptied: bool = False


def find_away(root: bytes, points: Iterable[bytes], timeout: float = 5.0) -> dict[bytes, Away]:
    """Which of the places below a root that had a file system with files mounted have none now, and why.

    ``points``: relative paths. Each is looked at first, which has an automounter mount it; all of them have
    ``timeout`` seconds together.
    """
    paths = {point: absolute_path(root, point) for point in points}
    begun = {point: _begin(path) for point, path in paths.items()}
    until = time.monotonic() + timeout
    found = {point: _end(attempt, max(until - time.monotonic(), 0.0)) for point, attempt in begun.items()}
    mounted = {mount.point for mount in read_mounts() if mount.filesystem != "autofs"} if paths else set()
    away = {}
    for point, touched in found.items():
        if touched is None:
            away[point] = Away(f"does not answer within {timeout:g} s")
        elif isinstance(touched, OSError):
            gone = touched.errno in {errno.ENOENT, errno.ENOTDIR}
            away[point] = Away(
                "nothing is mounted there" if gone else os.strerror(touched.errno or 0), unmounted=gone
            )
        elif touched.real not in mounted:
            away[point] = Away("nothing is mounted there", unmounted=True)
        elif touched.empty:
            away[point] = Away("it is empty though it had files", emptied=True)
    return away


def probe_available(path: bytes, timeout: float = 5.0) -> bool:
    """Whether a folder can be listed now, answered within ``timeout`` seconds."""
    return isinstance(_touch_within(path, timeout), _Touched)


def _judge_events(mount: Mount, below: list[Mount]) -> tuple[bool, str]:
    if mount.network:
        return False, f"{mount.filesystem}: changes made elsewhere send no events, so the folder is polled"
    for inner in below:
        if inner.network:
            return False, f"{shown_path(inner.point)} below it is {inner.filesystem}, which sends no events"
    if not sys.platform.startswith(("linux", "darwin")):
        return False, "this system's events are not used"
    return True, ""


def _touch_within(path: bytes, timeout: float) -> _Touched | OSError | None:
    """The result of an attempt, None where it hangs. One that hung before is asked again, not repeated."""
    return _end(_begin(path), timeout)


def _begin(path: bytes) -> _Attempt:
    with _hanging_lock:
        attempt = _hanging.get(path)
        if attempt is None:
            attempt = _hanging[path] = _Attempt(path)
            attempt.start()
        return attempt


def _end(attempt: _Attempt, timeout: float) -> _Touched | OSError | None:
    attempt.join(timeout)
    if attempt.is_alive():
        return None
    with _hanging_lock:
        if _hanging.get(attempt.path) is attempt:
            del _hanging[attempt.path]
    return attempt.result


def _touch(path: bytes) -> _Touched:
    real = os.path.realpath(path, strict=True)
    info = os.stat(real)
    if not stat.S_ISDIR(info.st_mode):
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
    with os.scandir(real) as scan:
        empty = next(scan, None) is None
    return _Touched(real, info.st_dev & ((1 << 63) - 1), info.st_ino, empty, learn_case(real, info.st_dev))


def learn_case(folder: bytes, device: int) -> Case:
    """Whether names that differ in case are one, learnt from names that are there.

    A name is asked for with its case swapped. Another entry of that name says no, no such entry says no; one that
    is found, and yet not listed, is the same file.
    """
    for parent, names in _sample_names(folder):
        for name in names:
            swapped = _swap_case(name)
            if swapped is None:
                continue
            try:
                here = os.lstat(parent + b"/" + name)
                if here.st_dev != device:
                    continue
                if swapped in names:
                    return Case.MATTERS
                there = os.lstat(parent + b"/" + swapped)
            except FileNotFoundError:
                try:
                    os.lstat(parent + b"/" + name)
                except OSError:
                    continue
                return Case.MATTERS
            except OSError:
                continue
            return _compare_found(parent, swapped, same=(here.st_dev, here.st_ino) == (there.st_dev, there.st_ino))
    return Case.UNTOLD


def _compare_found(parent: bytes, swapped: bytes, *, same: bool) -> Case:
    """What it means that a name was found by another spelling. The names above may be the first of many only."""
    try:
        listed = swapped in os.listdir(parent)
    except OSError:
        return Case.UNTOLD
    if listed:
        return Case.MATTERS
    return Case.FOLDED if same else Case.FOLDED_UNNUMBERED


def _sample_names(folder: bytes) -> Iterator[tuple[bytes, frozenset[bytes]]]:
    """The first names of a folder and then, if these could not tell, of its first subfolders."""
    waiting = [folder]
    while waiting:
        parent = waiting.pop(0)
        try:
            with os.scandir(parent) as scan:
                entries = list(islice(scan, _SAMPLE))
        except OSError:
            continue
        if parent == folder:
            waiting += [entry.path for entry in entries if entry.is_dir(follow_symlinks=False)][:10]
        yield parent, frozenset(entry.name for entry in entries)


def _swap_case(name: bytes) -> bytes | None:
    """The name with its ASCII letters in the other case, None where it has none."""
    swapped = name.swapcase()
    return swapped if swapped != name else None
