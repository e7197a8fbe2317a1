"""Files as answers show them: one, its neighbours of the same bytes, its chunks and versions, and lists."""

import uuid
from dataclasses import dataclass
from typing import Final

from siss.app.cursors import name_list, read_cursor, write_cursor
from siss.app.services import Services
from siss.errors import InvalidRequestError, NotFoundError
from siss.model.content import Chunk
from siss.model.file import FileRecord, FileVersion
from siss.model.ids import ContentId
from siss.model.principal import Principal
from siss.model.query import Sort, SortField
from siss.ports.catalog import FileExtent, FileFilter

MAX_PAGE: Final = 1000
MAX_OTHER_PATHS: Final = 100
PREVIEW_BYTES: Final = 240
_INT32: Final = (1 << 31) - 1


@dataclass(frozen=True, slots=True)
class FileDetails:
    """One file and what hangs on it. ``extent``: with at most ``MAX_OTHER_PATHS`` files of the same content."""

    file: FileRecord
    extent: FileExtent


@dataclass(frozen=True, slots=True)
class FileList:
    """A page of files. ``cursor`` names the next page, None on the last one."""

    files: tuple[FileRecord, ...]
    total: int
    cursor: str | None


@dataclass(frozen=True, slots=True)
class ChunkPage:
    """Chunks of one file in order, each with the beginning of its text. ``after``: number to go on after.

    ``cursor``: the same as lists have it.
    """

    file: FileRecord
    chunks: tuple[tuple[Chunk, str], ...]
    after: int | None
    cursor: str | None


async def find_file(services: Services, principal: Principal, public_id: uuid.UUID) -> FileRecord:
    """A file by the id that the API shows. Raises ``NotFoundError``."""
    file = await services.catalog.file_by_public_id(public_id, principal)
    if file is None:
        raise NotFoundError(f"There is no file {public_id}.", id=str(public_id))
    return file


async def describe_file(services: Services, principal: Principal, public_id: uuid.UUID) -> FileDetails:
    """A file with its coverage, versions and the other visible paths of the same bytes. Raises ``NotFoundError``."""
    return await describe_found(services, principal, await find_file(services, principal, public_id))


async def describe_found(services: Services, principal: Principal, file: FileRecord) -> FileDetails:
    """The same of a file that has just been looked up."""
    return FileDetails(file, await services.catalog.extent(file, MAX_OTHER_PATHS, principal))


async def list_versions(
    services: Services, principal: Principal, public_id: uuid.UUID, cursor: str | None = None, size: int = MAX_PAGE
) -> tuple[FileRecord, list[FileVersion], str | None]:
    """A file, a page of the bytes that it had before, newest first, and the cursor of the next page."""
    file = await find_file(services, principal, public_id)
    name = name_list("versions", str(public_id))
    left = read_cursor(cursor, name, int)
    found = await services.catalog.versions(file.id)
    # Counted from the oldest: versions that come meanwhile move nothing.
    found = found if left is None else found[max(0, len(found) - max(0, left)) :]
    page = found[: max(1, min(size, MAX_PAGE))]
    return file, page, write_cursor(len(found) - len(page) or None, name)


async def list_files(
    services: Services, principal: Principal, where: FileFilter, sort: Sort, cursor: str | None, size: int
) -> FileList:
    """A page of the files that a filter leaves, by a field (never by relevance).

    Raises ``InvalidRequestError`` for a cursor that is not one, or belongs to another list.
    """
    if sort.field is SortField.RELEVANCE:
        raise InvalidRequestError("Files have no relevance without a query: sort by another field.", field="sort")
    size = max(1, min(size, MAX_PAGE))
    name = name_list(where, sort)
    after = read_cursor(cursor, name, tuple[int | str, int])
    page = await services.catalog.list_files(where, sort, after, size, principal)
    return FileList(page.files, page.total, write_cursor(page.after, name))


async def page_chunks(
    services: Services, principal: Principal, public_id: uuid.UUID, after: int, size: int, cursor: str | None = None
) -> ChunkPage:
    """Chunks of a file in order, beginning after a number (-1: from the start) or where a cursor says."""
    file = await find_file(services, principal, public_id)
    name = name_list("chunks", str(public_id))
    place = read_cursor(cursor, name, int)
    if place is not None:
        after = max(-1, min(place, _INT32))
    if file.content_id is None:
        return ChunkPage(file, (), None, None)
    size = max(1, min(size, MAX_PAGE))
    chunks = await services.catalog.chunk_page(file.content_id, after, size + 1)
    page, more = chunks[:size], len(chunks) > size
    previews = await _preview(services, file.content_id, page)
    following = page[-1].seq if more else None
    return ChunkPage(file, tuple(zip(page, previews, strict=True)), following, write_cursor(following, name))


async def _preview(services: Services, content_id: ContentId, chunks: list[Chunk]) -> list[str]:
    blocks = await services.texts.blocks_of([(content_id, chunk.seq) for chunk in chunks])
    previews = []
    for chunk in chunks:
        block = blocks.get((content_id, chunk.seq))
        if block is None or not block.holds(chunk.start, chunk.end):
            previews.append("")
            continue
        start = chunk.start - block.start
        end = min(start + PREVIEW_BYTES, start + chunk.end - chunk.start)
        previews.append(block.text[start:end].decode("utf-8", "ignore"))
    return previews
