"""Synonyms in PostgreSQL."""

import asyncio
import secrets
import time
from collections.abc import Mapping, MutableSequence, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cachetools import LRUCache

from siss.adapters.postgres.database import Database
from siss.adapters.postgres.statements import load_statements
from siss.model.synonym import Synonym, SynonymSource

SQL: Final = load_statements("synonyms")


FRESH_SECONDS: Final = 0.5
"""Seconds for which what was read of the table is trusted while the mark stays as it is."""
MARKED_SECONDS: Final = 10.0
"""The same where all who change the table share the mark: only what goes around the service is seen later. On a busy
machine the read takes longer than half a second now and then, and all searches of a process waited for it."""
_MOST_KNOWN: Final = 2000

_Found = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class _Look:
    """A read of the table that is under way. ``began``: when, by the clock; ``mark``: as it was then."""

    began: float
    mark: int
    task: asyncio.Task[None]


class PostgresSynonyms:
    """Implements ``siss.ports.synonyms.Synonyms``.

    Every search asks, and most installations have none: so answers are kept for as long as the table stays as it is.
    ``mark``: one number (below 2^64) in memory that all answering processes share. Whoever changes the table writes
    another number there before the change is answered, and whoever sees a new number reads the table first. So a
    search that begins after that answer knows of the change in any process, and all others pay for one number.
    ``lookups``: a database ``by_key``, for what every search asks.
    """

    def __init__(
        self, database: Database, mark: MutableSequence[int] | None = None, lookups: Database | None = None
    ) -> None:
        self._database = database
        self._lookups = lookups or database
        self._mark: MutableSequence[int] = [0] if mark is None else mark
        self._shared = mark is not None
        self._mark_seen: int | None = None
        self._known: LRUCache[tuple[str, ...], _Found] = LRUCache(_MOST_KNOWN)
        self._version: tuple[int, int] | None = None
        self._looked_at = float("-inf")
        self._looking: _Look | None = None

    async def put(self, key: str, synonym: Synonym, keys: Sequence[str]) -> None:
        """Set the synonyms of a term."""
        values = {
            "key": key,
            "source": synonym.source.value,
            "two_way": synonym.two_way,
            "term": synonym.term,
            "synonyms": list(synonym.synonyms),
            "keys": list(keys),
            "updated_at": synonym.updated_at,
        }
        try:
            await self._database.execute(SQL["put"], values)
        finally:  # it may have been done though no word of it came
            self._note_change()

    async def delete(self, key: str) -> Synonym | None:
        """Delete what a user said of a term, and tell it."""
        try:
            row = await self._database.row(SQL["delete"], {"key": key})
        finally:
            self._note_change()
        return None if row is None else _synonym(row)[1]

    async def page(self, after: str | None, limit: int) -> list[tuple[str, Synonym]]:
        """Synonyms in the order of their terms."""
        rows = await self._database.rows(SQL["page"], {"after": after, "limit": limit})
        return [_synonym(row) for row in rows]

    async def count(self) -> int:
        """How many terms have synonyms."""
        row = await self._database.row(SQL["count"])
        assert row is not None
        return int(row[0])

    async def of(self, keys: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
        """What may stand for each of these terms."""
        age = time.monotonic() - self._looked_at
        if self._mark[0] != self._mark_seen or age > (MARKED_SECONDS if self._shared else FRESH_SECONDS):
            await asyncio.shield(self._look())
        elif age > FRESH_SECONDS / 2:
            self._look()  # ahead: where many ask, nobody waits for it
        version = self._version
        assert version is not None
        if version[0] == 0:
            return {}
        asked = tuple(keys)
        found = self._known.get(asked)
        if found is None:
            found = await self._read(asked)
            if version == self._version:  # it may have been read before the change that was seen meanwhile
                self._known[asked] = found
        return found

    def _note_change(self) -> None:
        # Not one more than before: two processes that count at once would write the same number.
        self._mark[0] = secrets.randbits(64)

    def _look(self) -> "asyncio.Task[None]":
        """A read of the table: the one that began just now and after the last change, or a new one."""
        now, mark, looking = time.monotonic(), self._mark[0], self._looking
        if looking is None or looking.mark != mark or looking.task.done() or now - looking.began > FRESH_SECONDS:
            looking = self._looking = _Look(now, mark, asyncio.create_task(self._look_now(now, mark)))
            looking.task.add_done_callback(_heard)
        return looking.task

    async def _look_now(self, began: float, mark: int) -> None:
        row = await self._lookups.row(SQL["version"])
        assert row is not None
        if began < self._looked_at:
            return  # one that began later is back already
        if row != self._version:
            self._known.clear()
            self._version = row[0], row[1]
        self._looked_at, self._mark_seen = began, mark

    async def _read(self, keys: Sequence[str]) -> _Found:
        rows = await self._lookups.rows(SQL["of"], {"keys": list(keys)})
        by_user = {row[0] for row in rows if row[1] == SynonymSource.USER}
        found: dict[str, dict[str, str]] = {}
        for key, source, two_way, term, synonyms, synonym_keys in rows:
            if source != SynonymSource.USER and key in by_user:
                continue
            group = dict(zip((key, *synonym_keys), (term, *synonyms), strict=True))
            for asked in group if two_way else (key,):
                if asked in keys:
                    found.setdefault(asked, {}).update((k, text) for k, text in group.items() if k != asked)
        return {key: tuple(texts.values()) for key, texts in found.items()}


def _heard(look: asyncio.Task[None]) -> None:
    """What it raised is told to those who wait for it, of whom there may be none any more."""
    if not look.cancelled():
        look.exception()


def _synonym(row: tuple[Any, ...]) -> tuple[str, Synonym]:
    key, term, synonyms, two_way, source, at = row
    return key, Synonym(term, tuple(synonyms), two_way, SynonymSource(source), at)
