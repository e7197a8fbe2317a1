"""What relationships and the graph are made from, in PostgreSQL. Scopes are conditions of the statements."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from siss.adapters.postgres.database import Database
from siss.adapters.postgres.questions.entity_rows import said_in
from siss.adapters.postgres.rows import Row
from siss.adapters.postgres.scopes import scope_values
from siss.adapters.postgres.statements import load_statements
from siss.model.entity import Confidence, EntityId, EntityType, Name, unpack_places
from siss.model.ids import ContentId, FileId
from siss.model.principal import Principal
from siss.ports.relationships import (
    CommonName,
    CommonNames,
    FirstFile,
    Located,
    NamedPlaces,
    Rare,
    SchemaSiblings,
    Version,
)

SQL: Final = load_statements("relationships")

LOOKED_AT: Final = 5000
"""Rows of mentions of one content that are looked at: a log of many megabytes has more."""

HOT: Final = 10_000
"""A thing that more contents name says nothing about any two of them, whatever part of them somebody sees."""

_MOST_VERSIONS: Final = 100
_WIDER: Final = 4
"""Candidates for each thing that is shown, where what is rare depends on what a principal may see."""


class PostgresRelationships:
    """Implements ``siss.ports.relationships.Relationships``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def common_names(self, content_id: ContentId, limit: int, most: int, principal: Principal) -> CommonNames:
        """The rarest things of a content that others name, too."""
        # Who sees everything may leave out frequent things unasked: the dictionary has counted them.
        hot = most + 1 if principal.scopes is None else HOT
        values = {"content_id": content_id, "looked_at": LOOKED_AT, "hot": hot}
        rows = await self._database.rows(
            SQL["common_names"], {**values, **scope_values(principal), "names": limit, "others": most + 1}, plan=True
        )
        counted = await self._database.row(SQL["count_frequent"], values, plan=True)
        others: dict[tuple[Name, Confidence], dict[ContentId, Confidence]] = defaultdict(dict)
        for kind, value, confidence, other, sure, _ in rows:
            others[Name(EntityType.of(kind), value), Confidence(confidence)][ContentId(other)] = Confidence(sure)
        names = [CommonName(name, confidence, found) for (name, confidence), found in others.items()]
        kept = tuple(name for name in names if len(name.others) <= most)
        frequent, looked_at = counted or (0, 0)
        whole = looked_at < LOOKED_AT and (not rows or rows[0][5] <= limit)
        # How many others have a thing in all is nothing that a scope may tell.
        asked = frequent if principal.scopes is None else 0
        return CommonNames(kept, whole, asked + len(names) - len(kept))

    async def service_places(self, content_id: ContentId) -> list[NamedPlaces]:
        """Where a content names hosts, addresses and ports."""
        values = {"content_id": content_id, "looked_at": LOOKED_AT}
        return _named(await self._database.rows(SQL["service_places"], values, plan=True))

    async def places_in(self, wanted: Sequence[tuple[Name, ContentId]]) -> list[NamedPlaces]:
        """Where contents name things, pair by pair."""
        values = {
            "ids": [name.id for name, _ in wanted],
            "types": [name.type.code for name, _ in wanted],
            "values": [name.value for name, _ in wanted],
            "contents": [content_id for _, content_id in wanted],
        }
        return _named(await self._database.rows(SQL["places_in"], values, plan=True))

    async def schema_siblings(self, content_id: ContentId, limit: int, principal: Principal) -> SchemaSiblings | None:
        """The other members of a content's schema."""
        values = {"content_id": content_id, "limit": limit + 1, **scope_values(principal)}
        rows = await self._database.rows(SQL["schema_siblings"], values, plan=True)
        if not rows:
            return None
        contents = tuple(ContentId(row[2]) for row in rows if row[2] is not None)
        return SchemaSiblings(rows[0][0], rows[0][1], contents[:limit], len(contents) <= limit)

    async def versions(self, file_id: FileId, content_id: ContentId, principal: Principal) -> list[Version]:
        """Other files that have what this one had before, or had what it has now."""
        values = {"file_id": file_id, "content_id": content_id, "limit": _MOST_VERSIONS, **scope_values(principal)}
        rows = await self._database.rows(SQL["versions"], values, plan=True)
        return [Version(ContentId(other), at, older) for other, at, older in rows]

    async def file_paths_in(self, content_id: ContentId, limit: int) -> tuple[list[Name], bool]:
        """Paths that a content names."""
        values = {
            "content_id": content_id,
            "looked_at": LOOKED_AT,
            "type": EntityType.FILEPATH.code,
            "hot": HOT,
            "limit": limit + 1,
        }
        rows = await self._database.rows(SQL["file_paths_in"], values, plan=True)
        return [Name(EntityType.FILEPATH, row[0]) for row in rows[:limit]], len(rows) <= limit

    async def files_at(
        self, paths: Sequence[str], tails: Sequence[str], limit: int, principal: Principal
    ) -> list[Located]:
        """Files at these shown paths, or whose last two parts are one of ``tails``."""
        values = {"paths": list(paths), "tails": list(tails), "limit": limit, **scope_values(principal)}
        rows = await self._database.rows(SQL["files_at"], values, plan=True)
        return [Located(ContentId(content_id), shown) for content_id, shown in rows]

    async def files_in(self, folders: Sequence[str], limit: int, principal: Principal) -> list[Located]:
        """Files that lie directly in folders with these shown paths, by path."""
        values = {"folders": list(folders), "limit": limit, **scope_values(principal)}
        rows = await self._database.rows(SQL["files_in"], values, plan=True)
        return [Located(ContentId(content_id), shown) for content_id, shown in rows]

    async def naming(
        self, names: Sequence[Name], limit: int, principal: Principal
    ) -> Mapping[EntityId, list[Located]]:
        """Contents that name each of these things, the latest first."""
        values = {"ids": [name.id for name in names], "limit": limit, **scope_values(principal)}
        found: dict[EntityId, list[Located]] = defaultdict(list)
        for entity_id, content_id, shown in await self._database.rows(SQL["naming"], values, plan=True):
            found[entity_id].append(Located(ContentId(content_id), shown))
        return found

    async def first_files(self, contents: Sequence[ContentId], principal: Principal) -> Mapping[ContentId, FirstFile]:
        """A file for each content."""
        values = {"contents": list(contents), **scope_values(principal)}
        rows = await self._database.rows(SQL["first_files"], values, plan=True)
        return {ContentId(row[0]): FirstFile(FileId(row[1]), *row[2:]) for row in rows}

    async def rarest(
        self,
        contents: Sequence[ContentId],
        types: Sequence[EntityType] | None,
        limit: int,
        most: int,
        principal: Principal,
    ) -> Mapping[ContentId, tuple[list[Rare], bool]]:
        """The things of each content that fewest others name."""
        # What is rare in all need not be among what a principal may see, so more candidates are counted.
        wider = 1 if principal.scopes is None else _WIDER
        values: dict[str, Any] = {
            "contents": list(contents),
            "types": None if types is None else [kind.code for kind in types],
            "looked_at": LOOKED_AT,
            "hot": HOT,
            "candidates": wider * (limit + 1),
        }
        rows = await self._database.rows(SQL["rarest"], values, plan=True)
        counting = {"ids": list({row[1] for row in rows}), "count_limit": most + 1, **scope_values(principal)}
        counts = dict(await self._database.rows(SQL["count_files"], counting, plan=True))
        found: dict[ContentId, list[Rare]] = defaultdict(list)
        cut: set[ContentId] = set()
        for content_id, entity_id, kind, value, looked_at in rows:
            if looked_at >= LOOKED_AT:
                cut.add(ContentId(content_id))
            if entity_id in counts:
                found[ContentId(content_id)].append(Rare(Name(EntityType.of(kind), value), counts[entity_id]))
        return {
            content_id: (_rarest_first(rare)[:limit], len(rare) <= limit and content_id not in cut)
            for content_id, rare in found.items()
        }

    async def sources(self, after: FileId, limit: int, principal: Principal) -> list[FileId]:
        """The first visible file of each content, by id."""
        values = {"after": after, "limit": limit, **scope_values(principal)}
        return [FileId(row[0]) for row in await self._database.rows(SQL["sources"], values, plan=True)]


def _named(rows: Iterable[Row]) -> list[NamedPlaces]:
    return [
        NamedPlaces(content_id, name, tuple(unpack_places(packed))) for content_id, name, _, packed in said_in(rows)
    ]


def _rarest_first(things: list[Rare]) -> list[Rare]:
    return sorted(things, key=lambda thing: (thing.files, thing.name.type.code, thing.name.value))
