"""What of a file is indexed, what is not, and why; and the same question for any path."""

import unicodedata
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from siss.app.files import find_file
from siss.app.rights import with_coverage
from siss.app.services import Services
from siss.discover.paths import shown_path
from siss.errors import NotFoundError
from siss.model.coverage import REASONS, UNREADABLE, Extent, Gap
from siss.model.file import FileRecord, FileStatus, Root, RootState, SkippedPath
from siss.model.principal import Principal
from siss.model.query import Sort, SortField
from siss.ports.catalog import FileFilter, FilePage

MAX_LACKING: Final = 20
"""Files that are named of a folder in which some are not indexed whole."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """The ledger of one file. ``source_bytes``: of the (decompressed) source; ``read_bytes``: how many were read."""

    file: FileRecord
    gaps: tuple[Gap, ...]
    source_bytes: int
    read_bytes: int


@dataclass(frozen=True, slots=True)
class FolderCoverage:
    """How many of the files in and below a folder are indexed whole, in part, or by name and size only.

    ``lacking``: the first of those that are not indexed whole. ``skipped``: how many entries were not taken, by
    reason: they are no files of the index.
    """

    files: int
    whole: int
    partial: int
    none: int
    failed: int
    pending: int
    lacking: tuple[FileRecord, ...]
    skipped: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class PathAnswer:
    """What is known of a path: a file or a folder with its coverage, or why it was not taken."""

    path: str
    known: Literal["file", "folder", "skipped"]
    coverage: Coverage | None = None
    folder: FolderCoverage | None = None
    skipped: SkippedPath | None = None


async def cover_file(services: Services, principal: Principal, public_id: uuid.UUID) -> Coverage:
    """The ledger of a file by its id."""
    return await _cover(services, await find_file(services, with_coverage(principal), public_id))


async def explain_path(services: Services, principal: Principal, path: str) -> PathAnswer:
    """What is known of a path, as the service or (``SISS_PATH_MAP``) as the user's own mount spells it.

    Raises ``NotFoundError`` whose message says what is known: of the root, its last scan, what waits.
    """
    for candidate in meant_paths(path, services):
        file = await services.catalog.file_by_path(candidate, with_coverage(principal))
        # Where it is gone, the rule or the settings that took it are the reason.
        gone = file is not None and file.status in {FileStatus.MISSING, FileStatus.DELETED}
        if gone and (skipped := await _skipped(services, principal, candidate)) is not None:
            return PathAnswer(candidate, "skipped", skipped=skipped)
        if gone and await _root_of(services, candidate) is None:
            raise await _unknown(services, principal, path)
        if file is not None:
            return PathAnswer(candidate, "file", coverage=await _cover(services, file))
    for candidate in meant_paths(path, services):
        if (skipped := await _skipped(services, principal, candidate)) is not None:
            return PathAnswer(candidate, "skipped", skipped=skipped)
    for candidate in meant_paths(path, services):
        folder = await _cover_folder(services, principal, candidate)
        if folder.files or folder.skipped or await _holds_folder(services, principal, candidate):
            return PathAnswer(candidate, "folder", folder=folder)
    raise await _unknown(services, principal, path)


def meant_paths(path: str, services: Services) -> list[str]:
    """The shown paths that a user may mean; who gives a name that holds a credential means the one that is shown."""
    return list(dict.fromkeys(map(services.redact_path, spellings(path, services.settings.path_map))))


def spellings(path: str, path_map: Mapping[str, str]) -> list[str]:
    """The paths that a user may mean: as given, and through the map of mounts, most specific first.

    A name with a line break, as a program that lists folders has it, may be meant as it is shown: escaped.
    """
    given = unicodedata.normalize("NFC", path)
    given = given.rstrip("/") or "/"
    found = [given]
    if not given.isprintable():
        found = list(dict.fromkeys((given, shown_path(given.encode("utf-8", "surrogatepass")))))
    for ours, theirs in sorted(path_map.items(), key=lambda pair: -len(pair[1])):
        slashed, prefix = given, theirs.rstrip("/\\")
        if "\\" in theirs:
            slashed, prefix = given.replace("\\", "/"), prefix.replace("\\", "/")
        if slashed == prefix or slashed.startswith(prefix + "/"):
            found.append(ours.rstrip("/") + slashed[len(prefix) :])
    return found


def describe_gap(gap: Gap) -> str:
    """One sentence for people: the reason, and the detail where there is one."""
    return f"{REASONS[gap.reason]} ({gap.detail})" if gap.detail else REASONS[gap.reason]


async def _cover(services: Services, file: FileRecord) -> Coverage:
    gaps = [*await _above(services, file), *await services.catalog.gaps(file)]
    source, read = (0, 0) if file.content_id is None else await services.catalog.source_bytes(file.content_id)
    return Coverage(file, tuple(gaps), source, read)


async def _above(services: Services, file: FileRecord) -> list[Gap]:
    """Why the folder that a file is in, or one above it, cannot be looked at now: what is known of the file stays."""
    skipped = await services.catalog.skipped(file.shown.rpartition("/")[0])
    if skipped is None or skipped.gap.reason not in UNREADABLE:
        return []
    detail = f"{skipped.shown}: {skipped.gap.detail or 'unreadable'}; what was indexed before is searched"
    return [Gap(skipped.gap.reason, detail=detail, lost=False)]


async def _cover_folder(services: Services, principal: Principal, path: str) -> FolderCoverage:
    async def pick(limit: int = 1, **more: Any) -> FilePage:
        where = FileFilter(folder=path, **more)
        order = Sort(SortField.PATH, descending=False)
        return await services.catalog.list_files(where, order, None, limit, principal)

    skipped = await services.catalog.skipped_below(path, principal)
    every = await pick()
    if not every.total:
        return FolderCoverage(0, 0, 0, 0, 0, 0, (), skipped)
    lacking = await pick(MAX_LACKING, extent=(Extent.PARTIAL.value, Extent.NONE.value))
    partial = (await pick(extent=(Extent.PARTIAL.value,))).total
    return FolderCoverage(
        files=every.total,
        whole=every.total - lacking.total,
        partial=partial,
        none=lacking.total - partial,
        failed=(await pick(status=(FileStatus.FAILED,))).total,
        pending=(await pick(status=(FileStatus.PENDING,))).total,
        lacking=lacking.files,
        skipped=skipped,
    )


async def _skipped(services: Services, principal: Principal, path: str) -> SkippedPath | None:
    return await services.catalog.skipped(path) if principal.may_see(path) else None


async def _root_of(services: Services, path: str) -> Root | None:
    """The root that a path is in."""
    roots = await services.catalog.roots()
    return next((root for root in roots if _below(path, root, services)), None)


async def _holds_folder(services: Services, principal: Principal, path: str) -> bool:
    return principal.may_see(path) and await services.catalog.holds_folder(path)


async def _unknown(services: Services, principal: Principal, path: str) -> NotFoundError:
    if principal.scopes is not None:
        return NotFoundError(f"Nothing is known of {path}.", path=path)
    root = await _root_of(services, path)
    if root is None:
        roots = await services.catalog.roots()
        named = ", ".join(root.shown for root in roots) or "none"
        return NotFoundError(
            f"{path} is in no folder that is indexed (these are: {named}).",
            path=path,
            roots=[root.shown for root in roots],
        )
    status = await services.ingest_state.read_status()
    details = {"path": path, "root": root.shown, "root_state": root.state, "phase": status.phase}
    if root.state is RootState.AWAY:
        return NotFoundError(
            f"{path} is not known, and {root.shown} cannot be read now ({root.reason or 'away'}).", **details
        )
    if status.last_scan_at is None or status.phase == "scanning":
        return NotFoundError(
            f"{path} has not been seen yet; {root.shown} is still being scanned (siss stats shows how far).",
            **details,
        )
    when = f"{status.last_scan_at:%Y-%m-%d %H:%M:%S %Z}".strip()
    return NotFoundError(
        f"{path} was not there when {root.shown} was last scanned ({when}). 'siss scan' looks again.",
        last_scan_at=status.last_scan_at.isoformat(),
        **details,
    )


def _below(path: str, root: Root, services: Services) -> bool:
    return any(
        candidate == root.shown or candidate.startswith(root.shown.rstrip("/") + "/")
        for candidate in meant_paths(path, services)
    )
