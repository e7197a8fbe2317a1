"""Questions about what files name: its files, one page, lists, filters, relationships and the graph, at any number.

``--files 500k`` makes 5 million mentions: ten a file, of as many names as there are files, and the commonest name is
in one file of ten. They are made with SQL, not by indexing, so that the tables are as large as wanted; there are no
texts, and the words around a mention cost some milliseconds more (a block of text each).
"""

import asyncio
import contextlib
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

import psutil

from bench import machine
from bench.load import percentile
from bench.report import Budget, Row
from bench.stage import Stage
from siss.adapters.memory.synonyms import MemorySynonyms
from siss.adapters.postgres.database import Database
from siss.adapters.postgres.embedded.server import EmbeddedServer
from siss.adapters.postgres.ingest.contents import copy_rows
from siss.adapters.postgres.ingest.write_things import FEW
from siss.adapters.postgres.migrate import migrate
from siss.adapters.postgres.questions.catalog import PostgresCatalog
from siss.adapters.postgres.questions.entities import PostgresEntities
from siss.adapters.postgres.questions.relationships import PostgresRelationships
from siss.adapters.postgres.questions.texts import PostgresTexts
from siss.app.entities import describe_entity, list_entities, list_naming_files
from siss.app.graph import Start, explore_graph
from siss.app.relationships import related_files
from siss.app.search.filters import MOST_CONTENTS
from siss.app.services import Services
from siss.errors import NotFoundError
from siss.model.entity import EntityType, Name
from siss.model.principal import LOCAL, Principal
from siss.ports.entities import EntityFilter
from siss.settings import Settings
from siss.state import StateFolder

MENTIONS_A_FILE: Final = 10
_MANY: Final = 50_000_000
"""Mentions from which on files of a thing may take 50 ms: budgets stand for 5 million (10 ms) and 100 million."""
QUESTIONS: Final = 300
_SCOPED: Final = Principal("scoped", scopes=("/nas/7",))
_TYPES: Final = (
    *(EntityType.HOSTNAME,) * 3,
    *(EntityType.IP_ADDRESS,) * 4,
    EntityType.USERNAME,
    EntityType.URL,
    EntityType.SERVICE_NAME,
)

_FILL: Final = Path(__file__).parent.parent / "texts" / "naming.sql"


@dataclass(frozen=True, slots=True)
class Asked:
    """How one sort of question went. ``cpu``: milliseconds of a processor each, the database's included."""

    times: list[float]
    found: int
    cpu: list[float]


async def run(stage: Stage) -> list[Row]:
    """Latency of each sort of question in one process, one after the other."""
    files = stage.options.files
    server = EmbeddedServer(StateFolder(stage.work / "naming"), lasting=False)
    await server.start()
    try:
        await migrate(server.dsn)
        async with contextlib.AsyncExitStack() as pools:
            database, lookups = Database(server.dsn), Database(server.dsn, by_key=True)
            for pool in (database, lookups):
                await pool.open()
                pools.push_async_callback(pool.close)
            began, load = time.perf_counter(), machine.load_average()
            names, mentions = await _fill(database, files, stage.options.seed)
            stage.say(
                f"naming: {mentions:,} mentions in {files:,} files, made in {time.perf_counter() - began:.0f} s"
            )
            stage.recorder.keep("made", files=files, mentions=mentions, load_before=load)
            await asyncio.to_thread(_read_once, server.cluster / "base")
            return await _measure(stage, database, lookups, names, budget=50 if mentions > _MANY else 10)
    finally:
        await server.stop()


def _read_once(folder: Path) -> None:
    """Everything is warm, as in all workloads; 100 million mentions are 17 GB, three times as slow when cold."""
    for path in folder.glob("*/*"):
        with path.open("rb") as file:
            while file.read(1 << 20):
                pass


async def _fill(database: Database, files: int, seed: int) -> tuple[list[Name], int]:
    rng = random.Random(seed)
    names = [_name(rng, number) for number in range(files)]
    async with database.transaction() as connection:
        await connection.execute(
            "CREATE TEMP TABLE made_names (number int PRIMARY KEY, id bigint, type int2, value text, address text)"
        )
        rows = [
            (number, name.id, name.type.code, name.value, name.value if name.type is EntityType.IP_ADDRESS else None)
            for number, name in enumerate(names)
        ]
        copy = b"COPY made_names FROM STDIN (FORMAT BINARY)"
        await copy_rows(connection, copy, ("int4", "int8", "int2", "text", "text"), rows)
        await connection.execute("SELECT setseed(0.5)")
        indexes = await (
            await connection.execute(
                "SELECT indexname, indexdef FROM pg_indexes WHERE indexname NOT LIKE '%_pkey'"
                " AND tablename IN ('entity_mentions', 'entity_spans', 'entities')"
            )
        ).fetchall()
        for index, _ in indexes:
            await connection.execute(f"DROP INDEX {index}".encode())
        values = {"files": files, "names": len(names), "each": MENTIONS_A_FILE, "few": FEW}
        for statement in _FILL.read_bytes().split(b";\n")[:-1]:
            await connection.execute(statement, values)
        for _, definition in indexes:
            await connection.execute(definition.encode())
    await database.execute(b"VACUUM ANALYZE")
    row = await database.row(b"SELECT sum(cardinality(ids))::bigint FROM entity_mentions")
    assert row is not None
    named = {row[0] for row in await database.rows(b"SELECT id FROM entities")}
    return [name for name in names if name.id in named], row[0]


def _name(rng: random.Random, number: int) -> Name:
    kind = rng.choice(_TYPES)
    value = {
        EntityType.HOSTNAME: f"host-{number}.example.com",
        EntityType.IP_ADDRESS: f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}",
        EntityType.URL: f"http://host-{number}.example.com:8080/v1",
    }.get(kind, f"name-{number}")
    return Name(kind, value)


async def _measure(
    stage: Stage, database: Database, lookups: Database, names: Sequence[Name], budget: float
) -> list[Row]:
    services = _services(database, lookups)
    rng = random.Random(stage.options.seed + 1)
    # As files name them: the commonest most often.
    common = [names[int(rng.random() ** 3 * len(names))] for _ in range(QUESTIONS)]
    seldom = rng.sample(range(len(names)), min(QUESTIONS, len(names)))
    hottest = names[:20]
    ids = [row[0] for row in await database.rows(b"SELECT public_id FROM files ORDER BY inode")]
    some = [ids[number] for number in seldom]
    rows: list[Row] = []

    async def ask(measure: str, most: float | None, questions: Sequence[Any], act: Callable[[Any], Awaitable[int]]):
        for question in questions[:20]:
            await act(question)
        asked = await _timed(questions, act)
        stage.recorder.keep("asked", measure=measure, ms=asked.times, found=asked.found, cpu_ms=asked.cpu)
        found = (
            f"{len(questions)} questions, {asked.found / len(questions):,.0f} found each, "
            f"{percentile(asked.cpu, 50):.1f} ms of processor time"
        )
        limit = None if most is None else Budget(most)
        rows.append(Row(f"{measure}: p50", percentile(asked.times, 50), "ms", found))
        rows.append(Row(f"{measure}: p95", percentile(asked.times, 95), "ms", "", (), limit))

    async def naming(name: Name, principal: Principal = LOCAL) -> int:
        try:
            return len((await list_naming_files(services, principal, name, None, 50)).files)
        except NotFoundError:
            return 0

    async def whole_page(name: Name) -> int:
        return (await describe_entity(services, LOCAL, name)).profile.files.value

    async def listed(where: EntityFilter) -> int:
        return len((await list_entities(services, LOCAL, where, by_files=False, cursor=None, size=50)).entities)

    async def filtered(where: EntityFilter) -> int:
        return len((await services.entities.contents_of(where, MOST_CONTENTS, LOCAL))[0])

    async def drawn(name: Name) -> int:
        return len((await explore_graph(services, LOCAL, Start(name), 2, 200)).nodes)

    async def drawn_far(name: Name) -> int:
        return len((await explore_graph(services, LOCAL, Start(name), 4, 2000)).nodes)

    async def belonging(public_id: Any) -> int:
        return (await related_files(services, LOCAL, public_id, None, 0.0, None, 50)).total

    numbers = [rng.randrange(len(names)) for _ in range(100)]
    blocks = max(1, len(names) >> 8)
    await ask("files of a thing", budget, common, naming)
    await ask("files of the twenty commonest", budget, hottest * 5, naming)
    await ask("files of a thing, scope of a thousandth", budget, common, lambda name: naming(name, _SCOPED))
    await ask("page about a thing", None, common[:100], whole_page)
    await ask("list by prefix", None, [EntityFilter(value=f"host-{n}*") for n in numbers], listed)
    await ask("list by infix", None, [EntityFilter(value=f"*-{n}.*") for n in numbers], listed)
    await ask("list of a network", None, [EntityFilter(network=_block(n % blocks)) for n in numbers], listed)
    await ask("filter by a host", None, [EntityFilter(one.type, one.value) for one in common[:100]], filtered)
    await ask("filter by a /24", None, [EntityFilter(network=_block(n % blocks)) for n in numbers], filtered)
    await ask("filter by 10.0.0.0/8", None, [EntityFilter(network="10.0.0.0/8")] * 10, filtered)
    await ask("related files", None, some[:100], belonging)
    await ask("graph of two hops", 50, common, drawn)
    await ask("graph of four hops, 2,000 nodes", None, common[:50], drawn_far)
    return rows


def _block(number: int) -> str:
    return f"10.{number >> 8 & 255}.{number & 255}.0/24"


def _services(database: Database, lookups: Database) -> Services:
    ports: dict[str, Any] = {
        "settings": Settings(),
        "catalog": PostgresCatalog(database, lookups),
        "texts": PostgresTexts(database, lookups),
        "entities": PostgresEntities(database, lookups),
        "relationships": PostgresRelationships(database),
    }
    return Services(
        **dict.fromkeys((port.name for port in fields(Services)), None) | {"synonyms": MemorySynonyms()} | ports
    )


async def _timed(questions: Sequence[Any], act: Callable[[Any], Awaitable[int]]) -> Asked:
    times: list[float] = []
    cpu: list[float] = []
    found = 0
    processes = [psutil.Process(), *psutil.Process().children(recursive=True)]
    for question in questions:
        before, began = _processor_ms(processes), time.perf_counter()
        found += await act(question)
        times.append((time.perf_counter() - began) * 1000)
        cpu.append(_processor_ms(processes) - before)
    return Asked(times, found, cpu)


def _processor_ms(processes: Sequence[psutil.Process]) -> float:
    """Of this process and the database's. Linux counts nanoseconds; elsewhere it is hundredths of a second."""
    total = 0.0
    for process in processes:
        try:
            total += int(Path(f"/proc/{process.pid}/schedstat").read_bytes().split()[0]) / 1e6
        except OSError:
            with contextlib.suppress(psutil.Error):
                used = process.cpu_times()
                total += (used.user + used.system) * 1000
    return total
