"""Whatever call of a port fails, at whatever moment: afterwards the index is what it would have been.

One history of a small folder is played over and over, each time with one call of the catalog, the outbox, the texts
or the engine that fails before or after it did its work, or with the process killed there.
"""

import os
import random
import shutil
from pathlib import Path

import pytest

from integration.app.pipeline import Faults, Pipeline, Snapshot, empty
from siss.adapters.postgres.database import Database
from siss.app.ingest import availability
from siss.app.ingest.reading import assemble
from siss.app.ingest.verify import repair_catalog

HOW = ("before", "after", "killed before", "killed after")
EVERY = int(os.environ.get("SISS_TEST_FAULTS", "6"))
"""How many faults are tried; all of them (some hundreds) with 0."""


@pytest.fixture(autouse=True)
def small_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    """Large files are those of some kilobytes, and nobody waits."""
    monkeypatch.setattr(assemble, "SEGMENT_BYTES", 1000)
    monkeypatch.setattr(availability, "RETRY_SECONDS", 0.001)


def begin(nas: Path) -> None:
    rng = random.Random(5)
    (nas / "sub").mkdir(parents=True)
    for name in ("one.txt", "two.txt", "sub/three.txt"):
        _put(nas / name, f"small file {name}\n" * 3)
    _put(nas / "copy.txt", "small file one.txt\n" * 3)
    _put(nas / "large.log", "".join(f"line {n} {rng.random()}\n" for n in range(400)))
    _put(nas / "grows.log", "".join(f"2026-11-20T10:00:00Z INFO begun {n}\n" for n in range(200)), age=50)


def go_on(nas: Path) -> None:
    _put(nas / "one.txt", "edited\n", age=20)
    (nas / "two.txt").unlink()
    (nas / "sub").rename(nas / "moved")
    _put(nas / "large.log", "".join(f"other {n}\n" for n in range(700)), age=20)
    with (nas / "grows.log").open("a") as file:
        file.write("".join(f"2026-11-20T11:00:00Z WARN grown {n}\n" for n in range(300)))
    _age(nas / "grows.log", 20)


def _put(path: Path, text: str, age: float = 5000) -> None:
    path.write_text(text)
    _age(path, age)


def _age(path: Path, age: float) -> None:
    then = path.stat().st_ctime - age
    os.utime(path, (then, then))


async def play(pipeline: Pipeline) -> None:
    begin(pipeline.nas)
    await pipeline.settle()
    go_on(pipeline.nas)
    await pipeline.settle()


async def check(pipeline: Pipeline) -> Snapshot:
    assert await pipeline.outbox.depth() == 0, pipeline.faults.hit
    found = await pipeline.verify()
    assert found.clean, (pipeline.faults.hit, found)
    assert found.files == 5
    return await pipeline.snapshot()


async def test_any_call_may_fail(tmp_path: Path, database: Database) -> None:
    faults = Faults()
    nas = tmp_path / "nas"
    pipeline = Pipeline(nas, tmp_path / "undisturbed", database, faults)
    await play(pipeline)
    expected = await check(pipeline)
    calls = faults.calls
    every = [(at, how) for how in HOW for at in range(1, calls + 1)]
    chosen = random.Random(EVERY).sample(every, EVERY) if EVERY else every
    for at, how in chosen:
        await empty(database)
        shutil.rmtree(nas)
        pipeline = Pipeline(nas, tmp_path / f"{how} {at}", database, faults)
        faults.arm(at, how)
        await play(pipeline)
        assert await check(pipeline) == expected, faults.hit
        shutil.rmtree(pipeline.state)


@pytest.mark.parametrize(
    "damage", ["UPDATE text_blocks SET data = 'nonsense'", "DELETE FROM text_blocks"], ids=["altered", "lost"]
)
async def test_a_damaged_text_is_read_again_and_stops_nobody(tmp_path: Path, database: Database, damage: str) -> None:
    pipeline = Pipeline(tmp_path / "nas", tmp_path / "state", database, Faults())
    begin(pipeline.nas)
    await pipeline.settle()
    expected = await pipeline.snapshot()
    await database.execute(f"{damage} WHERE seq = 1 OR text_end < 100".encode())
    shutil.rmtree(pipeline.state)
    await pipeline.outbox.enqueue_all()
    await pipeline.settle()
    assert (await pipeline.verify()).clean
    assert await pipeline.snapshot() == expected


async def test_a_lost_text_is_told_though_nobody_asked_for_it(tmp_path: Path, database: Database) -> None:
    pipeline = Pipeline(tmp_path / "nas", tmp_path / "state", database, Faults())
    begin(pipeline.nas)
    await pipeline.settle()
    expected = await pipeline.snapshot()
    content_id = (await database.rows(b"SELECT min(content_id) FROM text_blocks"))[0][0]
    await database.execute(b"DELETE FROM text_blocks WHERE content_id = %(id)s", {"id": content_id})
    found = await pipeline.verify()
    assert (found.clean, found.texts_missing) == (False, [content_id])
    assert await pipeline.ingest.requeue_content(content_id)
    await pipeline.settle()
    assert (await pipeline.verify()).clean
    assert await pipeline.snapshot() == expected


_COMPARED = {"files", "contents", "drawn_again"}
ONE = b"(SELECT content_id FROM files WHERE content_id IS NOT NULL GROUP BY 1 HAVING count(*) = 1 ORDER BY max(size) LIMIT 1)"
"""A content that one file holds, and whose text is not the largest."""


@pytest.mark.parametrize(
    ("found", "damage"),
    [
        pytest.param(
            {"texts_damaged": 1}, b"UPDATE text_blocks SET data = 'nonsense' WHERE content_id = %b", id="block"
        ),
        pytest.param(
            {"texts_damaged": 1}, b"UPDATE text_blocks SET span_map = '\\xc1' WHERE content_id = %b", id="map"
        ),
        pytest.param(
            {"texts_damaged": 1},
            b"UPDATE text_blocks SET data = (SELECT data FROM text_blocks ORDER BY text_end - text_start DESC LIMIT 1)"
            b" WHERE content_id = %b",
            id="block of another",
        ),
        pytest.param(
            {"texts_missing": 1}, b"UPDATE chunks SET seq = 99 WHERE seq = 0 AND content_id = %b", id="chunks shifted"
        ),
        pytest.param(
            {"texts_missing": 1},
            b"UPDATE chunks SET text_end = text_end - 1 WHERE content_id = %b",
            id="chunk cut off",
        ),
        pytest.param(
            {"files_without_content": 1, "left_behind": 1, "contents_unknown": 1},
            b"DELETE FROM contents WHERE id = %b",
            id="content",
        ),
        pytest.param(
            {"files_without_content": 1},
            b"UPDATE files SET content_id = NULL WHERE content_id = %b",
            id="file's content",
        ),
        pytest.param(
            {"files_without_content": 1, "files_unknown": 1},
            b"UPDATE files SET generation = 0 WHERE content_id = %b",
            id="generation",
        ),
        pytest.param(
            {"left_behind": 1},
            b"INSERT INTO content_gaps SELECT -min(content_id), 0, 'binary', NULL, NULL, NULL, '', true FROM text_blocks"
            b" WHERE content_id = %b",
            id="rows of nobody",
        ),
    ],
)
async def test_what_is_wrong_in_the_catalog_is_told_and_mended(
    tmp_path: Path, database: Database, found: dict[str, int], damage: bytes
) -> None:
    pipeline = Pipeline(tmp_path / "nas", tmp_path / "state", database, Faults())
    begin(pipeline.nas)
    await pipeline.settle()
    expected = await pipeline.snapshot()
    await database.execute(damage.replace(b"%b", ONE))
    told = await pipeline.verify()
    counts = {name: value for name, value in told.counts().items() if value and name not in _COMPARED}
    assert (told.clean, counts) == (False, found)
    await repair_catalog(pipeline.check, pipeline.ingest, told)
    await pipeline.settle()
    assert (await pipeline.verify()).clean
    assert await pipeline.snapshot() == expected


async def test_a_lost_text_of_a_missing_file_is_read_when_that_returns(tmp_path: Path, database: Database) -> None:
    pipeline = Pipeline(tmp_path / "nas", tmp_path / "state", database, Faults())
    begin(pipeline.nas)
    await pipeline.settle()
    expected = await pipeline.snapshot()
    away = pipeline.nas.rename(tmp_path / "away")
    shutil.copytree(away, pipeline.nas)
    gone = next(path for path in sorted(pipeline.nas.iterdir()) if path.is_file())
    gone.unlink()
    await pipeline.settle()
    await database.execute(
        b"DELETE FROM chunks WHERE content_id IN (SELECT content_id FROM files WHERE status = 'missing')"
    )
    told = await pipeline.verify()
    assert len(told.texts_missing) == 1
    await repair_catalog(pipeline.check, pipeline.ingest, told)
    shutil.copy2(away / gone.name, gone)
    await pipeline.settle()
    assert (await pipeline.verify()).clean
    assert await pipeline.snapshot() == expected


ENTITY = b"(SELECT ids[1] FROM entity_mentions WHERE content_id = %b ORDER BY part LIMIT 1)"
OF = b"(SELECT content_id FROM files WHERE shown LIKE '%%/NAME')"


def begin_drawn(nas: Path) -> None:
    nas.mkdir(parents=True)
    _put(nas / "app.conf", "host = db-prod-01.example.com\npassword = hG7-kQ2.wX9zR4\n" * 2)
    _put(nas / "app.json", '{"server": {"host": "10.1.2.3", "port": 5432}, "tags": ["a", "b"]}')
    _put(nas / "table.csv", "name;address\nweb01.example.com;10.0.0.7\nweb02.example.com;10.0.0.8\n")
    _put(nas / "marked.txt", "it said «secret:password:0123456789abcdef» there\n")
    _put(nas / "notes.txt", "nothing is named\n")
    _put(
        nas / "hidden.txt",
        "-----BEGIN RSA PRIVATE KEY-----\n"
        + ("MIIEpQIBAAKCAQEA7bq3" * 3 + "\n") * 3
        + "-----END RSA PRIVATE KEY-----\n",
    )


DRAWN = [
    ("app.conf", b"DELETE FROM entity_mentions WHERE content_id = %b"),
    (
        "app.conf",
        b"UPDATE entity_mentions SET places = set_byte(places, octet_length(places) - 1, 9) WHERE content_id = %b",
    ),
    ("app.conf", b"DELETE FROM entities WHERE id = " + ENTITY),
    ("app.conf", b"UPDATE entities SET value = 'other.example.com', type = 1 WHERE id = " + ENTITY),
    ("app.conf", b"UPDATE entities SET content_id = NULL, others = NULL WHERE id = " + ENTITY),
    ("app.conf", b"DELETE FROM secret_findings WHERE content_id = %b AND line = 2"),
    (
        "app.conf",
        b"UPDATE secret_findings SET fingerprint = '\\x0011223344556677' WHERE content_id = %b AND line = 2",
    ),
    ("app.conf", b"UPDATE contents SET hidden = true WHERE id = %b"),
    ("app.json", b"DELETE FROM content_structures WHERE content_id = %b"),
    ("app.json", b"UPDATE content_structures SET field_values = '\\x80' WHERE content_id = %b"),
    ("app.json", b"UPDATE content_structures SET field_values = '\\xc1' WHERE content_id = %b"),
    ("table.csv", b"UPDATE content_structures SET documents = documents + 1 WHERE content_id = %b"),
    (
        "notes.txt",
        b"INSERT INTO entity_mentions SELECT %b, part, ids, confidences, places FROM entity_mentions LIMIT 1",
    ),
    (
        "notes.txt",
        (
            b"INSERT INTO content_structures (content_id, shape_id, documents, value_keys, field_values)"
            b" SELECT %b, shape_id, documents, value_keys, field_values FROM content_structures LIMIT 1"
        ),
    ),
    (
        "notes.txt",
        (
            b"INSERT INTO secret_findings (content_id, text_start, text_end, source_start, source_end, line, critical,"
            b" accepted, fingerprint, rule) SELECT %b, 0, 7, 0, 7, 1, false, false, '\\x0011223344556677', 'password'"
        ),
    ),
    ("hidden.txt", b"UPDATE contents SET hidden = false WHERE id = %b"),
]
"""Files, and what happens to their rows."""


async def test_what_was_drawn_is_drawn_again_and_compared(tmp_path: Path, database: Database) -> None:
    pipeline = Pipeline(tmp_path / "nas", tmp_path / "state", database, Faults())
    begin_drawn(pipeline.nas)
    await pipeline.settle()
    found = await pipeline.verify()
    assert (found.clean, found.drawn_again) == (True, 6)
    for name, damage in DRAWN:
        content_id = OF.replace(b"NAME", name.encode())
        await database.execute(damage.replace(b"%b", content_id), {})
        told = await pipeline.verify()
        assert (told.clean, len(told.drawn_otherwise)) == (False, 1), damage
        assert told.named_files == ([] if name == "hidden.txt" else [str(pipeline.nas / name)]), damage
        for _ in range(2):  # a row that no thing knew of is taken from the thing's others, which are then told
            await repair_catalog(pipeline.check, pipeline.ingest, told)
            await pipeline.settle()
            told = await pipeline.verify()
        assert told.clean, damage
