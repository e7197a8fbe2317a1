"""Which file system a path is on, and what that means: from the system's table, without touching the mount."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

NETWORK: Final = frozenset((
    "nfs", "nfs4", "cifs", "smb", "smb2", "smb3", "smbfs", "afp", "afpfs", "afs", "webdav", "davfs", "davfs2",
    "ncpfs", "coda", "ceph", "glusterfs", "lustre", "gpfs", "beegfs", "ocfs2", "gfs", "gfs2", "orangefs", "pvfs2",
    "acfs", "9p", "drvfs", "virtiofs", "vboxsf", "vmhgfs", "prl_fs", "fakeowner", "osxfs",
))  # fmt: skip
"""Other machines (or the host of a virtual one) change files there without this kernel hearing of it."""
LOCAL_FUSE: Final = frozenset((
    "fuseblk", "fuse.mergerfs", "fuse.bindfs", "fuse.unionfs", "fuse.gocryptfs", "fuse.encfs", "fuse.cryfs",
    "fuse.ntfs-3g", "fuse.exfat", "fuse.fuse-overlayfs", "fuse.shfs", "fuse.zfs",
))  # fmt: skip
"""FUSE file systems whose files are changed through this mount; of any other the contrary is supposed."""
_NO_INODES: Final = frozenset(("vfat", "msdos", "exfat", "fuse.exfat", "iso9660", "webdav", "davfs", "davfs2"))
_FOLDS_CASE: Final = frozenset(("vfat", "msdos", "exfat", "fuse.exfat", "apfs", "hfs", "hfsplus", "smbfs", "afpfs"))
_PASSING: Final = frozenset((
    "autofs", "binfmt_misc", "bpf", "cgroup", "cgroup2", "configfs", "debugfs", "devfs", "devpts", "devtmpfs",
    "fusectl", "fuse.portal", "hugetlbfs", "mqueue", "nsfs", "overlay", "proc", "pstore", "ramfs", "rpc_pipefs",
    "securityfs", "squashfs", "sysfs", "tmpfs", "tracefs",
))  # fmt: skip
"""File systems of the kernel, in memory, or of containers: what was in them is gone with them."""
_TABLE: Final = Path("/proc/self/mountinfo")
_OCTAL: Final = re.compile(rb"\\([0-7]{3})")


@dataclass(frozen=True, slots=True)
class Mount:
    """One line of the table. ``point``: where it is mounted, original bytes; ``filesystem``: its type."""

    point: bytes
    filesystem: str
    options: str = ""

    @property
    def network(self) -> bool:
        """Whether others may change files there unseen."""
        kind = self.filesystem.lower()
        return kind in NETWORK or (kind.startswith("fuse.") and kind not in LOCAL_FUSE)

    @property
    def lasting(self) -> bool:
        """Whether its files outlive it: that it is not mounted says nothing of them."""
        return self.filesystem.lower() not in _PASSING

    @property
    def stable_inodes(self) -> bool:
        """Whether a file keeps its inode number from one mount to the next."""
        kind = self.filesystem.lower()
        if kind in {"cifs", "smb3"}:
            return "noserverino" not in self.options.split(",")
        return kind not in _NO_INODES and not (kind.startswith("fuse.") and kind not in LOCAL_FUSE)

    @property
    def folds_case(self) -> bool:
        """Whether names are usually looked up without regard to case; asked only where probing finds no name."""
        return self.filesystem.lower() in _FOLDS_CASE


def read_mounts() -> list[Mount]:
    """The table of mounts: of this process's name space on Linux, as psutil has it elsewhere."""
    try:
        return parse_mountinfo(_TABLE.read_bytes())
    except OSError:
        return [
            Mount(part.mountpoint.encode("utf-8", "surrogateescape"), part.fstype, part.opts)
            for part in psutil.disk_partitions(all=True)
        ]


def parse_mountinfo(table: bytes) -> list[Mount]:
    """The mounts of a ``/proc/PID/mountinfo`` (proc(5)), in order; lines that do not parse are left out."""
    mounts = []
    for line in table.split(b"\n"):  # not splitlines: a carriage return is a letter of a name
        head, separator, tail = line.partition(b" - ")
        fields, rest = head.split(b" "), tail.split(b" ")
        if separator and len(fields) >= 6 and len(rest) >= 3:
            point = _OCTAL.sub(lambda found: bytes([int(found[1], 8) & 0xFF]), fields[4])
            mounts.append(Mount(point, rest[0].decode("ascii", "replace"), rest[2].decode("ascii", "replace")))
    return mounts


def find_mount(mounts: list[Mount], path: bytes) -> Mount | None:
    """The mount that an absolute path, links resolved, is on: the deepest, and of equal ones the last."""
    best: Mount | None = None
    for mount in mounts:
        point = mount.point.rstrip(b"/")
        if (path == point or path.startswith(point + b"/")) and (best is None or len(mount.point) >= len(best.point)):
            best = mount
    return best


def mounts_below(mounts: list[Mount], path: bytes) -> list[Mount]:
    """What is mounted below a folder."""
    prefix = path.rstrip(b"/") + b"/"
    return [mount for mount in mounts if mount.point.startswith(prefix) and mount.point != path]
