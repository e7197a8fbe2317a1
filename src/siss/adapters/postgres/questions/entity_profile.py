"""What the page about one thing shows besides its files: when, with whom, and what stands near it."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Final

from siss.adapters.postgres.database import Database
from siss.adapters.postgres.questions.entity_rows import count_of, said_in
from siss.adapters.postgres.rows import time_of
from siss.adapters.postgres.scopes import scope_values
from siss.adapters.postgres.statements import load_statements
from siss.model.entity import EntityType, Name, Place, unpack_places
from siss.model.ids import ContentId, FileId
from siss.model.principal import Principal
from siss.model.secret import SecretSeverity
from siss.ports.entities import NearFinding, Neighbour

SQL: Final = load_statements("entities")

_NEIGHBOURS: Final = 30
_COUNTED: Final = 100
_LOOKED_AT: Final = 500
"""Mentions of one file among which neighbours are looked for: a log of many megabytes has more."""

CHUNKS_LOOKED_AT: Final = 5000
_FINDINGS_LOOKED_AT: Final = 2000
_NEAR: Final = 1000
"""Bytes between a mention and a finding near it."""

_TOUCHING: Final = 1
"""Bytes between a host and its port."""


async def find_times(
    database: Database, files: Sequence[FileId], places: Mapping[ContentId, Sequence[Place]]
) -> tuple[datetime | None, datetime | None, Counter[date]]:
    """When it is named first and last, and how often on which day: as logs say it, else as old as its files are."""
    counts = {(content_id, place.seq): place.count for content_id, said in places.items() for place in said}
    keys = list(counts)[:CHUNKS_LOOKED_AT]
    values = {"contents": [key[0] for key in keys], "seqs": [key[1] for key in keys]}
    timed = await database.rows(SQL["chunk_times"], values)
    days: Counter[date] = Counter()
    moments: list[datetime] = []
    for content_id, seq, earliest, latest in timed:
        begin, end = time_of(earliest * 1000), time_of(latest * 1000)
        moments += (begin, end)
        days[begin.date()] += counts[content_id, seq]
    in_logs = {row[0] for row in timed}
    for _, content_id, mtime_ns in await database.rows(SQL["file_times"], {"ids": list(files)}):
        if content_id not in in_logs:
            moments.append(time_of(mtime_ns))
            days[time_of(mtime_ns).astimezone(UTC).date()] += sum(place.count for place in places[content_id])
    return min(moments, default=None), max(moments, default=None), days


async def find_neighbours(
    database: Database, name: Name, contents: Sequence[ContentId], principal: Principal
) -> tuple[Neighbour, ...]:
    """What the same contents name, what is rare and in many of them first."""
    values = {
        "id": name.id,
        "contents": list(contents),
        "looked_at": _LOOKED_AT,
        "candidates": 2 * _NEIGHBOURS,
        "limit": _NEIGHBOURS,
        "count_limit": _COUNTED + 1,
    }
    rows = await database.rows(SQL["neighbours"], {**values, **scope_values(principal)}, plan=True)
    return tuple(
        Neighbour(Name(EntityType.of(kind), value), shared, count_of(files, _COUNTED))
        for kind, value, shared, files in rows
    )


async def find_ports(database: Database, places: Mapping[ContentId, Sequence[Place]]) -> tuple[tuple[str, int], ...]:
    """Ports that stand right after it, and how often."""
    ends = {(content_id, place.end) for content_id, said in places.items() for place in said}
    values = {"contents": list(places), "port": EntityType.PORT.code}
    ports: Counter[str] = Counter()
    for content_id, port, _, packed in said_in(await database.rows(SQL["ports_in"], values)):
        ports[port.value] += sum((content_id, place.start - _TOUCHING) in ends for place in unpack_places(packed))
    return tuple(sorted(((port, count) for port, count in ports.items() if count), key=lambda pair: -pair[1]))


async def find_findings(
    database: Database, places: Mapping[ContentId, Sequence[Place]], files: Mapping[ContentId, FileId]
) -> tuple[NearFinding, ...]:
    """Secrets that stand near it, the gravest first."""
    values = {"contents": list(places), "limit": _FINDINGS_LOOKED_AT}
    near: dict[tuple[str, bool], list[tuple[ContentId, int]]] = defaultdict(list)
    for content_id, start, line, rule, critical in await database.rows(SQL["findings_in"], values):
        if any(-_NEAR <= start - place.start <= _NEAR for place in places[content_id]):
            near[rule, critical].append((content_id, line))
    return tuple(
        NearFinding(rule, _severity(critical), len(found), files[found[0][0]], found[0][1])
        for (rule, critical), found in sorted(near.items(), key=lambda pair: (not pair[0][1], -len(pair[1])))
    )


def _severity(critical: bool) -> SecretSeverity:
    return SecretSeverity.CRITICAL if critical else SecretSeverity.HIGH
