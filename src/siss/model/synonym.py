"""Words that mean the same, as people say so."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class SynonymSource(StrEnum):
    """Who said so."""

    USER = "user"
    MODEL = "llm"


@dataclass(frozen=True, slots=True)
class Synonym:
    """Whoever asks for ``term`` also finds ``synonyms``; ``two_way``: and whoever asks for one of these, the others.

    Each is a word, or up to five that follow each other.
    """

    term: str
    synonyms: tuple[str, ...]
    two_way: bool
    source: SynonymSource
    updated_at: datetime
