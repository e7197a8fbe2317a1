"""Synonyms in PostgreSQL."""

import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

from cachetools import LRUCache

from siss.adapters.postgres.database import Database, load_statements
from siss.model.synonym import Synonym, SynonymSource

SQL: Final = load_statements("synonyms")


FRESH_SECONDS: Final = 0.5
"""How long what is known of the table is believed; what this process changes it knows at once."""
_MOST_KNOWN: Final = 2000

_Found = Mapping[str, tuple[str, ...]]


class PostgresSynonyms:
    """Implements ``siss.ports.synonyms.Synonyms``.

    Every search asks, and most installations have none: so answers are kept for as long as the table stays as it is,
    at which one look in half a second is enough.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: LRUCache[tuple[str, ...], _Found] = LRUCache(_MOST_KNOWN)
        self._version: tuple[int, int] | None = None
        self._looked_at = float("-inf")
        self._changes = 0

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
        await self._database.execute(SQL["put"], values)
        self._note_change()

    async def delete(self, key: str) -> Synonym | None:
        """Delete what a user said of a term, and tell it."""
        row = await self._database.row(SQL["delete"], {"key": key})
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
        if time.monotonic() - self._looked_at > FRESH_SECONDS:
            await self._look()
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
        self._changes += 1
        self._looked_at = float("-inf")

    async def _look(self) -> None:
        began, changes = time.monotonic(), self._changes
        row = await self._database.row(SQL["version"])
        assert row is not None
        if row != self._version:
            self._known.clear()
            self._version = row[0], row[1]
        if changes == self._changes:
            self._looked_at = began

    async def _read(self, keys: Sequence[str]) -> _Found:
        rows = await self._database.rows(SQL["of"], {"keys": list(keys)})
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


def _synonym(row: tuple[Any, ...]) -> tuple[str, Synonym]:
    key, term, synonyms, two_way, source, at = row
    return key, Synonym(term, tuple(synonyms), two_way, SynonymSource(source), at)
