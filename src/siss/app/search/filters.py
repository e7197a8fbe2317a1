"""Filters that the catalog answers, before the engine is asked: ids of files, what files name, schemas, anomalies.

A filter on entities becomes the contents that name them, JSONPath or XPath those in which it finds something, a
schema its members, a severity those with such an anomaly; at most ``MOST_CONTENTS``. Beyond that the answer says
that it is cut; what cannot be said, files that do *not* name something, is refused.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from siss.app.anomalies import contents_with
from siss.app.services import Services
from siss.app.structure.ask import matching_contents
from siss.errors import InvalidQueryError
from siss.index.analyser import phrase_terms
from siss.model.anomaly import Severity
from siss.model.hit import EngineHit
from siss.model.principal import Principal
from siss.model.query import And, Contents, Field, Match, Node, Not, Or
from siss.model.structure import StructureQuery
from siss.ports.entities import EntityFilter
from siss.search.entities import entity_filters

MOST_CONTENTS: Final = 50_000


@dataclass(slots=True)
class FilterResolver:
    """Resolves the filters of one question. ``notes``: what was cut; ``named``: the entities that are asked for."""

    services: Services
    principal: Principal
    notes: list[str] = field(default_factory=list)
    named: list[EntityFilter] = field(default_factory=list)

    async def resolve(self, node: Node | None, *, negated: bool = False) -> Node | None:
        """The question as the engine can answer it.

        Raises ``InvalidQueryError`` for things that are excluded and named in too many contents.
        """
        match node:
            case Match(Field.ID, value):
                record = await self.services.catalog.file_by_public_id(uuid.UUID(value), self.principal)
                return Match(Field.ID, "-1" if record is None else str(record.id))
            case Match(field_name) if field_name.of_entity:
                return await self._contents(node, negated=negated)
            case Match(Field.SCHEMA, value):
                ids = await self.services.structures.schema_contents(
                    uuid.UUID(value), MOST_CONTENTS + 1, self.principal
                )
                return self._some(node, ids, negated=negated)
            case Match(Field.SEVERITY, value):
                ids = await contents_with(self.services, self.principal, Severity(value), MOST_CONTENTS + 1)
                return self._some(node, ids, negated=negated)
            case StructureQuery():
                matching = await matching_contents(self.services, self.principal, node, MOST_CONTENTS)
                self.notes += matching.notes
                return Contents(matching.ids)
            case And(nodes) | Or(nodes):
                resolved = [await self.resolve(inner, negated=negated) for inner in nodes]
                return type(node)(tuple(inner for inner in resolved if inner is not None))
            case Not(inner):
                found = await self.resolve(inner, negated=not negated)
                return None if found is None else Not(found)
            case _:
                return node

    def _some(self, test: Match, ids: Sequence[int], *, negated: bool) -> Contents:
        if len(ids) > MOST_CONTENTS:
            self._cut(test, negated=negated)
        return Contents(tuple(sorted(ids[:MOST_CONTENTS])))

    async def _contents(self, test: Match, *, negated: bool) -> Contents:
        found: set[int] = set()
        for where in entity_filters(test):
            contents, whole = await self.services.entities.contents_of(where, MOST_CONTENTS, self.principal)
            found.update(contents)
            if not whole or len(found) > MOST_CONTENTS:
                self._cut(test, negated=negated)
                break
        if not negated:
            self.named += entity_filters(test)
        return Contents(tuple(sorted(found)[-MOST_CONTENTS:]))

    def _cut(self, test: Match, *, negated: bool) -> None:
        shown = f"{test.field.value}:{test.value.removeprefix('=')}"
        if negated:
            raise InvalidQueryError(
                f"-{shown} excludes more than {MOST_CONTENTS:,} contents: ask for something narrower",
                expression=shown,
                position=1,
                expected="a rarer name, or a smaller network",
            )
        self.notes.append(f"{shown} means more than {MOST_CONTENTS:,} contents; only so many were looked at.")

    async def place(self, hits: Sequence[EngineHit]) -> tuple[list[EngineHit], list[tuple[str, ...]]]:
        """Hits that only filters found, with the chunk that names what was asked for; and those names, as tokens."""
        bare = [hit.content_id for hit in hits if hit.chunk_seq is None and hit.content_id is not None]
        seqs: dict[int, int] = {}
        names: list[tuple[str, ...]] = []
        for where in self.named if bare else ():
            for content_id, (name, place) in (await self.services.entities.first_places(where, bare)).items():
                seqs.setdefault(content_id, place.seq)
                names.append(phrase_terms(name.value))
        return [
            replace(hit, chunk_seq=seqs[hit.content_id])
            if hit.chunk_seq is None and hit.content_id is not None and hit.content_id in seqs
            else hit
            for hit in hits
        ], names
