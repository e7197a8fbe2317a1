"""What indexing would do: the folders are walked, nothing is opened, nothing is written."""

import os
from typing import Any

from siss.discover.bounds import WalkOptions
from siss.discover.ignore import make_rules
from siss.discover.listing import FIELDS
from siss.discover.walk import walk_root
from siss.settings import Settings


def walk_options(settings: Settings) -> WalkOptions:
    """How roots are walked by these settings."""
    return WalkOptions(
        follow_symlinks=settings.follow_symlinks,
        one_filesystem=settings.one_filesystem,
        state_folder=os.fsencode(settings.data_dir),
    )


def plan_index(settings: Settings) -> dict[str, Any]:
    """Files, bytes and what is skipped, by root and in all.

    Raises ``NasUnavailableError`` for a root that is away.
    """
    roots = []
    skipped: dict[str, int] = {}
    for path in settings.roots:
        rules = make_rules(settings.ignore, defaults=settings.default_ignores)
        files = size = folders = 0
        for listing in walk_root(os.path.realpath(os.fsencode(path)), rules, walk_options(settings)):
            folders += 1
            files += len(listing)
            size += sum(listing.numbers[0::FIELDS])
            for entry in listing.entries:
                reason = entry.gap.reason.value
                skipped[reason] = skipped.get(reason, 0) + 1
        roots.append({"path": str(path), "folders": folders, "files": files, "bytes": size})
    return {
        "dry_run": True,
        "files": sum(root["files"] for root in roots),
        "bytes": sum(root["bytes"] for root in roots),
        "skipped": skipped,
        "roots": roots,
    }
