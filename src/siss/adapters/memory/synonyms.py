"""Synonyms in the process, for tests."""

from collections.abc import Mapping, Sequence

from siss.model.synonym import Synonym, SynonymSource


class MemorySynonyms:
    """Implements ``siss.ports.synonyms.Synonyms``."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, SynonymSource], tuple[Synonym, tuple[str, ...]]] = {}

    async def put(self, key: str, synonym: Synonym, keys: Sequence[str]) -> None:
        """Set the synonyms of a term."""
        self._kept[key, synonym.source] = synonym, tuple(keys)

    async def delete(self, key: str) -> Synonym | None:
        """Delete what a user said of a term, and tell it."""
        kept = self._kept.pop((key, SynonymSource.USER), None)
        return None if kept is None else kept[0]

    async def page(self, after: str | None, limit: int) -> list[tuple[str, Synonym]]:
        """Synonyms in the order of their terms."""
        return [(key, kept[0]) for key, kept in sorted(self._told().items()) if after is None or key > after][:limit]

    async def count(self) -> int:
        """How many terms have synonyms."""
        return len(self._told())

    async def of(self, keys: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
        """What may stand for each of these terms."""
        found: dict[str, dict[str, str]] = {}
        for key, (synonym, synonym_keys) in self._told().items():
            group = dict(zip((key, *synonym_keys), (synonym.term, *synonym.synonyms), strict=True))
            for asked in group if synonym.two_way else (key,):
                if asked in keys:
                    found.setdefault(asked, {}).update((k, text) for k, text in group.items() if k != asked)
        return {key: tuple(texts.values()) for key, texts in found.items()}

    def _told(self) -> dict[str, tuple[Synonym, tuple[str, ...]]]:
        """What counts for each term: the user's word before the model's."""
        ordered = sorted(self._kept.items(), key=lambda item: item[0][1] is SynonymSource.USER)
        return {key: kept for (key, _), kept in ordered}
