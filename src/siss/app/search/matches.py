"""What the engine finds for one question, held against the catalog."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from siss.app.search.facets import count_schemas
from siss.app.search.filters import FilterResolver
from siss.app.search.hits import hydrate_hits
from siss.app.services import Services
from siss.index.analyser import without_iso_letters
from siss.index.folding import fold, is_unspaced
from siss.model.content import Level
from siss.model.hit import EngineAnswer, EngineHit, Hit
from siss.model.principal import Principal
from siss.model.query import And, Contents, FacetField, Field, Match, Node, Not, Or, Query, Sort
from siss.ports.fulltext import FACET_VALUES, MOST_COUNTED, EngineRequest
from siss.search.fields import level_spellings
from siss.search.snippet import Highlighter
from siss.traces.span import span

_PART_COUNTED: Final = f"The facet schema_id counts {MOST_COUNTED:,} of the contents that match."


Place = tuple[int | str, int]
"""The sort value of a hit and the id of its file: where a sorted list goes on."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Hits that the catalog still has, with their keys (``hit_key``), and how many it took to find them."""

    hits: tuple[Hit, ...]
    keys: tuple[int, ...]
    used: int


@dataclass(frozen=True, slots=True)
class Matches:
    """What matches a question among the files that its asker may see. ``query``: with its filters resolved."""

    services: Services
    principal: Principal
    query: Query
    resolver: FilterResolver

    async def ask(self, query: Query, limit: int, after: Place | None = None) -> EngineAnswer:
        """What the engine says, with the facet that it does not know. Raises what ``FullText.search`` does."""
        with span("search.engine") as seen:
            answer = await self.services.fulltext.search(EngineRequest(query, self.principal.scopes, limit, after))
            seen.set("siss.hits", len(answer.hits))
            seen.set("siss.total", answer.total)
        contents = (answer.facets or {}).get(FacetField.SCHEMA_ID)
        if answer.facets is None or contents is None:
            return answer
        if len(contents) >= MOST_COUNTED and _PART_COUNTED not in self.resolver.notes:
            self.resolver.notes += (_PART_COUNTED,)
        schemas = await count_schemas(self.services, contents, FACET_VALUES)
        return replace(answer, facets={**answer.facets, FacetField.SCHEMA_ID: schemas})

    async def standing(
        self, hits: Sequence[EngineHit], answer: EngineAnswer, size: int | None = None, *, walked: bool = False
    ) -> Standing:
        """A page's worth, or ``size``, of hits that the catalog still has. ``walked``: of ``hydrate_hits``."""
        size = self.query.size if size is None else size
        found: list[tuple[Hit, int]] = []
        used = 0
        asked = frozenset[Field]() if answer.outdated else frozenset(_fields(self.query.where))
        while used < len(hits) and len(found) < size:
            batch = hits[used : used + size - len(found)]
            used += len(batch)
            placed, names = await self.resolver.place(batch) if self.query.highlight else (batch, ())
            found += await hydrate_hits(
                self.services,
                self.principal,
                placed,
                self._highlighter(answer, names),
                self._with_copies,
                asked=asked,
                walked=walked,
            )
        return Standing(tuple(hit for hit, _ in found), tuple(key for _, key in found), used)

    async def _with_copies(self, hits: Sequence[EngineHit]) -> list[EngineHit]:
        """The hits with all files that have their contents and match."""
        contents = Contents(tuple(hit.content_id for hit in hits if hit.content_id is not None))
        where = contents if self.query.where is None else And((self.query.where, contents))
        answer = await self.ask(replace(self.query, where=where, sort=Sort(), facets=()), len(hits))
        files = {hit.content_id: hit.files for hit in answer.hits}
        return [
            replace(hit, files=tuple(dict.fromkeys((*hit.files, *files.get(hit.content_id, ()))))) for hit in hits
        ]

    def _highlighter(self, answer: EngineAnswer, names: Sequence[tuple[str, ...]]) -> Highlighter | None:
        if not self.query.highlight:
            return None
        prefer = _levels_asked(self.query.where)
        return Highlighter(
            answer.highlights, (*answer.phrases, *names), fold, is_unspaced, prefer, without_iso_letters
        )


def _fields(node: Node | None) -> Iterator[Field]:
    """The fields whose values it asks for, or that it asks not to have."""
    match node:
        case Match(field):
            yield field
        case And(nodes) | Or(nodes):
            for inner in nodes:
                yield from _fields(inner)
        case Not(inner):
            yield from _fields(inner)
        case _:
            return


def _levels_asked(node: Node | None) -> frozenset[str]:
    """Spellings of the levels that lines are asked for."""
    return frozenset(spelling for level in _levels(node) for spelling in level_spellings(level))


def _levels(node: Node | None) -> Iterator[Level]:
    match node:
        case Match(Field.LEVEL, value):
            yield Level(value)
        case And(nodes) | Or(nodes):
            for inner in nodes:
                yield from _levels(inner)
        case _:
            return
