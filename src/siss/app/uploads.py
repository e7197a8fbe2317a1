"""Taking files from people: received whole, looked at, given their name, indexed at once."""

import asyncio
import contextlib
import hashlib
import os
from collections.abc import AsyncIterable, AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec

from siss.app.labels import check_description, check_tags
from siss.app.malware import require_clean
from siss.app.rights import require_role
from siss.app.services import Services
from siss.app.upload_names import check_path
from siss.discover.ignore import make_rules
from siss.discover.paths import comparison_key, join_shown, shown_path
from siss.errors import (
    ConfigError,
    DatabaseUnavailableError,
    DiskFullError,
    ForbiddenError,
    InvalidRequestError,
    NasUnavailableError,
    NotFoundError,
    SissError,
)
from siss.logs import get_logger
from siss.model.file import FileRecord, ObservedFile, Root, RootState
from siss.model.job import Job, JobFilter, JobKind, JobState
from siss.model.principal import Principal, Role
from siss.model.upload import Existing, Placed, Staged
from siss.ports.uploads import Uploads

KEEP_SECONDS: Final = 86_400.0
"""How long answers are kept for an Idempotency-Key, and the temporary files of uploads that were broken off."""
MOST_WAITING: Final = 10_000
"""Batches that wait at once."""

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wanted of uploads. ``folder``: below the upload root; None for labels: as an earlier file has them."""

    folder: str = ""
    existing: Existing = Existing.FAIL
    tags: tuple[str, ...] | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A file that was taken. ``created``: False where the same bytes had the name already."""

    file: FileRecord
    created: bool


@dataclass(slots=True)
class Batch:
    """Files that were received for one job, each with the path that it is to have."""

    files: list[tuple[Staged, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Place:
    """Where uploads go: the root that holds the upload folder. ``prefix``: of it below the root, with a slash."""

    uploads: Uploads
    root: Root
    prefix: bytes
    redact_path: Callable[[str], str]

    def observe(self, placed: Placed) -> ObservedFile:
        """What was written, as the catalog is told of it."""
        raw = self.prefix + os.fsencode(placed.path)
        key = comparison_key(raw, self.root.case_insensitive)
        return ObservedFile(raw, self._shown_below(placed.path), key, placed.stat)

    def shown(self, path: str) -> str:
        """The absolute path of an upload as people see it."""
        return join_shown(self.root.shown.rstrip("/"), self._shown_below(path))

    def _shown_below(self, path: str) -> str:
        return self.redact_path(shown_path(self.prefix + os.fsencode(path)))


def check_wish(services: Services, principal: Principal, wish: Wish) -> Wish:
    """The wish as it can be followed. Raises ``ForbiddenError``, ``InvalidRequestError``, ``NotFoundError``."""
    require_role(principal, Role.EDITOR, "Uploading")
    _uploads(services)
    return Wish(
        wish.folder.rstrip("/"),
        wish.existing,
        None if wish.tags is None else check_tags(wish.tags, services.redact),
        None if wish.description is None else check_description(wish.description, services.redact),
    )


def check_target(services: Services, principal: Principal, place: Place, folder: str, name: str) -> str:
    """The path below the upload root that a file would have.

    Raises ``InvalidRequestError`` for a name that must not be, ``ForbiddenError`` for one out of the scopes.
    """
    path = _check_path(services, place, folder, name)
    if not principal.may_see(place.shown(path)):
        raise ForbiddenError(f"{principal.subject} may not write there.", field="folder")
    return path


def check_name(services: Services, place: Place, name: str) -> None:
    """Whether a file may be called so, in whatever folder. Raises ``InvalidRequestError``."""
    _check_path(services, place, "", name)


def _check_path(services: Services, place: Place, folder: str, name: str) -> str:
    rules = make_rules(services.settings.ignore, defaults=True, fold=place.root.case_insensitive)
    return check_path(folder, name, rules, services.redact_path)


async def receive(services: Services, parts: AsyncIterable[bytes], name: str) -> Staged:
    """Write what somebody sends under a temporary name, and look for malware in it. Nothing is left if it raises."""
    uploads = _uploads(services)
    staged = await uploads.receive(parts)
    try:
        await require_clean(services.scanner, uploads.file_of(staged), name)
    except BaseException:
        await _discard(uploads, [staged])
        raise
    return staged


async def place_upload(
    services: Services, principal: Principal, place: Place, staged: Staged, path: str, wish: Wish
) -> Uploaded:
    """Give a file that was received its name, and have it indexed. What was staged is gone afterwards, or placed."""
    try:
        async with _placing(place, staged, path, wish.existing) as placed:
            shown = await _record(services, place, placed, wish)
    except SissError:
        await _discard(place.uploads, [staged])
        raise
    file = await services.catalog.file_by_path(shown, principal)
    if file is None:
        raise NotFoundError(f"{shown} was written, and is not known yet: the next scan will see it.", path=shown)
    return Uploaded(file, placed.created)


async def submit_batch(services: Services, principal: Principal, batch: Batch, wish: Wish) -> Job:
    """Queue what was received: the process that indexes gives the files their names."""
    if not batch.files:
        raise InvalidRequestError("The batch holds no file.", field="file")
    arguments = {
        "existing": wish.existing.value,
        "tags": None if wish.tags is None else list(wish.tags),
        "description": wish.description,
        "files": [
            {"staged": staged.name, "size": staged.size, "sha256": staged.sha256.hex(), "path": path}
            for staged, path in batch.files
        ],
    }
    return await services.jobs.submit(JobKind.UPLOAD, arguments, principal.subject)


async def discard_batch(services: Services, batch: Batch) -> None:
    """Delete what was received."""
    await _discard(_uploads(services), [staged for staged, _ in batch.files])


async def _discard(uploads: Uploads, files: Sequence[Staged]) -> None:
    """Delete what was received, unless the NAS is away: then nobody waits once for each, and it is swept later."""
    with contextlib.suppress(NasUnavailableError):
        for staged in files:
            await uploads.discard(staged)


def fingerprint(wish: Wish, files: Sequence[tuple[Staged, str]], *, batch: bool) -> bytes:
    """What tells one upload from another: names, bytes, what is wanted of them, and whether a job is to take them."""
    parts = (
        batch,
        wish.existing.value,
        wish.tags,
        wish.description,
        [(path, staged.size, staged.sha256) for staged, path in files],
    )
    return hashlib.sha256(msgspec.msgpack.encode(parts)).digest()


def _uploads(services: Services) -> Uploads:
    if services.uploads is None:
        raise NotFoundError("This service takes no uploads: SISS_UPLOAD_ROOT names no folder.")
    return services.uploads


async def find_place(services: Services) -> Place:
    """Where uploads go now. Raises ``NasUnavailableError``, ``ConfigError`` where the folder is not indexed yet."""
    uploads = _uploads(services)
    for root in await services.catalog.roots():
        base = root.path.rstrip(b"/") + b"/"
        if uploads.root == root.path or uploads.root.startswith(base):
            if root.state is RootState.AWAY:
                raise NasUnavailableError(f"{root.shown} is away now: try again later.", retry_after=30)
            inside = uploads.root[len(base) :]
            return Place(uploads, root, inside + b"/" if inside else b"", services.redact_path)
    raise ConfigError("SISS_UPLOAD_ROOT: the folder is not indexed yet.", variable="SISS_UPLOAD_ROOT")


@contextlib.asynccontextmanager
async def _placing(place: Place, staged: Staged, path: str, existing: Existing) -> AsyncIterator[Placed]:
    """A staged file under its name, for good where the body ends; where it raises, everything is as before."""
    placed = await place.uploads.place(staged, path, existing)
    try:
        yield placed
    except BaseException:
        try:
            await asyncio.shield(place.uploads.take_back(staged, placed))
        except SissError as error:
            told = place.shown(placed.path)
            _log.warning("an upload that was refused lies in its folder", path=told, error=error.message)
        raise
    with contextlib.suppress(NasUnavailableError):  # swept later
        await place.uploads.settle(placed)


async def _record(services: Services, place: Place, placed: Placed, wish: Wish) -> str:
    await services.edits.record_upload(place.root.id, place.observe(placed), wish.tags, wish.description)
    return place.shown(placed.path)


async def place_batch(services: Services, job: Job) -> dict[str, object]:
    """Do a job of ``submit_batch``, in the process that indexes. Doing it again changes nothing.

    The result says of each file what became of it; one that cannot be taken does not keep the others.
    """
    place = await find_place(services)
    given = job.arguments
    tags = given["tags"]
    wish = Wish("", Existing(given["existing"]), None if tags is None else tuple(tags), given["description"])
    items: list[dict[str, object]] = []
    for each in given["files"]:
        staged = Staged(each["staged"], int(each["size"]), bytes.fromhex(each["sha256"]))
        now = await services.jobs.get(job.id)
        if now is not None and now.cancelling:
            await place.uploads.discard(staged)
            items.append({"path": each["path"], "state": "cancelled"})
            continue
        items.append(await _place_one(services, place, staged, each["path"], wish))
    taken = sum(item["state"] in {"created", "unchanged"} for item in items)
    return {"files": items, "taken": taken, "refused": len(items) - taken}


async def _place_one(services: Services, place: Place, staged: Staged, path: str, wish: Wish) -> dict[str, object]:
    try:
        async with _placing(place, staged, path, wish.existing) as placed:
            try:
                shown = await _record(services, place, placed, wish)
            except DiskFullError as error:
                # The database's disk: what was taken on waits for it, as it does where the database is away.
                raise DatabaseUnavailableError(error.message) from error
    except (NasUnavailableError, DatabaseUnavailableError):
        raise
    except SissError as error:
        await place.uploads.discard(staged)
        return {"path": path, "state": "refused", "code": error.kind.code, "message": error.message}
    return {"path": shown, "state": "created" if placed.created else "unchanged"}


async def sweep_uploads(services: Services) -> None:
    """Delete what uploads that were broken off left behind, and answers that nobody asks for again."""
    await services.idempotency.forget(KEEP_SECONDS)
    if services.uploads is None:
        return
    waiting = set[str]()
    for state in (JobState.QUEUED, JobState.RUNNING):
        for job in await services.jobs.page(JobFilter(state, JobKind.UPLOAD), None, MOST_WAITING):
            waiting.update(each["staged"] for each in job.arguments["files"])
    await services.uploads.sweep(KEEP_SECONDS, waiting)
