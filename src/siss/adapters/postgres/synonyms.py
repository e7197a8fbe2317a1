"""Synonyms in PostgreSQL."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from siss.adapters.postgres.database import Database, load_statements
from siss.model.synonym import Synonym, SynonymSource

SQL: Final = load_statements("synonyms")


class PostgresSynonyms:
    """Implements ``siss.ports.synonyms.Synonyms``."""

    def __init__(self, database: Database) -> None:
        self._database = database

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

    async def delete(self, key: str) -> Synonym | None:
        """Delete what a user said of a term, and tell it."""
        row = await self._database.row(SQL["delete"], {"key": key})
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
