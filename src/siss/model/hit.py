"""What an engine finds, and what an answer shows of it."""

from dataclasses import dataclass

from siss.model.file import FileRecord
from siss.model.ids import ContentId, FileId, Generation
from siss.model.query import FacetField, Relation


@dataclass(frozen=True, slots=True)
class EngineHit:
    """One content that matches, with its best chunk.

    ``files``: files that have this content and match, the best of all first; ``chunk_seq`` None where only name or
    filters matched. ``sort_value``: the value sorted by, for keyset pages. ``relaxed``: found only by
    leaving out or respelling words. ``explanation``: score by list, where asked for. ``alone``: no file but ``files``
    has this content, for all that the engine knows; where it does not say so, there may be more that match.
    """

    content_id: ContentId | None
    content_generation: Generation | None
    files: tuple[tuple[FileId, Generation], ...]
    chunk_seq: int | None
    score: float
    relaxed: bool = False
    sort_value: int | str | None = None
    explanation: dict[str, float | int] | None = None
    alone: bool = False


@dataclass(frozen=True, slots=True)
class FacetCount:
    """How many matching files have a value."""

    value: str
    count: int


@dataclass(frozen=True, slots=True)
class EngineAnswer:
    """The hits in order, and what is true of all matches.

    ``total`` counts files. ``highlights`` are the words to mark in snippets, folded as the analyser folds: the
    words asked for, and the prefixes, stems and respellings that stood in for them. ``relaxed``: too little was
    found for the question as asked, so some hits are marked ``relaxed``. ``outdated``: an index answered that gets
    no more changes, while its successor is filled.
    """

    hits: tuple[EngineHit, ...]
    total: int
    total_relation: Relation = "eq"
    facets: dict[FacetField, tuple[FacetCount, ...]] | None = None
    highlights: tuple[str, ...] = ()
    phrases: tuple[tuple[str, ...], ...] = ()
    relaxed: bool = False
    outdated: bool = False


@dataclass(frozen=True, slots=True)
class Snippet:
    """The part of a chunk that answers the question.

    ``html``: escaped, matches in ``<em>``; ``text``: plain. ``line``: of the first match (from 1); ``start`` and
    ``end``: half-open byte offsets of the first match in the source file; ``text_start``/``text_end`` the same in
    the local text.
    """

    html: str
    text: str
    line: int
    start: int
    end: int
    text_start: int
    text_end: int


@dataclass(frozen=True, slots=True)
class Hit:
    """One result: a content's best file, the other visible paths of the same content, and the best chunk.

    ``unreadable``: it has no snippet, because its text cannot be read any more.
    """

    file: FileRecord
    other_paths: tuple[str, ...]
    chunk_seq: int | None
    snippet: Snippet | None
    score: float
    relaxed: bool
    explanation: dict[str, float | int] | None = None
    unreadable: bool = False


@dataclass(frozen=True, slots=True)
class SearchAnswer:
    """A page of results. ``cursor`` is None on the last page; ``took_ms`` is measured in the service.

    ``notes``: sentences about what the answer leaves out, for whoever asked.
    """

    hits: tuple[Hit, ...]
    total: int
    total_relation: Relation
    facets: dict[FacetField, tuple[FacetCount, ...]]
    cursor: str | None
    relaxed: bool
    took_ms: float
    notes: tuple[str, ...] = ()
