"""The catalog as questions see it, in PostgreSQL. Scopes are conditions of the statements, never filters after."""

import time
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Final

from siss.adapters.postgres.counts_cache import CountsCache
from siss.adapters.postgres.database import Database
from siss.adapters.postgres.ingest.scan_catalog import root_of
from siss.adapters.postgres.questions.corpus import count_corpus
from siss.adapters.postgres.rows import array, chunk_of, gap_of, join, short_hash, time_of
from siss.adapters.postgres.scopes import bounds, scope_values
from siss.adapters.postgres.statements import load_statements
from siss.errors import InvalidRequestError, NotFoundError
from siss.model.content import Chunk, Level
from siss.model.coverage import Gap, Reason
from siss.model.file import FileRecord, FileStatus, FileVersion, Root, SkippedPath
from siss.model.hit import FacetCount
from siss.model.ids import ContentId, FileId
from siss.model.principal import Principal
from siss.model.query import FacetField, Sort, SortField
from siss.model.stats import CorpusStats
from siss.ports.catalog import FileExtent, FileFilter, FilePage

SQL: Final = load_statements("catalog")
SCAN: Final = load_statements("scan")
_STATS_SECONDS: Final = 2.0
_SORTS: Final = {
    SortField.NAME: ("split_part(f.shown, '/', -1)", "text"),
    SortField.PATH: ("f.shown", "text"),
    SortField.SIZE: ("f.size", "bigint"),
    SortField.MODIFIED: ("(f.mtime_ns / 1000)", "bigint"),
    SortField.INDEXED: ("coalesce(extract(epoch FROM f.indexed_at) * 1000000, 0)::bigint", "bigint"),
}
_FACETS: Final = {
    FacetField.MIME: "facet_mime",
    FacetField.KIND: "facet_kind",
    FacetField.TAGS: "facet_tags",
    FacetField.EXT: "facet_ext",
    FacetField.FOLDER: "facet_folder",
    FacetField.SCHEMA_ID: "facet_schema",
}


CHUNK_COLUMNS: Final = 11
"""Of a chunk (``chunk_of``)."""


class PostgresCatalog:
    """Implements ``siss.ports.catalog.Catalog``. Numbers over the whole corpus may be two seconds old.

    Where counting takes long they are older, see ``CountsCache``. ``stats_seconds`` 0 keeps nothing. ``lookups``: the
    same database ``by_key``, for what every search asks.
    """

    def __init__(
        self, database: Database, lookups: Database | None = None, *, stats_seconds: float = _STATS_SECONDS
    ) -> None:
        self._database = database
        self._lookups = lookups or database
        self._stats: CountsCache[CorpusStats] = CountsCache(stats_seconds)
        self._facets: CountsCache[list[FacetCount]] = CountsCache(stats_seconds)

    async def files(
        self, wanted: Sequence[tuple[FileId, int | None]], principal: Principal
    ) -> Mapping[tuple[FileId, int | None], tuple[FileRecord, Chunk | None]]:
        """Files by id, each with that chunk of its content."""
        values = {"ids": array(file_id for file_id, _ in wanted), "seqs": array(seq for _, seq in wanted)}
        rows = await self._lookups.rows(SQL["files"], {**values, **scope_values(principal)})
        return {
            (FileId(row[CHUNK_COLUMNS]), row[0]): (
                record_of(row[CHUNK_COLUMNS:]),
                None if row[1] is None else chunk_of(row[:CHUNK_COLUMNS]),
            )
            for row in rows
        }

    async def file_by_public_id(self, public_id: uuid.UUID, principal: Principal) -> FileRecord | None:
        """One file by the id that the API shows."""
        row = await self._database.row(SQL["file_by_public_id"], {"public_id": public_id, **scope_values(principal)})
        return None if row is None else record_of(row)

    async def file_by_path(self, shown: str, principal: Principal) -> FileRecord | None:
        """One file by its shown absolute path."""
        values = {"shown": _storable(shown), **scope_values(principal)}
        row = await self._database.row(SQL["file_by_path"], values)
        return None if row is None else record_of(row)

    async def raw_path(self, file_id: FileId) -> bytes:
        """The original bytes of a file's absolute path."""
        row = await self._database.row(SQL["raw_path"], {"id": file_id})
        if row is None:
            raise NotFoundError(f"there is no file {file_id}")
        root, folder, name = row
        return join(root.rstrip(b"/"), join(folder, name))

    async def list_files(
        self,
        where: FileFilter,
        sort: Sort,
        after: tuple[int | str, int] | None,
        limit: int,
        principal: Principal,
    ) -> FilePage:
        """A page of files. No status asked for: files that are there."""
        values = {**_filter_values(where), **scope_values(principal)}
        page = {"after": after[0] if after else None, "after_id": after[1] if after else None, "limit": limit + 1}
        rows = await self._database.rows(list_statement(sort), values | page, plan=True)
        total = await self._database.row(SQL["count_list"], values, plan=True)
        assert total is not None
        more = len(rows) > limit
        rows = rows[:limit]
        return FilePage(tuple(map(record_of, rows)), total[0], (rows[-1][-1], rows[-1][0]) if more else None)

    async def same_content(
        self, contents: Sequence[ContentId], limit: int, principal: Principal
    ) -> Mapping[ContentId, tuple[str, ...]]:
        """The shown paths of the files that have each content."""
        values = {"ids": array(contents), "limit": limit, **scope_values(principal)}
        found: dict[ContentId, list[str]] = {content_id: [] for content_id in contents}
        for content_id, shown in await self._lookups.rows(SQL["same_content"], values):
            found[ContentId(content_id)].append(shown)
        return {content_id: tuple(paths) for content_id, paths in found.items()}

    async def chunks(self, keys: Sequence[tuple[ContentId, int]]) -> Mapping[tuple[ContentId, int], Chunk]:
        """Chunks by content and number."""
        values = {"contents": [key[0] for key in keys], "seqs": [key[1] for key in keys]}
        rows = await self._database.rows(SQL["chunks"], values)
        return {(ContentId(row[0]), row[1]): chunk_of(row[1:]) for row in rows}

    async def chunk_page(self, content_id: ContentId, after: int, limit: int) -> list[Chunk]:
        """Chunks of one content in order."""
        values = {"content_id": content_id, "after": after, "limit": limit}
        return [chunk_of(row) for row in await self._database.rows(SQL["chunk_page"], values)]

    async def gaps(self, file: FileRecord) -> list[Gap]:
        """The coverage ledger of a file."""
        rows = await self._database.rows(SQL["file_gaps"], {"id": file.id})
        if file.content_id is not None:
            rows += await self._database.rows(SQL["content_gaps"], {"id": file.content_id})
        return [gap_of(*row) for row in rows]

    async def extent(self, file: FileRecord, most_paths: int, principal: Principal) -> FileExtent:
        """What an answer about one file says beside its record."""
        values = {"id": file.id, "content_id": file.content_id, "limit": most_paths, **scope_values(principal)}
        row = await self._lookups.row(SQL["extent_of_file"], values)
        assert row is not None
        source, read, versions, reasons, paths = row
        return FileExtent(source or 0, read or 0, versions, tuple(map(Reason, reasons)), tuple(paths))

    async def source_bytes(self, content_id: ContentId) -> tuple[int, int]:
        """Bytes of the source, and how many of them were read."""
        row = await self._database.row(SQL["source_bytes"], {"id": content_id})
        return (0, 0) if row is None else (row[0], row[1])

    async def skipped(self, shown: str) -> SkippedPath | None:
        """Why a path, or the nearest folder above it, was not taken."""
        paths = [shown]
        while (parent := paths[-1].rpartition("/")[0]) and len(paths) < 1000:
            paths.append(parent)
        hashes = [short_hash(path.encode("utf-8", "surrogatepass")) for path in paths]
        row = await self._database.row(SQL["skipped"], {"hashes": hashes})
        return None if row is None else SkippedPath(row[0], gap_of(*row[1:]))

    async def skipped_below(self, shown: str, principal: Principal) -> Mapping[str, int]:
        """How many entries in and below a folder were not taken, by reason."""
        values = scope_values(principal) | {"below": _storable(shown.rstrip("/") + "/")}
        return dict(await self._database.rows(SQL["count_skipped"], values))

    async def holds_folder(self, shown: str) -> bool:
        """Whether the last scan saw a folder there."""
        for root in await self.roots():
            below = root.shown.rstrip("/") + "/"
            if (shown + "/").startswith(below):
                path = shown[len(below) :].encode("utf-8", "surrogatepass")
                row = await self._database.row(SQL["holds_folder"], {"root_id": root.id, "hash": short_hash(path)})
                return row is not None and row[0]
        return False

    async def versions(self, file_id: FileId) -> list[FileVersion]:
        """Earlier bytes of a file, newest first."""
        rows = await self._database.rows(SQL["versions"], {"id": file_id})
        return [FileVersion(sha256, size, time_of(mtime_ns), at) for sha256, size, mtime_ns, at in rows]

    async def roots(self) -> list[Root]:
        """The roots as last probed."""
        return [root_of(row) for row in await self._database.rows(SCAN["active_roots"])]

    async def stats(self, principal: Principal) -> CorpusStats:
        """Counts over what the principal may see."""
        return await self._stats.get(_asker(principal), lambda: count_corpus(self._database, principal))

    async def facet(
        self, facet: FacetField, limit: int, principal: Principal, after: FacetCount | None = None
    ) -> list[FacetCount]:
        """The commonest values of a field; ``folder`` is the folder that holds a file, not those above it."""
        if after is not None:  # of first pages there are few; further ones would fill what is kept
            return await self._count_values(facet, limit, principal, after)
        key = (facet, limit, *_asker(principal))
        return await self._facets.get(key, lambda: self._count_values(facet, limit, principal, None))

    async def _count_values(
        self, facet: FacetField, limit: int, principal: Principal, after: FacetCount | None
    ) -> list[FacetCount]:
        values = scope_values(principal)
        if facet is FacetField.LEVEL:
            counts = dict.fromkeys(Level, 0)
            for mask, count in await self._database.rows(SQL["facet_level"], values, plan=True):
                for level in Level:
                    counts[level] += count if mask & level.bit else 0
            found = sorted((-count, level.value) for level, count in counts.items() if count)
            beyond = [pair for pair in found if after is None or pair > (-after.count, after.value)]
            ranked = [(value, -count) for count, value in beyond[:limit]]
        else:
            place = {"files": after and after.count, "value": after and after.value, "limit": limit}
            ranked = await self._database.rows(SQL[_FACETS[facet]], place | values, plan=True)
        return [FacetCount(value, count) for value, count in ranked]

    async def ping(self) -> float:
        """Seconds that a trivial query takes."""
        began = time.perf_counter()
        await self._database.row(SQL["ping"])
        return time.perf_counter() - began


def _asker(principal: Principal) -> tuple[object, ...]:
    """What numbers depend on."""
    return principal.role, principal.scopes, principal.hidden


def list_statement(sort: Sort) -> bytes:
    """The list in one order: its key, its direction, and what lies beyond the last page."""
    try:
        key, kind = _SORTS[sort.field]
    except KeyError as error:
        raise InvalidRequestError("files have no relevance without a query: sort by a field", field="sort") from error
    compare, direction = ("<", "DESC") if sort.descending else (">", "ASC")
    beyond = f"({key} {compare} %(after)s::{kind} OR {key} = %(after)s::{kind} AND f.id > %(after_id)s::bigint)"
    sql = SQL["list_files"].decode()
    return sql.replace("/*sort*/", key).replace("/*beyond*/", beyond).replace("/*direction*/", direction).encode()


def _filter_values(where: FileFilter) -> dict[str, Any]:
    folder = None if where.folder is None else _storable(where.folder).rstrip("/") + "/"
    low, high = bounds(folder or "")
    return {
        "statuses": None if where.status is None else [FileStatus(status).value for status in where.status],
        "mime": None if where.mime is None else list(where.mime),
        "kind": None if where.kind is None else list(where.kind),
        "tags": None if where.tags is None else list(where.tags),
        "extent": None if where.extent is None else list(where.extent),
        "folder": folder,
        "folder_low": low,
        "folder_high": high,
        "name": None if where.name is None else _name_pattern(_storable(where.name)),
    }


def _name_pattern(name: str) -> str:
    r"""``*`` and ``?`` are wildcards; without one the name is contained. ``LIKE``'s own signs mean themselves."""
    plain = name.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    pattern = plain.replace("*", "%").replace("?", "_")
    return pattern if pattern != plain else f"%{plain}%"


def _storable(text: str) -> str:
    """A path as asked for, without what no stored path can hold (so that it is simply not found)."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")


def record_of(row: tuple[Any, ...]) -> FileRecord:
    """A file from the columns that statements give of it."""
    file_id, public_id, root_id, shown, name, size, mtime_ns, discovered_at, seen_at, indexed_at, status, *rest = row
    tags, description, generation, content_id, content_generation, sha256, mime, kind, encoding, *more = rest
    (
        compression,
        chunk_count,
        line_count,
        text_bytes,
        extent,
        removed_at,
        removed_by,
        path_since,
        labels_since,
        schema,
    ) = more[:10]
    return FileRecord(
        id=file_id,
        public_id=public_id,
        root_id=root_id,
        shown=shown,
        name=name,
        size=size,
        modified_at=time_of(mtime_ns),
        discovered_at=discovered_at,
        seen_at=seen_at,
        indexed_at=indexed_at,
        status=FileStatus(status),
        tags=tuple(tags),
        description=description,
        generation=generation,
        content_id=content_id,
        content_generation=content_generation,
        sha256=sha256,
        mime=mime,
        kind=kind,
        encoding=encoding,
        compression=compression,
        chunk_count=chunk_count,
        line_count=line_count,
        text_bytes=text_bytes,
        extent=extent,
        removed_at=removed_at,
        removed_by=removed_by,
        path_since=path_since,
        labels_since=labels_since,
        schema=schema,
    )
