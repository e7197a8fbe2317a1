"""The catalog as scans and watchers see it: roots, their folders, and the files that were observed in them."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from siss.model.file import FileStat, Root, RootState, WatchMode
from siss.model.ids import FileId, RootId
from siss.model.ingest import FolderDelta, KnownFile, RootSpec


class ScanCatalog(Protocol):
    """What scans compare folders with, and where they record what differs.

    Each method is one transaction: it happens whole or not at all. Raises ``DatabaseUnavailableError`` and
    ``DiskFullError``.
    """

    async def sync_roots(self, specs: Sequence[RootSpec]) -> list[Root]:
        """Make the roots those of the settings, in their order.

        Files below a root that the settings no longer name are soft-deleted; if it is named again, they keep their
        identity.
        """
        ...

    async def set_root(self, root_id: RootId, state: RootState, watch: WatchMode, reason: str = "") -> None:
        """Record what the probe of a root found."""
        ...

    async def folder_fingerprints(self, root_id: RootId) -> dict[bytes, bytes]:
        """The stored fingerprint of each known folder, by path relative to the root; ``b""`` for one without."""
        ...

    async def files_in_folders(
        self, root_id: RootId, folders: Sequence[bytes]
    ) -> Mapping[bytes, Sequence[KnownFile]]:
        """The files directly in these folders, with those that are missing and without those that are deleted."""
        ...

    async def files_by_inode(self, root_id: RootId, stats: Sequence[FileStat]) -> list[KnownFile]:
        """Known files that these may be under another name: candidates for a move.

        They have one of the inodes, and either the same size and mtime, or are logs that may have grown since.
        """
        ...

    async def record_folders(self, root_id: RootId, deltas: Sequence[FolderDelta]) -> int:
        """Record differences; added and changed files become pending. Returns how many became so.

        A path that was deleted or is missing and is added again keeps its identity. An added path whose
        comparison key is taken by another name is kept apart and noted as ``CASE_CONFLICT``.
        """
        ...

    async def mark_missing(self, root_id: RootId, folders: Sequence[bytes], files: Sequence[FileId]) -> int:
        """Mark files, and all files in and below these folders, as missing; forget the folders' fingerprints."""
        ...

    async def set_mounts(self, root_id: RootId, mounts: Mapping[bytes, bool]) -> None:
        """Replace where below a root file systems are or were mounted, by relative path, and which are away."""
        ...

    async def link_mounts(self, root_id: RootId, paths: Sequence[bytes]) -> None:
        """Record into which of these mounts links lead, of all that are not away."""
        ...

    async def mounts_with_files(self, root_id: RootId) -> list[bytes]:
        """Those of them below which files are known that are there, or into which links lead."""
        ...

    async def count_files(self, root_id: RootId) -> int:
        """How many files of a root are there: neither missing nor deleted."""
        ...

    async def finish_scan(self, root_id: RootId) -> None:
        """Record that a scan of a whole root ended."""
        ...

    async def expire_missing(self, grace_seconds: float) -> int:
        """Soft-delete files that are missing for longer, and drop contents that no file has for as long."""
        ...
