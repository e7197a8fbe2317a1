"""Paths as they may be told: where a name in one holds a credential, its fingerprint stands there.

People put tokens into names (``backup-ghp_….sql``, a download that is called like its URL). The catalog keeps the
true name, only to open the file by; whatever is shown, searched, logged or told of it is what comes out of here.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Final

from msgspec import structs

from siss.model.file import ObservedFile, SkippedPath
from siss.model.ingest import FolderDelta

_REMEMBERED: Final = 8192
"""Names whose redacted form is remembered: those of folders come with each of their files."""


def path_redactor(redact: Callable[[str], str]) -> Callable[[str], str]:
    """What redacts shown paths, name by name, with what redacts a text.

    By name, so that a file is called alike wherever its folder is asked for; again gives the same.
    """

    @lru_cache(_REMEMBERED)
    def redact_name(name: str) -> str:
        told = redact(name)
        if told != name or "=" not in name:
            return told
        # With its ending, what ``password=`` has behind it is the name of a file, and no password.
        stem, dot, ending = name.rpartition(".")
        return redact(stem) + dot + ending

    return lambda shown: "/".join(map(redact_name, shown.split("/")))


def redact_delta(delta: FolderDelta, redact_path: Callable[[str], str]) -> FolderDelta:
    """A folder's differences as they may be recorded: the shown paths and what is said of them, not the true ones."""
    return replace(
        delta,
        added=[_redact_file(file, redact_path) for file in delta.added],
        moved=[(file_id, _redact_file(file, redact_path)) for file_id, file in delta.moved],
        skipped=[_redact_skipped(skipped, redact_path) for skipped in delta.skipped],
    )


def _redact_file(file: ObservedFile, redact_path: Callable[[str], str]) -> ObservedFile:
    shown = redact_path(file.shown)
    return file if shown == file.shown else replace(file, shown=shown)


def _redact_skipped(skipped: SkippedPath, redact_path: Callable[[str], str]) -> SkippedPath:
    shown, detail = redact_path(skipped.shown), redact_path(skipped.gap.detail)
    if (shown, detail) == (skipped.shown, skipped.gap.detail):
        return skipped
    return SkippedPath(shown, structs.replace(skipped.gap, detail=detail))
