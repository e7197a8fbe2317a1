"""Walks a root, folder by folder, depth first, by name; one listing a folder.

Nothing recurses and nothing of a folder is kept once it is yielded, so neither depth nor number of files matters.
An error costs its own entry or folder and is on the listing. If the root itself goes away or becomes another file
system while it is walked, the walk ends with ``NasUnavailableError``: whatever was not found after that is an
outage, not a deletion.

A link to a file is a file at the link's path. A link to a folder is entered if it stays in the root and does not
lead to a folder above itself. As every such folder is walked where it really is too, links only add names; so that
a farm of links cannot add more than one further name for each folder, a real folder is entered through links at
one path only, the first one (``LinkPaths``); the others are recorded as ``SYMLINK_REPEATED``.
"""

import errno
import os
import stat
import time
from collections.abc import Callable, Iterator
from operator import attrgetter
from typing import Final

from siss.discover.bounds import Bounds, LinkPaths, Node, WalkOptions, error_gap
from siss.discover.ignore import IGNORE_FILE, IgnoreRules, may_be_special, read_rules
from siss.discover.listing import Failure, FolderListing, SkippedEntry, cut_number, fingerprint
from siss.discover.paths import absolute_path, join_raw, shown_path
from siss.errors import NasUnavailableError
from siss.model.coverage import Gap, Reason

_BITS63: Final = (1 << 63) - 1
_GONE: Final = {errno.ENOENT, errno.ENOTDIR}
_CLOSED: Final = {errno.EACCES, errno.EPERM}
_name = attrgetter("name")


def walk_root(
    root: bytes,
    rules: IgnoreRules,
    options: WalkOptions,
    *,
    start: bytes = b"",
    recursive: bool = True,
    links: LinkPaths | None = None,
    should_stop: Callable[[], bool] = bool,
) -> Iterator[FolderListing]:
    """List a root, or what is in and below its folder ``start``; with ``recursive`` off, that folder only.

    ``rules``: those at the top of the root. ``links``: kept between walks by a caller that walks parts; a walk of
    the whole root begins it anew. ``should_stop`` is asked before each folder; the walk then ends early, and what
    it did not yield is not to be taken for gone.
    Raises ``NasUnavailableError`` when the root cannot be read, or stops being the folder it was.
    """
    walk = _Walk(root, rules, options, {} if links is None else links, whole=not start and recursive)
    first = walk.descend(start)
    if isinstance(first, FolderListing):
        yield first
        return
    waiting = [first]
    while waiting:
        if should_stop():
            return
        listing, below = walk.list_folder(waiting.pop())
        yield listing
        if recursive and below:
            waiting.extend(reversed(below))
    walk.check_root()


def walk_folders(
    root: bytes,
    rules: IgnoreRules,
    options: WalkOptions,
    *,
    start: bytes = b"",
    links: LinkPaths | None = None,
    should_stop: Callable[[], bool] = bool,
) -> Iterator[tuple[bytes, IgnoreRules]]:
    """Each folder that ``walk_root`` lists, with the rules in it, *before* it is read; files are not looked at.

    So a watch that is put on a folder when it is yielded misses nothing that the walk does not see. Errors of
    folders are left to ``walk_root``, which records them. Raises as that does.
    """
    walk = _Walk(root, rules, options, {} if links is None else links, whole=not start)
    first = walk.descend(start)
    if isinstance(first, FolderListing):
        return
    waiting = [first]
    while waiting:
        if should_stop():
            return
        node = waiting.pop()
        yield node.path, walk.rules_in(node)[0]
        waiting.extend(reversed(walk.list_folder(node, files=False)[1]))


class _Walk:
    """One walk: the root's bounds, and how one folder is listed."""

    def __init__(
        self, root: bytes, rules: IgnoreRules, options: WalkOptions, links: LinkPaths, *, whole: bool
    ) -> None:
        if whole:
            links.clear()
        try:
            self._bounds = Bounds(root, options, links)
        except OSError as error:
            raise _unavailable(root, os.strerror(error.errno or 0)) from error
        self._root = root
        self._prefix = root.rstrip(b"/") + b"/"
        self._rules = rules
        self._options = options

    def check_root(self) -> None:
        """Raise ``NasUnavailableError`` unless the root is still what it was when the walk began."""
        if not self._bounds.root_stands():
            raise _unavailable(self._root, "it went away while it was read")

    def descend(self, start: bytes) -> Node | FolderListing:
        """The folder to begin at, judged on the way as a walk from the top would; or a listing that says why not."""
        node = Node(b"", self._bounds.real, None, self._rules)
        for name in start.split(b"/") if start else ():
            rules, _ = self.rules_in(node)
            path = join_raw(node.path, name)
            try:
                mode = os.lstat(absolute_path(self._root, path)).st_mode
                is_link = stat.S_ISLNK(mode)
                if not is_link and not stat.S_ISDIR(mode):
                    raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
                if rule := rules.find(node.path, name, is_folder=True):
                    return self._without_files(start, rule.gap)
                found = (self._bounds.follow if is_link else self._bounds.enter)(node, name, rules)
            except OSError as error:
                return self._failed(start, error)
            if isinstance(found, os.stat_result):
                return self._failed(start, NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR)))
            if isinstance(found, Gap):
                return self._without_files(start, found)
            node = found
        return node

    def rules_in(self, node: Node) -> tuple[IgnoreRules, list[SkippedEntry]]:
        """The rules that hold in a folder, and what is wrong with its own ``.sissignore``."""
        data = read_rules(absolute_path(self._root, join_raw(node.path, IGNORE_FILE)))
        if data is None:
            return node.rules, []
        if isinstance(data, Gap):
            return node.rules, [SkippedEntry(IGNORE_FILE, data)]
        rules, file = node.rules.below(node.path, data)
        return rules, [
            SkippedEntry(IGNORE_FILE, Gap(Reason.BAD_RECORDS, detail=f"line {line} {problem}", lost=False))
            for line, problem in file.problems
        ]

    def list_folder(self, node: Node, *, files: bool = True) -> tuple[FolderListing, list[Node]]:
        """One folder, and the folders below it that are walked; without ``files`` only the latter."""
        listed_at_ns = time.time_ns()
        try:
            with os.scandir(self._prefix + node.path if node.path else self._root) as scan:
                entries = sorted(scan, key=_name)
        except OSError as error:
            return self._failed(node.path, error, listed_at_ns), []

        rules = node.rules
        skipped: list[SkippedEntry] = []
        every = [entry.name for entry in entries]
        special = may_be_special(every)
        if special and IGNORE_FILE in every:
            rules, skipped = self.rules_in(node)
        ruled = special or bool(rules.files)
        names: list[bytes] = []
        numbers: list[int] = []
        below: list[Node] = []
        devices: dict[int, int] = {}
        device = -1

        for entry in entries:
            name = entry.name
            try:
                if ruled and (rule := rules.find(node.path, name, self._is_folder(entry))):
                    skipped.append(SkippedEntry(name, rule.gap))
                    continue
                if entry.is_file(follow_symlinks=False):
                    if not files:
                        continue
                    info = entry.stat(follow_symlinks=False)
                else:
                    found = self._judge(node, entry, rules)
                    if isinstance(found, Node):
                        below.append(found)
                        continue
                    if isinstance(found, Gap):
                        unsure = found.reason in {Reason.PERMISSION_DENIED, Reason.READ_ERROR}
                        skipped.append(SkippedEntry(name, found, unsure))
                        continue
                    info = found
            except OSError as error:
                if error.errno not in _GONE:
                    skipped.append(SkippedEntry(name, error_gap(error), unsure=True))
                continue
            if info.st_dev != device:
                if device < 0:
                    device = info.st_dev
                else:
                    devices[len(names)] = info.st_dev & _BITS63
            names.append(name)
            numbers += (info.st_size, info.st_mtime_ns, info.st_ino & _BITS63)

        return self._listing(node.path, listed_at_ns, names, numbers, device, devices, skipped, below), below

    def _is_folder(self, entry: os.DirEntry[bytes]) -> bool:
        try:
            return entry.is_dir(follow_symlinks=self._options.follow_symlinks)
        except OSError:  # a link that leads to itself, for one: it is judged as what it is
            return False

    def _judge(self, node: Node, entry: os.DirEntry[bytes], rules: IgnoreRules) -> Node | os.stat_result | Gap:
        if entry.is_dir(follow_symlinks=False):
            return self._bounds.enter(node, entry.name, rules)
        if entry.is_symlink():
            return self._bounds.follow(node, entry.name, rules)
        return Gap(Reason.SPECIAL_FILE)

    def _listing(
        self,
        path: bytes,
        listed_at_ns: int,
        names: list[bytes],
        numbers: list[int],
        device: int,
        devices: dict[int, int],
        skipped: list[SkippedEntry],
        below: list[Node],
    ) -> FolderListing:
        if not self._options.stable_inodes:
            numbers[2::3] = [0] * len(names)
        try:
            digest = fingerprint(names, numbers, skipped)
        except OverflowError:
            numbers = [cut_number(number) for number in numbers]
            digest = fingerprint(names, numbers, skipped)
        newest = max(numbers[1::3]) if numbers else 0
        return FolderListing(
            path,
            self._root,
            names,
            numbers,
            max(device, 0) & _BITS63,
            listed_at_ns,
            digest,
            newest >= listed_at_ns - self._options.racy_ns,
            skipped,
            [node.path for node in below] if below else (),
            None,
            devices,
        )

    def _without_files(self, path: bytes, gap: Gap) -> FolderListing:
        """A folder that is not walked: nothing in it is taken, for a reason that is its own."""
        unsure = gap.reason in {Reason.PERMISSION_DENIED, Reason.READ_ERROR}
        failure = Failure.BROKEN if unsure else None
        entries = [SkippedEntry(b"", gap)]
        return FolderListing(
            path, self._root, [], [], 0, time.time_ns(), fingerprint([], [], entries), False, entries, failure=failure
        )

    def _failed(self, path: bytes, error: OSError, listed_at_ns: int | None = None) -> FolderListing:
        """A folder that could not be read to its end. Raises if the whole root is away."""
        if error.errno in _GONE:
            failure, entries = Failure.GONE, []
        else:
            failure = Failure.DENIED if error.errno in _CLOSED else Failure.BROKEN
            entries = [SkippedEntry(b"", error_gap(error))]
        self.check_root()
        if not path and failure is not Failure.DENIED:
            raise _unavailable(self._root, os.strerror(error.errno or 0)) from error
        when = time.time_ns() if listed_at_ns is None else listed_at_ns
        return FolderListing(path, self._root, [], [], 0, when, b"", True, entries, failure=failure)


def _unavailable(root: bytes, why: str) -> NasUnavailableError:
    return NasUnavailableError(f"{shown_path(root)} cannot be read now: {why}", root=shown_path(root))
