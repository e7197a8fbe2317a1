"""What files name, for those who ask: lists of things, one thing, the files that name it, the things of one file."""

import asyncio
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from siss.app.cursors import name_list, read_cursor, write_cursor
from siss.app.files import find_file
from siss.app.places import LocatedPlace, locate_places
from siss.app.services import Services
from siss.errors import InvalidRequestError, NotFoundError
from siss.model.entity import EntityType, Name
from siss.model.file import FileRecord
from siss.model.ids import FileId
from siss.model.principal import Principal
from siss.ports.entities import (
    Count,
    EntityFilter,
    EntityProfile,
    EntitySummary,
    NamedInContent,
    NamingFile,
    NamingFiles,
)
from siss.search.entities import is_span

MAX_PAGE: Final = 1000
LATEST: Final = 10
"""Files that the page about one thing shows."""


@dataclass(frozen=True, slots=True)
class EntityList:
    """A page of things. ``cursor`` names the next page, None on the last one."""

    entities: tuple[EntitySummary, ...]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class FileNaming:
    """A file that names a thing; ``first``: the first place with what stands around it."""

    file: FileRecord
    naming: NamingFile
    first: LocatedPlace | None


@dataclass(frozen=True, slots=True)
class EntityFiles:
    """A page of the files that name a thing, latest first."""

    name: Name
    files: tuple[FileNaming, ...]
    total: Count
    cursor: str | None


@dataclass(frozen=True, slots=True)
class NamedThing:
    """A thing that a file names; ``first``: the first place with what stands around it."""

    named: NamedInContent
    first: LocatedPlace | None


@dataclass(frozen=True, slots=True)
class FileEntities:
    """A page of what a file names, by type and value."""

    file: FileRecord
    entities: tuple[NamedThing, ...]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class EntityPage:
    """All about one thing, with the latest files that name it. ``paths``: of the files that its findings are in."""

    profile: EntityProfile
    latest: tuple[FileNaming, ...]
    paths: Mapping[FileId, FileRecord]


async def list_entities(
    services: Services, principal: Principal, where: EntityFilter, *, by_files: bool, cursor: str | None, size: int
) -> EntityList:
    """Things by type and value, or (``by_files``) those that most files name; the latter has one page.

    A network or a range as the value means the addresses in it, as it does under its own name.
    Raises ``InvalidRequestError`` for a network that is none, or a cursor of another list.
    """
    size = max(1, min(size, MAX_PAGE))
    if where.network is None and where.type in {None, EntityType.IP_ADDRESS} and is_span(where.value or ""):
        where = EntityFilter(where.type, None, where.value)
    if by_files:
        if cursor:
            raise InvalidRequestError("A list by number of files has one page: leave cursor out.", field="cursor")
        return EntityList(tuple(await services.entities.top_entities(where, size, principal)), None)
    name = name_list("entities", where)
    after = read_cursor(cursor, name, tuple[int, str, int])
    page = await services.entities.list_entities(where, after, size, principal)
    return EntityList(page.entities, write_cursor(page.after, name))


async def list_naming_files(
    services: Services, principal: Principal, name: Name, cursor: str | None, size: int
) -> EntityFiles:
    """The files that name a thing. Raises ``NotFoundError`` where no visible file does."""
    list_name = name_list("naming", name)
    after = read_cursor(cursor, list_name, tuple[int, int])
    size = max(1, min(size, MAX_PAGE))

    async def page() -> tuple[tuple[FileNaming, ...], tuple[int, int] | None]:
        found = await services.entities.files_of(name, after, size, principal)
        return await _hydrate(services, principal, found), found.after

    # Beside each other: what is counted may be a hundred times a page.
    (files, following), total = await asyncio.gather(page(), services.entities.count_files(name, principal))
    if not total.value:
        raise _nobody_names(name)
    return EntityFiles(name, files, total, write_cursor(following, list_name))


async def list_named(
    services: Services,
    principal: Principal,
    public_id: uuid.UUID,
    types: tuple[EntityType, ...] | None,
    cursor: str | None,
    size: int,
) -> FileEntities:
    """What a file names. Raises ``NotFoundError``."""
    file = await find_file(services, principal, public_id)
    if file.content_id is None:
        return FileEntities(file, (), None)
    list_name = name_list("named", file.content_id, types)
    place = read_cursor(cursor, list_name, tuple[EntityType, str])
    size = max(1, min(size, MAX_PAGE))
    after = None if place is None else Name(*place)
    named = await services.entities.entities_of(file.content_id, types, size + 1, after)
    page, more = named[:size], len(named) > size
    firsts = await locate_places(services, [(file.content_id, one.places[0]) for one in page if one.places])
    last = (page[-1].name.type, page[-1].name.value) if more else None
    return FileEntities(
        file,
        tuple(NamedThing(one, firsts.get((file.content_id, one.places[0])) if one.places else None) for one in page),
        write_cursor(last, list_name),
    )


async def describe_entity(services: Services, principal: Principal, name: Name) -> EntityPage:
    """The page about one thing. Raises ``NotFoundError`` where no visible file names it."""
    profile, latest = await asyncio.gather(
        services.entities.profile(name, principal), services.entities.files_of(name, None, LATEST, principal)
    )
    if profile is None:
        raise _nobody_names(name)
    wanted = list({(finding.file_id, None) for finding in profile.findings})
    found = await services.catalog.files(wanted, principal) if wanted else {}
    paths = {file_id: record for (file_id, _), (record, _) in found.items()}
    return EntityPage(profile, await _hydrate(services, principal, latest), paths)


async def _hydrate(services: Services, principal: Principal, found: NamingFiles) -> tuple[FileNaming, ...]:
    records, firsts = await asyncio.gather(
        services.catalog.files([(naming.file_id, None) for naming in found.files], principal),
        locate_places(services, [(naming.content_id, naming.places[0]) for naming in found.files if naming.places]),
    )
    return tuple(
        FileNaming(
            records[naming.file_id, None][0],
            naming,
            firsts.get((naming.content_id, naming.places[0])) if naming.places else None,
        )
        for naming in found.files
        if (naming.file_id, None) in records
    )


def _nobody_names(name: Name) -> NotFoundError:
    return NotFoundError(
        f"No file names the {name.type.value} {name.value!r}. (GET /entities?value=... takes * and ? as wildcards.)",
        type=name.type.value,
        value=name.value,
    )
