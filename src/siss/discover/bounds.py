"""Which folders a walk may enter: bounds of the root, links, other file systems, the state folder.

A folder in which another SISS keeps its state is told by what is in it: by ``Lister`` where it is listed, here where
only its path is known. Of a root that becomes one, by a mistake in ``SISS_DATA_DIR``, only what is surely its own is
left out: the user's files must not vanish from an index. It is refused at the next start (``root_specs``).

Folders are told apart by where they really are (all links resolved), not by inode: some network and FUSE file
systems make inodes up as they go.
"""

import errno
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, NamedTuple

from siss.discover.ignore import IgnoreRules
from siss.discover.link_targets import follow_by_name, leads_onto
from siss.discover.mounts import read_mounts
from siss.discover.paths import absolute_path, join_raw, shown_path
from siss.model.coverage import Gap, Reason
from siss.state import is_state_folder

LinkPaths = dict[bytes, bytes]
"""Real folder to the one path through links by which it is entered. A caller that keeps it between walks gets the
same answer from the walk of a part as from the walk of the whole, which begins it anew."""

_CLOSED: Final = {errno.EACCES, errno.EPERM}
_NONE: Final[Mapping[bytes, Gap]] = {}


@dataclass(frozen=True, slots=True)
class WalkOptions:
    """How a root is walked.

    ``state_folder``: absolute path that is never entered. ``stable_inodes``: whether inodes tell files apart for
    longer than one mount (``MountProbe``); if not, they are listed as 0. ``racy_ns``: how young an mtime may be
    before its file may change again unseen; more than the coarsest clock tick of a file system (2 s on FAT).
    ``away``: relative paths that are not entered, as what was mounted there is away, and why (``find_away``).
    """

    follow_symlinks: bool = True
    one_filesystem: bool = False
    state_folder: bytes | None = None
    stable_inodes: bool = True
    racy_ns: int = 2_000_000_000
    away: Mapping[bytes, str] = field(default_factory=dict)


class Node(NamedTuple):
    """A folder on the way down. ``path``: relative to the root; ``real``: absolute, links resolved.

    ``linked``: a link led here, or to a folder above. ``rules``: those that hold in the folder above it.
    """

    path: bytes
    real: bytes
    parent: "Node | None"
    rules: IgnoreRules
    linked: bool = False


class Bounds:
    """Decides which folders and links of a root are followed. Raises ``OSError`` if the root cannot be examined."""

    def __init__(self, root: bytes, options: WalkOptions, links: LinkPaths) -> None:
        """``root``: absolute; ``links``: filled as the walk goes."""
        self.root = root
        self.real = os.path.realpath(root, strict=True)
        info = os.stat(root)
        if not stat.S_ISDIR(info.st_mode):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), root)
        self._identity = (info.st_dev, info.st_ino)
        self._options = options
        self._links = links
        self._state_folders: dict[bytes, bool] = {}
        self._state = os.path.realpath(options.state_folder) if options.state_folder else None
        top = self.real.rstrip(b"/") + b"/"
        self._away = {top + path: Gap(Reason.MOUNT_AWAY, detail=why) for path, why in options.away.items()}
        self._away_by_folder: dict[bytes, dict[bytes, Gap]] = {}
        for place, gap in self._away.items():
            folder, _, name = place.rpartition(b"/")
            self._away_by_folder.setdefault(folder, {})[name] = gap

    def root_stands(self) -> bool:
        """Whether the root is still the same folder on the same file system."""
        try:
            info = os.stat(self.root)
        except OSError:
            return False
        return (info.st_dev, info.st_ino) == self._identity

    def enter(self, above: Node, name: bytes, rules: IgnoreRules) -> Node | Gap:
        """A real subfolder, or why it is not entered. Raises ``OSError`` if it must be examined and cannot be."""
        path = join_raw(above.path, name)
        real = above.real.rstrip(b"/") + b"/" + name
        if real == self._state:
            return Gap(Reason.STATE_FOLDER)
        if self._away and (gap := self._away.get(real)):
            return gap
        if self._options.one_filesystem and os.lstat(absolute_path(self.root, path)).st_dev != self._identity[0]:
            return Gap(Reason.OTHER_FILESYSTEM)
        node = Node(path, real, above, rules, above.linked)
        return self._claim(node) if node.linked else node

    def follow(self, above: Node, name: bytes, rules: IgnoreRules) -> Node | os.stat_result | Gap:
        """Where a link leads: a folder to enter, the stat of a file, or why it is not followed."""
        if not self._options.follow_symlinks:
            return Gap(Reason.SYMLINK_NOT_FOLLOWED)
        if self.leads_elsewhere(above, name):
            return Gap(Reason.SYMLINK_LEAVES_ROOT)
        path = join_raw(above.path, name)
        absolute = absolute_path(self.root, path)
        if self._away and (gap := self._away_above(os.path.realpath(absolute))):
            return gap
        try:
            real = os.path.realpath(absolute, strict=True)
            info = os.stat(real)
        except OSError as error:
            return _link_gap(error)
        if not _is_within(real, self.real):
            return Gap(Reason.SYMLINK_LEAVES_ROOT)
        if (self._state and _is_within(real, self._state)) or self.is_in_state_folder(real):
            return Gap(Reason.STATE_FOLDER)
        if self._options.one_filesystem and info.st_dev != self._identity[0]:
            return Gap(Reason.OTHER_FILESYSTEM)
        if stat.S_ISREG(info.st_mode):
            return info
        if not stat.S_ISDIR(info.st_mode):
            return Gap(Reason.SPECIAL_FILE)
        node: Node | None = above
        while node is not None:
            if node.real == real:
                return Gap(Reason.SYMLINK_CYCLE)
            node = node.parent
        return self._claim(Node(path, real, above, rules, linked=True))

    def leads_elsewhere(self, above: Node, name: bytes) -> bool:
        """Whether a link leads onto a network share outside the root: such a one may hang whoever touches it."""
        return bool(self._shares_elsewhere) and leads_onto(above.real, name, self._shares_elsewhere)

    @cached_property
    def _shares_elsewhere(self) -> frozenset[bytes]:
        """Where network shares are mounted, or will be as soon as somebody looks, neither above nor in the root."""
        return frozenset(
            mount.point
            for mount in read_mounts()
            if (mount.network or mount.filesystem == "autofs")
            and not _is_within(self.real, mount.point)
            and not _is_within(mount.point, self.real)
        )

    def targets(self, path: bytes) -> set[bytes]:
        """The folders of the root, by relative path, that hold the target of a link, or would if it existed."""
        top = self.real.rstrip(b"/")
        found = follow_by_name(absolute_path(self.root, path))
        return {real[len(top) + 1 :] for real in found if _is_within(real, self.real)}

    def is_in_state_folder(self, real: bytes) -> bool:
        """Whether a place in the root is, or is in, a folder below the root in which some SISS keeps its state."""
        top = len(self.real.rstrip(b"/"))
        while len(real) > top:
            known = self._state_folders.get(real)
            if known is None:
                known = self._state_folders[real] = is_state_folder(real)
            if known:
                return True
            real = real[: real.rindex(b"/")]
        return False

    def away_in(self, node: Node) -> Mapping[bytes, Gap]:
        """By name, what in a folder is not there as what was mounted there is away."""
        return self._away_by_folder.get(node.real.rstrip(b"/"), _NONE) if self._away else _NONE

    def _away_above(self, real: bytes) -> Gap | None:
        """Why nothing can be told of a place that is in what was mounted and is away."""
        while real and (gap := self._away.get(real)) is None:
            real = real.rpartition(b"/")[0]
        return gap if real else None

    def _claim(self, node: Node) -> Node | Gap:
        """The folder that a link leads to, unless another path led there before."""
        first = self._links.setdefault(node.real, node.path)
        if first == node.path:
            return node
        return Gap(Reason.SYMLINK_REPEATED, detail=f"entered at {shown_path(first)}")


def error_gap(error: OSError) -> Gap:
    """The gap that tells an error of the system."""
    reason = Reason.PERMISSION_DENIED if error.errno in _CLOSED else Reason.READ_ERROR
    return Gap(reason, detail=os.strerror(error.errno or 0))


def _link_gap(error: OSError) -> Gap:
    match error.errno:
        case errno.ELOOP:
            return Gap(Reason.SYMLINK_CYCLE, detail="the link leads to itself")
        case errno.ENOENT | errno.ENOTDIR:
            return Gap(Reason.SYMLINK_BROKEN)
        case _:
            return error_gap(error)


def _is_within(path: bytes, folder: bytes) -> bool:
    return path == folder or path.startswith(folder.rstrip(b"/") + b"/")
