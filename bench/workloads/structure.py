"""JSONPath over any number of JSON files, against opening them all; schemas: how well they group, how long it takes.

The files are of 40 families whose members have some of 24 fields, so that there are nearly as many shapes as files.
They are put into the tables without the rest of indexing: there is no full-text index, and nothing else is asked.
``--schemas DIR``: families of real files (``FAMILY/instances``, ``FAMILY/negative``), whose schemas are judged.
"""

import json
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

import psutil
import zstandard

from bench import machine
from bench.judge import judge_families
from bench.load import percentile
from bench.report import Beside, Budget, Row
from bench.stage import Stage
from siss.adapters.memory.synonyms import MemorySynonyms
from siss.adapters.postgres.copying import copy_rows
from siss.adapters.postgres.database import Database
from siss.adapters.postgres.embedded.server import EmbeddedServer
from siss.adapters.postgres.ingest.structure_write import StructureWriter
from siss.adapters.postgres.migrate import migrate
from siss.adapters.postgres.questions.structure_schemas import PostgresStructures
from siss.adapters.postgres.questions.texts import PostgresTexts
from siss.app.evaluators import Evaluators
from siss.app.services import Services
from siss.app.structure.ask import AskedPage, ask_structure
from siss.app.structure.recluster import recluster
from siss.extract.structure.select import select_fields
from siss.model.content import Kind
from siss.model.ids import ContentId
from siss.model.principal import LOCAL
from siss.model.shape import Structure
from siss.model.structure import StructureQuery
from siss.model.text import Window
from siss.search.jsonpath.compile import compile_jsonpath
from siss.search.jsonpath.evaluate import evaluate_jsonpath
from siss.settings import Settings
from siss.state import StateFolder

FAMILIES: Final = 40
OPTIONAL: Final = 24
OPENED: Final = 2000
"""Files that are really opened; how long all of them would take is reckoned from these."""
WARM_UP: Final = 5
"""Questions of a sort that are asked before any counts."""
_BATCH: Final = 2000
_FILL: Final = Path(__file__).parent.parent / "texts" / "structure.sql"

SELECTIVE: Final[dict[str, str]] = {
    "a value": "$.servers[?@.name == 'host-{n}'].port",
    "a value anywhere": "$..[?@.name == 'host-{n}']",
    "two conditions": "$.servers[?@.name == 'host-{n}' && @.port > 1024].port",
    "a rare path": "$.rare_{r}.deep.value",
    "a regular expression": "$.rare_{r}.deep[?match(@, 'v[0-9]+')]",
}
"""What is asked, with numbers in; each finds one file to a hundred."""
BROAD: Final = {"everything, first page": "$.servers[*].name", "nothing to prune by": "$[?@ == 'host-{n}' || @ == 1]"}


async def run(stage: Stage) -> list[Row]:
    """Questions in one process, one after the other; then grouping all shapes; then real families."""
    rows = judge_families(stage) if stage.options.schemas else []
    server = EmbeddedServer(StateFolder(stage.work / "structure"), lasting=False)
    await server.start()
    try:
        await migrate(server.dsn)
        database = Database(server.dsn)
        await database.open()
        try:
            return [*await _measure(stage, database), *rows]
        finally:
            await database.close()
    finally:
        await server.stop()


async def _measure(stage: Stage, database: Database) -> list[Row]:
    files, began = stage.options.files, time.perf_counter()
    await _fill(database, files, stage.options.seed)
    stage.say(f"structure: {files:,} files made in {time.perf_counter() - began:.0f} s")
    stage.recorder.keep("made", files=files, load_before=machine.load_average())
    evaluators = Evaluators()
    ports: dict[str, Any] = {
        "settings": Settings(),
        "texts": PostgresTexts(database),
        "structures": PostgresStructures(database),
        "evaluators": evaluators,
    }
    services = Services(
        **dict.fromkeys((port.name for port in fields(Services)), None) | {"synonyms": MemorySynonyms()} | ports
    )
    try:
        return [*await _ask(stage, services, files), *await _group(stage, database)]
    finally:
        await evaluators.close()


def make_document(rng: random.Random, number: int) -> dict[str, Any]:
    """One file's value; the numbers that questions ask for follow from its own."""
    family = number % FAMILIES
    document: dict[str, Any] = {
        f"family_{family}": True,
        "servers": [
            {"name": f"host-{number}", "port": 1024 + number % 60_000},
            {"name": f"other-{number % 977}", "port": 80, "tags": ["a", "b"]},
        ],
    }
    for option in rng.sample(range(OPTIONAL), OPTIONAL // 2):
        document[f"option_{family}_{option}"] = rng.choice(["on", "off", option, {"level": option}])
    if number % 20 == 0:
        document[f"rare_{number // 20 % 500}"] = {"deep": {"value": f"v{number}"}}
    return document


def _documents(files: int, seed: int) -> Iterator[tuple[int, bytes]]:
    rng = random.Random(seed)
    for number in range(1, files + 1):
        yield number, json.dumps(make_document(rng, number), indent=1).encode()


async def _fill(database: Database, files: int, seed: int) -> None:
    writer, pack = StructureWriter(), zstandard.ZstdCompressor(3).compress
    async with database.transaction() as connection:
        await connection.execute("CREATE TEMP TABLE made_texts (id int8, family int4, size int4, data bytea)")
        copy, types = b"COPY made_texts FROM STDIN (FORMAT BINARY)", ("int8", "int4", "int4", "bytea")
        rows: list[tuple[int, int, int, bytes]] = []
        items: list[tuple[ContentId, Structure]] = []
        for number, text in _documents(files, seed):
            rows.append((number, number % FAMILIES, len(text), pack(text)))
            items.append((ContentId(number), _structure_of(text)))
            if len(rows) == _BATCH or number == files:
                await copy_rows(connection, copy, types, rows)
                await writer.write(connection, items)
                rows, items = [], []
        for statement in _FILL.read_bytes().split(b";\n")[:-1]:
            await connection.execute(statement, {"families": FAMILIES})
    await database.execute(b"VACUUM ANALYZE")


def _structure_of(text: bytes) -> Structure:
    reader = select_fields(Kind.JSON, None, max_depth=32)
    assert reader is not None
    reader.feed(Window(0, text, 0, final=True))
    found = reader.close()
    assert found is not None
    return found


async def _ask(stage: Stage, services: Services, files: int) -> list[Row]:
    rng = random.Random(stage.options.seed + 1)
    opening = _open_all(stage, files)
    rows: list[Row] = []
    every: list[float] = []
    for measure, expression in (SELECTIVE | BROAD).items():
        selective = measure in SELECTIVE
        times: list[float] = []
        found = candidates = 0
        asked = [_number_in(expression, rng, files) for _ in range(60 if selective else 10)]
        for number, query in enumerate((*asked[:WARM_UP], *asked)):
            answer = await ask_structure(services, LOCAL, StructureQuery("jsonpath", query), AskedPage(size=100))
            if number >= WARM_UP:
                times.append(answer.took_ms)
                found += len(answer.hits)
                candidates += answer.candidates
        every += times if selective else []
        stage.recorder.keep("asked", measure=measure, expression=expression, ms=times, found=found)
        count = f"{found / len(times):.1f} files, {candidates / len(times):,.0f} candidates"
        rows.append(Row(f"{measure}: p50", percentile(times, 50), "ms", count))
        rows.append(Row(f"{measure}: p95", percentile(times, 95), "ms"))
    beside = Beside(f"opening all {files:,}", opening * 1000, f"from {min(OPENED, files):,}")
    slowest = percentile(every, 95)
    rows.append(Row("selective: p95", slowest, "ms", f"{len(every)} questions", (beside,), Budget(100)))
    rows.append(Row("times faster than opening them", opening * 1000 / slowest, "x", "", (), Budget(50, most=False)))
    return rows


def _number_in(expression: str, rng: random.Random, files: int) -> str:
    return expression.replace("{n}", str(rng.randint(1, files))).replace(
        "{r}", str(rng.randrange(min(500, files // 20)))
    )


def _open_all(stage: Stage, files: int) -> float:
    """Seconds to open, decode and evaluate all files one by one in this process, from warm files on disk."""
    folder = stage.work / "opened"
    folder.mkdir(exist_ok=True)
    for number, text in _documents(min(OPENED, files), stage.options.seed):
        (folder / f"{number}.json").write_bytes(text)
    query = compile_jsonpath("$.servers[?@.name == 'host-7'].port")
    paths: Sequence[Path] = sorted(folder.iterdir())
    began = time.perf_counter()
    for path in paths:
        evaluate_jsonpath(query, path.read_bytes(), Kind.JSON, limit=20)
    return (time.perf_counter() - began) * files / len(paths)


async def _group(stage: Stage, database: Database) -> list[Row]:
    process = psutil.Process()
    structures = PostgresStructures(database)
    before, began, cpu = process.memory_info().rss, time.perf_counter(), time.process_time()
    made = await recluster(structures)
    took, cpu = time.perf_counter() - began, time.process_time() - cpu
    grown = (process.memory_info().rss - before) / (1 << 20)
    again = time.process_time()
    await recluster(structures)
    again = time.process_time() - again
    stage.recorder.keep("grouped", shapes=made.shapes, schemas=made.schemas, seconds=took, cpu=cpu, again_cpu=again)
    count = f"{made.shapes:,} shapes, {made.schemas} schemas for {FAMILIES} families"
    return [
        Row("grouping all shapes", took, "s", count),
        Row("grouping, processor time here", cpu, "s", f"{again:.1f} s the second time"),
        Row("grouping, memory here", grown, "MiB"),
    ]
