"""Lists one folder after the other, within a root's bounds and by its rules.

An error costs its own entry or folder and is on the listing; one that says that the whole root is away ends the walk
with ``NasUnavailableError``.
"""

import errno
import os
import stat
import time
from operator import attrgetter
from typing import Final

from siss.discover.bounds import Bounds, LinkPaths, Node, WalkOptions, error_gap
from siss.discover.ignore import IGNORE_FILE, IgnoreRules, may_be_special, read_rules
from siss.discover.listing import Failure, FolderListing, SkippedEntry, cut_number, fingerprint
from siss.discover.paths import absolute_path, join_raw, shown_path
from siss.errors import NasUnavailableError
from siss.model.coverage import UNREADABLE, Gap, Reason
from siss.state import PARTS, SURE, is_state_folder

_BITS63: Final = (1 << 63) - 1
_GONE: Final = {errno.ENOENT, errno.ENOTDIR}
_CLOSED: Final = {errno.EACCES, errno.EPERM}
_READ: Final = stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH
_EFFECTIVE: Final = os.access in os.supports_effective_ids
_STATE: Final = Gap(Reason.STATE_FOLDER)
_STATE_PARTS: Final = frozenset(map(os.fsencode, PARTS))
_STATE_SURE: Final = frozenset(map(os.fsencode, SURE))
_name = attrgetter("name")


class Lister:
    """Lists the folders of one root: where a walk begins, which rules hold, what is in a folder."""

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
        self._real_prefix = self._bounds.real.rstrip(b"/") + b"/"
        self._rules = rules
        self._options = options
        self._user = os.geteuid()
        self._groups = frozenset((os.getegid(), *os.getgroups()))

    def check_root(self) -> None:
        """Raise ``NasUnavailableError`` unless the root is still what it was when the walk began."""
        if not self._bounds.root_stands():
            raise _unavailable(self._root, "it went away while it was read")

    @property
    def top(self) -> Node:
        """The root as a folder."""
        return Node(b"", self._bounds.real, None, self._rules)

    def descend(self, start: bytes) -> Node | FolderListing:
        """The folder to begin at, reached by the rules of a walk from the root; or a listing that says why not."""
        node = top = self.top
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
            if is_state_folder(found.real) or (name in _STATE_SURE and node is top and is_state_folder(top.real)):
                return self._without_files(start, _STATE)
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

    def below(self, node: Node, listing: FolderListing) -> list[Node]:
        """The subfolders of a folder that a companion listed, without those that links lead to."""
        if not listing.subfolders:
            return []
        found = IGNORE_FILE in listing.names or IGNORE_FILE in [entry.name for entry in listing.entries]
        rules = self.rules_in(node)[0] if found else node.rules
        top = self._real_prefix
        return [Node(path, top + path, node, rules) for path in listing.subfolders]

    def node(self, path: bytes) -> Node:
        """A folder reached without links, to which the rules of the root apply."""
        return Node(path, self._real_prefix + path, None, self._rules)

    def list_folder(self, node: Node, *, files: bool = True, links: bool = True) -> tuple[FolderListing, list[Node]]:
        """List one folder; also returns its subfolders that are walked. Without ``files``, only these.

        Without ``links``, links to folders are left for later; the listing says whether there were any.
        """
        listed_at_ns = time.time_ns()
        try:
            with os.scandir(self._prefix + node.path if node.path else self._root) as scan:
                entries = sorted(scan, key=_name)
        except OSError as error:
            return self._failed(node.path, error, listed_at_ns), []

        rules, found = node.rules, _Found()
        every = [entry.name for entry in entries]
        special = may_be_special(every)
        if special and IGNORE_FILE in every:
            rules, found.skipped = self.rules_in(node)
        if special and _STATE_PARTS.issubset(every):
            if node.path:
                return self._without_files(node.path, _STATE), []
            found.skipped += [SkippedEntry(name, _STATE) for name in every if name in _STATE_SURE]
            entries = [entry for entry in entries if entry.name not in _STATE_SURE]
        ruled = special or bool(rules.files)
        links = links or not self._options.follow_symlinks
        names, numbers = found.names, found.numbers
        for entry in entries:
            try:
                if ruled and (rule := rules.find(node.path, entry.name, self._is_folder(node, entry))):
                    found.skipped.append(SkippedEntry(entry.name, rule.gap))
                    continue
                if not entry.is_file(follow_symlinks=False):
                    info = self._take_other(node, entry, rules, found, files=files, links=links)
                else:
                    info = entry.stat(follow_symlinks=False) if files else None
            except OSError as error:
                if error.errno not in _GONE:
                    found.skipped.append(SkippedEntry(entry.name, error_gap(error), unsure=True))
                continue
            if info is None:
                continue
            if info.st_dev != found.device:
                found.note_device(info.st_dev)
            if info.st_mode & _READ != _READ and self._is_closed(join_raw(node.path, entry.name), info):
                found.closed.append(entry.name)
            names.append(entry.name)
            numbers += (info.st_size, info.st_mtime_ns, info.st_ino & _BITS63)
        for name, gap in self._bounds.away_in(node).items():
            if name not in every:  # an automounter takes the folder away, too
                found.skipped.append(SkippedEntry(name, gap, unsure=True))
        return self._listing(node.path, listed_at_ns, found), found.below

    def _take_other(
        self,
        node: Node,
        entry: os.DirEntry[bytes],
        rules: IgnoreRules,
        found: "_Found",
        *,
        files: bool,
        links: bool,
    ) -> os.stat_result | None:
        """Take a folder, a link, or what is neither; of a link to a file the file's stat, which is to be taken.

        ``files``, ``links``: as ``list_folder`` takes them.
        """
        is_link = entry.is_symlink()
        if is_link and not links and self._is_folder(node, entry):
            found.later = True
            return None
        if is_link and files and self._options.follow_symlinks and not self._bounds.leads_elsewhere(node, entry.name):
            found.targets |= self._bounds.targets(join_raw(node.path, entry.name))
        judged = self._judge(node, entry, rules)
        if isinstance(judged, Node):
            found.below.append(judged)
        elif isinstance(judged, Gap):
            found.skipped.append(SkippedEntry(entry.name, judged, judged.reason in UNREADABLE))
        else:
            return judged
        return None

    def _is_closed(self, path: bytes, info: os.stat_result) -> bool:
        """Whether a file may not be read now. An access list may allow what its mode forbids: the system is asked."""
        if info.st_uid == self._user:
            needed = stat.S_IRUSR
        else:
            needed = stat.S_IRGRP if info.st_gid in self._groups else stat.S_IROTH
        return not info.st_mode & needed and not os.access(
            absolute_path(self._root, path), os.R_OK, effective_ids=_EFFECTIVE
        )

    def _is_folder(self, node: Node, entry: os.DirEntry[bytes]) -> bool:
        try:
            if entry.is_symlink() and self._bounds.leads_elsewhere(node, entry.name):
                return False
            return entry.is_dir(follow_symlinks=self._options.follow_symlinks)
        except OSError:  # a link that leads to itself, for one: it is judged as what it is
            return False

    def _judge(self, node: Node, entry: os.DirEntry[bytes], rules: IgnoreRules) -> Node | os.stat_result | Gap:
        if entry.is_dir(follow_symlinks=False):
            return self._bounds.enter(node, entry.name, rules)
        if entry.is_symlink():
            return self._bounds.follow(node, entry.name, rules)
        return Gap(Reason.SPECIAL_FILE)

    def _listing(self, path: bytes, listed_at_ns: int, found: "_Found") -> FolderListing:
        names, numbers = found.names, found.numbers
        if not self._options.stable_inodes:
            numbers[2::3] = [0] * len(names)
        try:
            digest = fingerprint(names, numbers, found.skipped, found.closed)
        except OverflowError:
            numbers = [cut_number(number) for number in numbers]
            digest = fingerprint(names, numbers, found.skipped, found.closed)
        newest = max(numbers[1::3]) if numbers else 0
        return FolderListing(
            path,
            self._root,
            names,
            numbers,
            max(found.device, 0) & _BITS63,
            listed_at_ns,
            digest,
            newest >= listed_at_ns - self._options.racy_ns,
            found.skipped,
            [node.path for node in found.below] if found.below else (),
            None,
            found.devices,
            found.later,
            found.closed,
            sorted(found.targets),
        )

    def _without_files(self, path: bytes, gap: Gap) -> FolderListing:
        """The listing of a folder that is not walked, with the reason."""
        failure = Failure.BROKEN if gap.reason in UNREADABLE else None
        entries = [SkippedEntry(b"", gap)]
        return FolderListing(
            path, self._root, [], [], 0, time.time_ns(), fingerprint([], [], entries), False, entries, failure=failure
        )

    def _failed(self, path: bytes, error: OSError, listed_at_ns: int | None = None) -> FolderListing:
        """The listing of a folder that could not be read. Raises ``NasUnavailableError`` if the root is away."""
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


class _Found:
    """What is known of a folder while it is listed, as ``FolderListing`` has it. ``device``: -1 before any file."""

    __slots__ = ("below", "closed", "device", "devices", "later", "names", "numbers", "skipped", "targets")

    def __init__(self) -> None:
        self.names: list[bytes] = []
        self.numbers: list[int] = []
        self.device = -1
        self.devices: dict[int, int] = {}
        self.skipped: list[SkippedEntry] = []
        self.below: list[Node] = []
        self.closed: list[bytes] = []
        self.targets: set[bytes] = set()
        self.later = False

    def note_device(self, device: int) -> None:
        """Note the device of the file that comes next: the first one's counts as the folder's."""
        if self.device < 0:
            self.device = device
        else:
            self.devices[len(self.names)] = device & _BITS63


def _unavailable(root: bytes, why: str) -> NasUnavailableError:
    return NasUnavailableError(f"{shown_path(root)} cannot be read now: {why}", root=shown_path(root))
