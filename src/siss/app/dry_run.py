"""What indexing would do: the folders are walked, nothing is opened, nothing is written."""

import os
from collections.abc import Iterable
from typing import Any

from siss.app.ingest.roots.specs import root_specs, walk_options
from siss.discover.ignore import IgnoreRules, make_rules
from siss.discover.listing import FIELDS, FolderListing
from siss.discover.walk import walk_root
from siss.settings import Settings


def plan_index(settings: Settings) -> dict[str, Any]:
    """Files, bytes and what is skipped, by root and in all.

    Raises what ``root_specs`` raises, and ``NasUnavailableError`` for a root that is away.
    """
    roots: list[dict[str, Any]] = []
    skipped: dict[str, int] = {}
    for spec in root_specs(settings):
        rules = make_rules(settings.ignore, defaults=settings.default_ignores, fold=spec.case_insensitive)
        files = size = folders = 0
        for listing in _walk(spec.path, rules, settings):
            folders += 1
            files += len(listing)
            size += sum(listing.numbers[0::FIELDS])
            for entry in listing.entries:
                reason = entry.gap.reason.value
                skipped[reason] = skipped.get(reason, 0) + 1
        roots.append({"path": spec.shown, "folders": folders, "files": files, "bytes": size})
    return {
        "dry_run": True,
        "files": sum(root["files"] for root in roots),
        "bytes": sum(root["bytes"] for root in roots),
        "skipped": skipped,
        "roots": roots,
    }


def _walk(root: bytes, rules: IgnoreRules, settings: Settings) -> Iterable[FolderListing]:
    named = [os.path.realpath(os.fsencode(path)) for path in settings.roots]
    if root not in named and not os.path.lexists(root):
        return ()  # the folder for uploads, which is made where it is not there
    return walk_root(root, rules, walk_options(settings))
