"""What files name, as questions see it, in PostgreSQL. Scopes are conditions of the statements."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from siss.adapters.postgres.database import Database
from siss.adapters.postgres.questions.entity_filters import filter_values
from siss.adapters.postgres.questions.entity_profile import (
    CHUNKS_LOOKED_AT,
    find_findings,
    find_neighbours,
    find_ports,
    find_times,
)
from siss.adapters.postgres.questions.entity_rows import count_of, said_in
from siss.adapters.postgres.scopes import scope_values
from siss.adapters.postgres.statements import load_statements
from siss.model.entity import Confidence, EntityType, Name, Place, unpack_places
from siss.model.ids import ContentId, FileId
from siss.model.mentions import places_at
from siss.model.principal import Principal
from siss.ports.entities import (
    Count,
    EntityFilter,
    EntityPage,
    EntityProfile,
    EntitySummary,
    NamedInContent,
    NamingFile,
    NamingFiles,
)

SQL: Final = load_statements("entities")
COUNTED: Final = 1000
"""Where counting the files of one thing ends: a thousand rows take 2 ms."""

LOOKED_AT: Final = 200
"""Files of a thing that its profile is made from, the latest."""

PLACES: Final = 20
"""Places of a thing in one file that an answer holds."""

_SMALL: Final = 2000
"""Contents of a scope that are looked into one by one."""

_LARGE_SECONDS: Final = 60.0
_LARGE_SCOPES: Final = 100
"""How long, and of how many scopes, it is remembered that they are large."""

_FURTHER: Final = 16
"""Things that are looked at for each one on a page, as some may be unknown to the asker; where too few are left, so
many times more."""

_CANDIDATES: Final = 2
_COUNTED_IN_SCOPE: Final = 200
"""Where counting ends when the things of a large scope are ranked: many files are passed over for each one in it."""

_ROWS_A_CONTENT: Final = 2
"""Rows of mentions that are looked at for each content that a filter may find."""


class PostgresEntities:
    """Implements ``siss.ports.entities.Entities``."""

    def __init__(self, database: Database, lookups: Database | None = None) -> None:
        """``lookups``: a database ``by_key``."""
        self._database = database
        self._lookups = lookups or database
        self._large: dict[tuple[str, ...], float] = {}

    async def list_entities(
        self, where: EntityFilter, after: tuple[int, str, int] | None, limit: int, principal: Principal
    ) -> EntityPage:
        """Things by type and value; addresses of a network by address."""
        after_type, after_value, after_id = after or (None, None, None)
        values = {
            **filter_values(where),
            **scope_values(principal),
            "types": [kind.code for kind in (EntityType if where.type is None else [where.type])],
            "contents": await self._small_scope(principal),
            "after_type": after_type,
            "after": after_value,
            "after_id": after_id,
            "limit": limit + 1,
            "count_limit": COUNTED + 1,
        }
        if where.network is None:
            rows = await self._next_rows(values, limit + 1)
        else:
            rows = await self._database.rows(SQL["list_addresses"], values, plan=True)
        more = len(rows) > limit
        rows = rows[:limit]
        last = (rows[-1][0], rows[-1][3], rows[-1][4]) if more else None
        return EntityPage(tuple(_summary(*row[:3]) for row in rows), last)

    async def top_entities(self, where: EntityFilter, limit: int, principal: Principal) -> list[EntitySummary]:
        """The things that most files name.

        In a scope of many contents: of those that are commonest in all, ``_CANDIDATES`` times as many as asked for.
        """
        contents = await self._small_scope(principal)
        wider, counted = (1, COUNTED) if principal.scopes is None else (_CANDIDATES, _COUNTED_IN_SCOPE)
        values = {
            **filter_values(where),
            **scope_values(principal),
            "contents": contents,
            "candidates": wider * limit,
            "limit": limit,
            "count_limit": counted + 1,
        }
        statement = SQL["top_entities"] if contents is None else SQL["top_visible_entities"]
        limit = counted if contents is None else COUNTED
        rows = await self._database.rows(statement, values, plan=True)
        return [_summary(kind, value, files, limit) for kind, value, files in rows]

    async def files_of(
        self, name: Name, after: tuple[int, int] | None, limit: int, principal: Principal
    ) -> NamingFiles:
        """The files that name a thing."""
        files = await self._naming(name, after, limit + 1, principal)
        more = len(files) > limit
        files = files[:limit]
        contents = {content_id for _, content_id in files}
        said = await self._mentions(name, contents)
        named = tuple(NamingFile(file_id, content_id, *said[content_id]) for file_id, content_id in files)
        return NamingFiles(named, (files[-1][1], files[-1][0]) if more else None)

    async def count_files(self, name: Name, principal: Principal) -> Count:
        """How many files name a thing."""
        values = {"id": name.id, "count_limit": COUNTED + 1, **scope_values(principal)}
        if principal.scopes is None:
            row = await self._lookups.row(SQL["count_files"], values)
        else:
            small = await self._small_scope(principal) is not None
            statement = SQL["count_visible_files"] if small else SQL["count_files"]
            row = await self._database.row(statement, values, plan=True)
        return count_of(row[0] if row else 0, COUNTED)

    async def entities_of(
        self,
        content_id: ContentId,
        types: Sequence[EntityType] | None,
        limit: int,
        after: Name | None = None,
    ) -> list[NamedInContent]:
        """What a content names."""
        values = {
            "content_id": content_id,
            "types": None if types is None else [kind.code for kind in types],
            "after_type": None if after is None else after.type.code,
            "after": None if after is None else after.value,
            "limit": limit,
        }
        rows = await self._database.rows(SQL["entities_of"], values, plan=True)
        found: dict[Name, NamedInContent] = {}
        for _, name, confidence, packed in said_in(rows):
            places = unpack_places(packed)
            count = sum(place.count for place in places)
            if (before := found.get(name)) is None:
                found[name] = NamedInContent(name, count, confidence, tuple(places[:PLACES]))
            else:
                surest = max(before.confidence, confidence)
                found[name] = replace(before, count=before.count + count, confidence=surest)
        return sorted(found.values(), key=lambda one: (one.name.type.code, one.name.value))

    async def profile(self, name: Name, principal: Principal) -> EntityProfile | None:
        """All about one thing."""
        files, total = await asyncio.gather(
            self._naming(name, None, LOOKED_AT, principal), self.count_files(name, principal)
        )
        if not files:
            return None
        contents = sorted({content_id for _, content_id in files})
        places: dict[ContentId, list[Place]] = defaultdict(list)
        mentions = 0
        for content_id, _, said in await self._said(name, contents):
            mentions += sum(place.count for place in said)
            places[content_id].extend(said[:CHUNKS_LOOKED_AT])
        first, last, days = await find_times(self._database, [file_id for file_id, _ in files], places)
        first_files = {content_id: file_id for file_id, content_id in reversed(files)}
        return EntityProfile(
            name,
            total,
            mentions,
            total.exact and len(files) == total.value,
            first,
            last,
            tuple(sorted(days.items())),
            await find_neighbours(self._database, name, contents, principal),
            await find_ports(self._database, places),
            await find_findings(self._database, places, first_files),
        )

    async def contents_of(
        self, where: EntityFilter, limit: int, principal: Principal
    ) -> tuple[Sequence[ContentId], bool]:
        """The contents that name one of these things."""
        most = _ROWS_A_CONTENT * limit
        values = {**filter_values(where), **scope_values(principal), "rows": most, "limit": limit + 1}
        statement = SQL["contents_of"]
        if principal.scopes is not None:
            values["contents"] = await self._small_scope(principal)
            statement = SQL["visible_contents_of"] if values["contents"] is None else SQL["contents_among"]
        rows = await self._database.rows(statement, values, plan=True)
        return [ContentId(row[0]) for row in rows[:limit]], len(rows) <= limit and (not rows or rows[0][1] < most)

    async def first_places(
        self, where: EntityFilter, contents: Sequence[ContentId]
    ) -> Mapping[ContentId, tuple[Name, Place]]:
        """Where each content first names one of these things."""
        values = {**filter_values(where), "contents": list(contents)}
        rows = await self._database.rows(SQL["first_places"], values, plan=True)
        found: dict[ContentId, tuple[Name, Place]] = {}
        for content_id, name, _, packed in said_in(rows):
            (place,) = unpack_places(packed, 1)
            if content_id not in found or place.start < found[content_id][1].start:
                found[content_id] = name, place
        return found

    async def _small_scope(self, principal: Principal) -> list[int] | None:
        """The contents of a scope of few: the better place to begin. None where there is no scope or a large one."""
        if principal.scopes is None or time.monotonic() < self._large.get(principal.scopes, 0.0):
            return None
        values = {**scope_values(principal), "small": _SMALL + 1}
        rows = await self._database.rows(SQL["visible_contents"], values, plan=True)
        if len(rows) <= _SMALL:
            return [row[0] for row in rows]
        if len(self._large) > _LARGE_SCOPES:
            self._large.clear()
        self._large[principal.scopes] = time.monotonic() + _LARGE_SECONDS
        return None

    async def _next_rows(self, values: Mapping[str, object], limit: int) -> list[tuple[Any, ...]]:
        """A page by type and value: of the next few things, or of more where too few of those may be known."""
        reach = _FURTHER * limit
        while True:
            page = {**values, "limit": limit, "reach": reach}
            *rows, (_, _, near, *_) = await self._database.rows(SQL["list_entities"], page, plan=True)
            if len(rows) >= limit or near < reach:
                return rows
            reach *= _FURTHER

    async def _naming(
        self, name: Name, after: tuple[int, int] | None, limit: int, principal: Principal
    ) -> list[tuple[FileId, ContentId]]:
        page = {"after": after[0] if after else None, "after_id": after[1] if after else None, "limit": limit}
        values = {"id": name.id, **page, **scope_values(principal)}
        if principal.scopes is None and after is None:  # a plan for all pages would read each from the first on
            rows = await self._lookups.rows(SQL["naming_files"], values)
        else:
            small = await self._small_scope(principal) is not None
            statement = SQL["naming_visible_files"] if small else SQL["naming_files"]
            rows = await self._database.rows(statement, values, plan=True)
        return [(FileId(file_id), ContentId(content_id)) for file_id, content_id in rows]

    async def _mentions(
        self, name: Name, contents: set[ContentId]
    ) -> dict[ContentId, tuple[int, Confidence, tuple[Place, ...]]]:
        found: dict[ContentId, tuple[int, Confidence, tuple[Place, ...]]] = {}
        for content_id, confidence, said in await self._said(name, sorted(contents)):
            before, surest, places = found.get(content_id, (0, Confidence.LOW, ()))
            count = before + sum(place.count for place in said)
            found[content_id] = count, max(surest, confidence), (*places, *said[: PLACES - len(places)])
        return found

    async def _said(
        self, name: Name, contents: Sequence[ContentId]
    ) -> list[tuple[ContentId, Confidence, list[Place]]]:
        """How surely and where contents name a thing, part by part."""
        rows = await self._database.rows(SQL["mentions_in"], {"id": name.id, "contents": list(contents)})
        return [
            (
                ContentId(content_id),
                Confidence(confidences[position - 1]),
                unpack_places(places_at(places, len(confidences), position - 1)),
            )
            for content_id, position, confidences, places in rows
        ]


def _summary(kind: int, value: str, files: int, limit: int = COUNTED) -> EntitySummary:
    return EntitySummary(Name(EntityType.of(kind), value), count_of(files, limit))
