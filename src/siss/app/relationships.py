"""How files belong together: those related to one, and all relationships, browsed.

They are worked out when somebody asks, from the tables of entities, schemas and versions: nothing is stored that
could be out of date or show what a scope hides, and indexing pays nothing. A file costs a few milliseconds, because
only its rarest names count.
"""

import asyncio
import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from siss.app.cursors import cut_page, name_list, read_cursor, write_cursor
from siss.app.files import find_file
from siss.app.references import tie_references
from siss.app.services import Services
from siss.app.structure.schemas import read_name
from siss.model.file import FileRecord
from siss.model.ids import ContentId, FileId
from siss.model.principal import Principal
from siss.model.relationship import Direction, RelatedFile, RelationshipKind, Tie
from siss.ports.relationships import CommonNames, FirstFile
from siss.relate.services import HOSTS, pair_services, tie_services
from siss.relate.weigh import combine, rarity, tie_names

MOST_OTHERS: Final = 50
"""Contents beyond which a thing that they share makes no relationship."""

NAMES: Final = 200
"""Things of one file that count, the rarest."""

MOST_EDGES: Final = 50
"""Relationships of one file while browsing, the surest."""

MAX_PAGE: Final = 1000
_SOURCES: Final = 20
_MOST_SOURCES: Final = 200
_BY_NAMES: Final = frozenset(
    {
        RelationshipKind.SAME_HOST,
        RelationshipKind.SAME_SERVICE,
        RelationshipKind.SHARED_CREDENTIALS,
        RelationshipKind.SHARED_ENTITIES,
    }
)


@dataclass(frozen=True, slots=True)
class Related:
    """A page of the files that belong to one, the surest first. ``total``: on all pages."""

    file: FileRecord
    files: tuple[RelatedFile, ...]
    total: int
    notes: tuple[str, ...]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class Relationship:
    """One relationship between two files."""

    source: FileRecord
    target: FileRecord
    tie: Tie


@dataclass(frozen=True, slots=True)
class RelationshipList:
    """A page of relationships by source; ``files``: how many were looked at for it."""

    relationships: tuple[Relationship, ...]
    files: int
    cursor: str | None


async def related_files(
    services: Services,
    principal: Principal,
    public_id: uuid.UUID,
    kinds: Sequence[RelationshipKind] | None,
    least: float,
    cursor: str | None,
    size: int,
) -> Related:
    """The files that belong to one, of these kinds and at least so sure. Raises ``NotFoundError``."""
    asked = frozenset(kinds or RelationshipKind)
    list_name = name_list("related", str(public_id), sorted(asked), least, principal.scopes)
    after = read_cursor(cursor, list_name, tuple[float, int])
    file = await find_file(services, principal, public_id)
    if file.content_id is None:
        return Related(file, (), 0, (), None)
    ties, notes = await find_ties(services, principal, file, asked)
    grouped: dict[ContentId, list[Tie]] = defaultdict(list)
    for tie in ties:
        if tie.confidence >= least:
            grouped[tie.other].append(tie)
    ranked = sorted(grouped.items(), key=_rank)
    shown, last = cut_page(ranked, _rank, after, max(1, min(size, MAX_PAGE)))
    firsts = await services.relationships.first_files([content_id for content_id, _ in shown], principal)
    records = await _records(services, principal, firsts.values())
    files = [
        RelatedFile(
            records[first.file_id],
            first.copies,
            max(tie.confidence for tie in found),
            tuple(sorted(found, key=lambda tie: (-tie.confidence, tie.kind))),
        )
        for content_id, found in shown
        if (first := firsts.get(content_id)) is not None and first.file_id in records
    ]
    return Related(file, tuple(files), len(grouped), tuple(notes), write_cursor(last, list_name))


def _rank(found: tuple[ContentId, list[Tie]]) -> tuple[float, ContentId]:
    """The surest first."""
    return -max(tie.confidence for tie in found[1]), found[0]


async def browse_relationships(
    services: Services,
    principal: Principal,
    kinds: Sequence[RelationshipKind] | None,
    least: float,
    cursor: str | None,
    size: int,
) -> RelationshipList:
    """Relationships file by file, each once: from the file that was known first, or from the one that names.

    A page ends with a whole file, so it may hold somewhat more than ``size``; and it ends after ``_MOST_SOURCES``
    files, so it may hold less and go on.
    """
    asked = frozenset(kinds or RelationshipKind)
    list_name = name_list("relationships", sorted(asked), least, principal.scopes)
    after = FileId(read_cursor(cursor, list_name, int) or 0)
    size = max(1, min(size, MAX_PAGE))
    found: list[Relationship] = []
    looked_at = 0
    while len(found) < size and looked_at < _MOST_SOURCES:
        sources = await services.relationships.sources(after, _SOURCES, principal)
        records = await services.catalog.files([(file_id, None) for file_id in sources], principal)
        for file_id in sources:
            after = file_id
            looked_at += 1
            if (file_id, None) in records:
                found += await _edges(services, principal, records[file_id, None][0], asked, least)
            if len(found) >= size:
                break
        else:
            if len(sources) < _SOURCES:
                return RelationshipList(tuple(found), looked_at, None)
    return RelationshipList(tuple(found), looked_at, write_cursor(after, list_name))


async def find_ties(
    services: Services, principal: Principal, file: FileRecord, kinds: frozenset[RelationshipKind]
) -> tuple[list[Tie], list[str]]:
    """All ties of a file of these kinds, and notes on what was not looked at."""
    content_id = file.content_id
    assert content_id is not None
    ties: list[Tie] = []
    notes: list[str] = []
    if kinds & _BY_NAMES:
        common = await services.relationships.common_names(content_id, NAMES, MOST_OTHERS, principal)
        ties += tie_names(common.names)
        notes += _notes_on(common)
        if RelationshipKind.SAME_SERVICE in kinds:
            ties += await _tie_services(services, content_id, common)
    if RelationshipKind.REFERENCES_FILE in kinds:
        references, more = await tie_references(services, principal, file, content_id)
        ties += references
        notes += more
    ties_of_schema, versions = await asyncio.gather(
        _tie_schema(services, principal, content_id, notes) if RelationshipKind.SAME_SCHEMA in kinds else _nothing(),
        _tie_versions(services, principal, file, content_id)
        if RelationshipKind.VERSION_CHAIN in kinds
        else _nothing(),
    )
    ties = [tie for tie in (*ties, *ties_of_schema, *versions) if tie.kind in kinds and tie.other != content_id]
    return _merge(ties), notes


async def _edges(
    services: Services, principal: Principal, file: FileRecord, kinds: frozenset[RelationshipKind], least: float
) -> list[Relationship]:
    ties, _ = await find_ties(services, principal, file, kinds)
    wanted = sorted(
        (tie for tie in ties if tie.confidence >= least and tie.direction is not Direction.IN),
        key=lambda tie: (-tie.confidence, tie.kind, tie.other),
    )
    firsts = await services.relationships.first_files(list({tie.other for tie in wanted}), principal)
    kept = [
        (tie, firsts[tie.other])
        for tie in wanted
        if tie.other in firsts and (tie.direction is Direction.OUT or file.id < firsts[tie.other].file_id)
    ][:MOST_EDGES]
    records = await _records(services, principal, (first for _, first in kept))
    return [Relationship(file, records[first.file_id], tie) for tie, first in kept if first.file_id in records]


async def _records(services: Services, principal: Principal, firsts: Iterable[FirstFile]) -> dict[FileId, FileRecord]:
    found = await services.catalog.files([(first.file_id, None) for first in firsts], principal)
    return {file_id: record for (file_id, _), (record, _) in found.items()}


async def _tie_services(services: Services, content_id: ContentId, common: CommonNames) -> list[Tie]:
    """Through hosts that few others name: of their ports, those that stand beside them in both."""
    others = {one.name: one.others for one in common.names if one.name.type in HOSTS}
    if not others:
        return []
    own = pair_services(await services.relationships.service_places(content_id)).get(content_id, set())
    mine = {(host, port) for host, port in own if host in others}
    wanted = {(name, other) for host, port in mine for other in others[host] for name in (host, port)}
    if not wanted:
        return []
    found = pair_services(await services.relationships.places_in(sorted(wanted, key=_by_content)))
    return tie_services(content_id, {**found, content_id: mine})


def _by_content(pair: tuple[object, ContentId]) -> ContentId:
    return pair[1]


async def _tie_schema(services: Services, principal: Principal, content_id: ContentId, notes: list[str]) -> list[Tie]:
    siblings = await services.relationships.schema_siblings(content_id, MOST_OTHERS, principal)
    if siblings is None:
        return []
    name = await read_name(services, principal, siblings.id, siblings.name)
    if not siblings.whole:
        notes.append(
            f"More than {MOST_OTHERS} others have the schema {name}: the schema's page lists them, they are "
            "not listed here."
        )
        return []
    sure = combine([rarity(len(siblings.contents) + 1)])
    return [Tie(RelationshipKind.SAME_SCHEMA, other, sure, schema=name) for other in siblings.contents]


async def _tie_versions(
    services: Services, principal: Principal, file: FileRecord, content_id: ContentId
) -> list[Tie]:
    return [
        Tie(
            RelationshipKind.VERSION_CHAIN,
            version.content_id,
            1.0,
            Direction.OUT if version.older else Direction.IN,
            at=version.at,
        )
        for version in await services.relationships.versions(file.id, content_id, principal)
    ]


async def _nothing() -> list[Tie]:
    return []


def _merge(ties: Iterable[Tie]) -> list[Tie]:
    """One tie of a kind and direction for each content: the surest."""
    best: dict[tuple[ContentId, RelationshipKind, Direction], Tie] = {}
    for tie in ties:
        key = (tie.other, tie.kind, tie.direction)
        if key not in best or tie.confidence > best[key].confidence:
            best[key] = tie
    return list(best.values())


def _notes_on(common: CommonNames) -> list[str]:
    notes = []
    if common.frequent:
        notes.append(f"{common.frequent:,} of its names are in more than {MOST_OTHERS} others and were left out.")
    if not common.whole:
        notes.append(f"It names more than is looked at: only its {NAMES} rarest names count.")
    return notes
