"""Synonyms. ``key``: a word or words as they are compared (``siss.app.synonyms.key_of``)."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from siss.model.synonym import Synonym


class Synonyms(Protocol):
    """Raises ``DatabaseUnavailableError``. A user's synonyms of a term stand before those that a model found."""

    async def put(self, key: str, synonym: Synonym, keys: Sequence[str]) -> None:
        """Set the synonyms of a term, in place of those that it had. ``keys``: of the synonyms, in their order."""
        ...

    async def delete(self, key: str) -> Synonym | None:
        """Delete what a user said of a term, and tell it. None: nothing was said."""
        ...

    async def page(self, after: str | None, limit: int) -> list[tuple[str, Synonym]]:
        """Synonyms with the keys of their terms, in the order of these, beginning after one."""
        ...

    async def count(self) -> int:
        """How many terms have synonyms."""
        ...

    async def of(self, keys: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
        """What may stand for each of these terms; those for which nothing may are left out."""
        ...
