"""What a scan needs to know of its root, kept from one scan to the next."""

import contextlib
import os
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from siss.app.ingest.roots.companion import ListingProcess
from siss.discover.batches import is_within
from siss.discover.bounds import LinkPaths, WalkOptions
from siss.discover.folder_map import FolderMap
from siss.discover.ignore import IgnoreRules
from siss.discover.link_targets import LinkTargets
from siss.discover.parallel_walk import Companion
from siss.discover.paths import absolute_path
from siss.logs import get_logger
from siss.model.file import Root

LARGE_FOLDERS = 2000
"""With this many known folders a second process lists some of them; with fewer it would start too late to help."""

LARGE_FILES = 20_000
"""The same for the number of files that the last whole scan saw."""

_log = get_logger(__name__)


@dataclass(slots=True)
class RootContext:
    """A root, the rules that hold in it, and what earlier scans found out about it.

    ``fingerprints``: of each folder that the catalog knows, by relative path; empty where the folder must be
    compared. ``files``: how many the last whole scan saw. ``check_disk_space`` raises ``DiskFullError`` where nothing
    more should be recorded. ``companion`` starts a process that lists folders beside the scan of a large root; None
    where folders are to be listed one after the other. ``still_there``: whether the root is the folder that was
    probed. ``mounts_away``: what of that which was mounted below the root is away now, and why (it blocks);
    ``options.away`` says how that was before the scan. ``redact_path``: a shown path without the secrets in it.
    """

    root: Root
    rules: IgnoreRules
    options: WalkOptions
    fingerprints: FolderMap[bytes]
    links: LinkPaths = field(default_factory=dict)
    targets: LinkTargets = field(default_factory=LinkTargets)
    files: int = 0
    check_disk_space: Callable[[], None] = lambda: None
    companion: Callable[[WalkOptions], ListingProcess] | None = None
    still_there: Callable[[], bool] = lambda: True
    mounts_away: Callable[[], Mapping[bytes, str]] = dict
    redact_path: Callable[[str], str] = str

    @property
    def large(self) -> bool:
        """Whether a scan takes so long that starting a second process pays off."""
        return len(self.fingerprints) >= LARGE_FOLDERS or self.files >= LARGE_FILES

    def leads_into(self, folder: bytes) -> bool:
        """Whether a link of the root leads to a folder, by relative path, or to anything below it."""
        real = absolute_path(os.path.realpath(self.root.path), folder)
        return bool(self.targets.holders((), [folder])) or any(is_within(path, {real}) for path in self.links)

    def accompany(self, *, whole: bool) -> AbstractContextManager[Companion | None]:
        """A companion for a walk of the ``whole`` root; None where it would not help, or cannot be started."""
        if whole and self.large and self.companion is not None:
            try:
                return self.companion(self.options)
            except OSError as error:  # no room for what two processes share
                _log.warning("a root is scanned by one process", root=self.root.shown, error=str(error))
        return contextlib.nullcontext()
