"""The full-text port's promises, asked of every adapter."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from draws import examples
from siss.adapters.memory.fulltext import MemoryFullText
from siss.adapters.tantivy.reader import TantivyReader
from siss.adapters.tantivy.writer import open_writer
from siss.errors import InvalidQueryError
from siss.index.analyser import chunk_terms
from siss.model.content import Chunk, Level
from siss.model.hit import EngineAnswer
from siss.model.ingest import FileDocument
from siss.model.query import (
    And,
    Contents,
    FacetField,
    Field,
    Match,
    Node,
    Not,
    Or,
    Phrase,
    Query,
    Range,
    Sort,
    SortField,
    Word,
)
from siss.ports.fulltext import PART_CHUNKS, EngineRequest, FullText, FullTextWriter

MINUTE = 60_000_000


@dataclass
class Line:
    """A chunk of a log: its text, its minutes, its levels."""

    text: str
    minutes: tuple[int, int] | None = None
    levels: tuple[Level, ...] = ()


@dataclass
class Engine:
    """Both ports, and short ways to write and to ask."""

    reader: FullText
    writer: FullTextWriter
    generation: int = 100

    async def put(self, file_id: int, *chunks: str | Line, content: int | None = -1, **facts: Any) -> None:
        """A file whose content (of the same number, unless said otherwise) has these chunks."""
        content_id = file_id if content == -1 else content
        self.generation += 1
        lines = [chunk if isinstance(chunk, Line) else Line(chunk) for chunk in chunks]
        terms = [chunk_terms(seq, line.text) for seq, line in enumerate(lines)]
        if content_id is not None:
            await self.writer.put_chunks(content_id, self.generation, make_chunks(lines), terms)
        await self.writer.put_file(make_file(file_id, content_id, self.generation, **facts), terms)

    async def ask(self, where: Node | str | None = None, limit: int = 20, **more: Any) -> EngineAnswer:
        request = {name: more.pop(name) for name in ("scopes", "after", "facet_limit") if name in more}
        node = Word(where) if isinstance(where, str) else where
        more.setdefault("last_is_prefix", False)
        scopes = request.pop("scopes", None)
        return await self.reader.search(EngineRequest(Query(where=node, **more), scopes, limit, **request))

    async def find(self, where: Node | str | None = None, **more: Any) -> set[int]:
        """The files that match as asked; what was relaxed does not count."""
        answer = await self.ask(where, **more)
        return {file_id for hit in answer.hits if not hit.relaxed for file_id, _ in hit.files}

    async def commit(self) -> None:
        await self.writer.commit()
        await self.reader.refresh()


def make_chunks(lines: Iterable[Line], first: int = 0) -> list[Chunk]:
    return [
        Chunk(
            seq, seq * 10, seq * 10 + 10, seq * 10, seq * 10 + 10, seq + 1, 1,
            line.minutes[0] * MINUTE if line.minutes else None,
            line.minutes[1] * MINUTE if line.minutes else None,
            sum(level.bit for level in line.levels),
        )
        for seq, line in enumerate(lines, first)
    ]  # fmt: skip


def make_file(file_id: int, content_id: int | None, generation: int = 7, **facts: Any) -> FileDocument:
    shown = facts.pop("path", f"/data/file{file_id}.txt")
    values: dict[str, Any] = {
        "generation": generation,
        "content_generation": generation if content_id is not None else None,
        "name": shown.rsplit("/", 1)[-1],
        "tags": (),
        "mime": "text/plain",
        "kind": "text",
        "size": 100 * file_id,
        "modified_us": 1_000 * file_id,
        "indexed_us": 5_000_000,
    }
    return FileDocument(file_id=file_id, content_id=content_id, shown=shown, **{**values, **facts})


class Open(Protocol):
    def __call__(self, folder: Path) -> Engine: ...


def open_memory(folder: Path) -> Engine:
    port = MemoryFullText()
    return Engine(port, port)


def open_tantivy(folder: Path) -> Engine:
    writer = open_writer(folder, 40 << 20)
    return Engine(TantivyReader(folder), writer)


OPENERS: dict[str, Open] = {"memory": open_memory, "tantivy": open_tantivy}


@pytest.fixture(params=list(OPENERS))
async def engine(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Engine]:
    made = OPENERS[request.param](tmp_path)
    yield made
    await made.writer.close()
    await made.reader.close()


async def test_nothing_is_seen_before_commit(engine: Engine) -> None:
    await engine.commit()
    await engine.put(1, "alpha")
    assert await engine.find("alpha") == set()
    await engine.commit()
    assert await engine.find("alpha") == {1}
    assert await engine.reader.count_documents() == (1, 1)


async def test_stamps_are_kept_with_the_commit_that_has_them(engine: Engine) -> None:
    assert list(await engine.writer.stamps()) == []
    await engine.writer.commit(("last", "before"))
    await engine.commit()
    assert list(await engine.writer.stamps()) == ["last", "before"]


async def test_what_is_there_answers_while_another_is_filled(engine: Engine) -> None:
    """It is told of news, not of what it has; what the new one was not given is gone after the switch."""
    await engine.put(1, "alpha one")
    await engine.put(2, "alpha two")
    await engine.commit()
    assert await engine.find("alpha") == {1, 2}
    await engine.writer.begin_rebuild()
    assert await engine.find("alpha") == {1, 2}
    assert engine.writer.is_empty
    await engine.put(3, "alpha three")
    with engine.writer.filling():
        await engine.put(1, "alpha one, and beta")
    await engine.commit()
    assert await engine.find("alpha") == {1, 2, 3}
    assert await engine.find("beta") == set()
    await engine.writer.begin_rebuild()  # goes on already
    await engine.writer.take_over()
    assert await engine.find("alpha") == {1, 3}
    assert await engine.find("beta") == {1}
    assert await engine.reader.count_documents() == (2, 2)
    await engine.put(4, "alpha four")
    await engine.commit()
    assert await engine.find("alpha") == {1, 3, 4}


async def test_what_is_gone_is_gone_while_another_is_filled(engine: Engine) -> None:
    """No hit shows it, but totals would count it until the switch."""
    for number in (1, 2, 3):
        await engine.put(number, "alpha")
    await engine.commit()
    await engine.writer.begin_rebuild()
    with engine.writer.filling():
        await engine.writer.drop_contents([2])
        await engine.writer.drop_files([2])
        await engine.put(1, "alpha")
    await engine.commit()
    answer = await engine.ask("alpha")
    assert (answer.total, await engine.find("alpha")) == (2, {1, 3})
    assert await engine.reader.count_documents() == (2, 2)
    await engine.writer.take_over()
    assert await engine.find("alpha") == {1}


async def test_a_rebuild_can_follow_a_rebuild(engine: Engine) -> None:
    """Each reader notices each beginning and each end."""
    await engine.put(1, "alpha")
    await engine.commit()
    for _ in range(3):
        assert await engine.find("alpha") == {1}
        await engine.writer.begin_rebuild()
        assert await engine.find("alpha") == {1}
        with engine.writer.filling():
            await engine.put(1, "alpha")
        await engine.commit()
        await engine.writer.take_over()


async def test_what_was_replaced_takes_no_room_after_a_rebuild(engine: Engine) -> None:
    await engine.writer.require_room_for_two()
    for _ in range(3):
        await engine.put(1, "alpha")
        await engine.put(2, "beta")
        await engine.commit()
    assert 0 <= await engine.writer.dead_share() < 1
    await engine.writer.begin_rebuild()
    assert await engine.writer.dead_share() == 0


async def test_words_are_and_over_the_file(engine: Engine) -> None:
    await engine.put(1, "alpha here", "beta there")
    await engine.put(2, "alpha only")
    await engine.commit()
    assert await engine.find(And((Word("alpha"), Word("beta")))) == {1}
    assert await engine.find("alpha") == {1, 2}


async def test_phrases_stand_within_a_chunk(engine: Engine) -> None:
    await engine.put(1, "one two", "three four")
    await engine.put(2, "two three")
    await engine.put(3, "two and three")
    await engine.commit()
    assert await engine.find(Phrase("two three")) == {2}
    assert await engine.find(Phrase("Two, THREE!")) == {2}
    assert await engine.find(Phrase("three")) == {1, 2, 3}
    assert (await engine.ask(Phrase("three four"))).hits[0].chunk_seq == 1


async def test_phrases_are_never_relaxed(engine: Engine) -> None:
    await engine.put(1, "connection lost")
    await engine.commit()
    assert (await engine.ask(Phrase("connection gone"))).hits == ()
    assert (await engine.ask(Phrase("connections"))).hits == ()


async def test_boolean_queries_nest(engine: Engine) -> None:
    await engine.put(1, "apple pear")
    await engine.put(2, "apple plum")
    await engine.put(3, "cherry", "plum")
    await engine.commit()
    either = Or((Word("pear"), Word("plum")))
    assert await engine.find(either) == {1, 2, 3}
    assert await engine.find(And((Word("apple"), either))) == {1, 2}
    assert await engine.find(And((either, Not(Word("cherry"))))) == {1, 2}
    assert await engine.find(Not(Word("apple"))) == {3}
    assert await engine.find(And((Not(Word("apple")), Not(Word("plum"))))) == set()
    assert await engine.find(Or((Not(Word("plum")), Word("cherry")))) == {1, 3}
    assert await engine.find(Not(Not(Word("apple")))) == {1, 2}
    assert await engine.find(Not(And((Word("apple"), Word("plum"))))) == {1, 3}
    assert await engine.find(Not(Phrase("apple plum"))) == {1, 3}
    assert await engine.find(None) == {1, 2, 3}


async def test_words_without_letters_ask_for_nothing(engine: Engine) -> None:
    await engine.put(1, "alpha")
    await engine.put(2, "beta")
    await engine.commit()
    assert await engine.find("!!!") == {1, 2}
    assert await engine.find(And((Word("--"), Word("beta"), Phrase("..")))) == {2}


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("host db-prod-01.example.com is up", "db-prod-01.example.com"),
        ("host db-prod-01.example.com is up", "prod-01"),
        ("host db-prod-01.example.com is up", "example.com"),
        ("set max_connections = 5", "max_connections"),
        ("set max_connections = 5", "connections"),
        ("call getUserName()", "getUserName"),
        ("call getUserName()", "getusername"),
        ("call getUserName()", "user"),
        ("see HTTPServer", "server"),
        ("on web01", "web"),
        ("read /etc/nginx/nginx.conf", "/etc/nginx/nginx.conf"),
        ("read /etc/nginx/nginx.conf", "nginx.conf"),
        ("from 10.0.1.50:8080", "10.0.1.50"),
        ("from 2001:db8::8a2e:370:7334", "2001:db8::8a2e:370:7334"),
        ("release v2.3.1", "v2.3.1"),
        ("mail a.person@example.org now", "a.person@example.org"),
        ("id 0199c0de-7b2c-7000-8000-abcdefabcdef", "0199c0de-7b2c-7000-8000-abcdefabcdef"),
        ("at 2026-11-21T10:11:12", "2026-11-21"),
        ("key " + "a1B2" * 50, "A1b2" * 50),
        ("Grüße aus Zürich", "zurich"),
        ("Grüße aus Zurich", "ZÜRICH"),
        ("ｆｕｌｌ width", "full"),
        ("エラーが日本語のログに出た", "日本語"),
        ("エラーが日本語のログに出た", "日"),
        ("エラーが日本語のログに出た", "ログ"),
        ("エラーが日本語のログに出た", Phrase("日")),
        ("設定の 'compatible' も確認してください", Phrase("設定の 'compatible' も確認")),
        ("設定の 'compatible' も確認してください", Phrase("compatible' も")),
        ("ошибка соединения", "Ошибка"),
        ("emoji 🔥burning", "burning"),
        ("null\u2400byte", "byte"),
    ],
)
async def test_identifiers_are_found_whole_and_in_part(engine: Engine, text: str, asked: str | Phrase) -> None:
    await engine.put(1, "nothing of it", text)
    await engine.put(2, "something else altogether")
    await engine.commit()
    answer = await engine.ask(asked)
    assert [(hit.files[0][0], hit.relaxed) for hit in answer.hits] == [(1, False)]
    if isinstance(asked, Phrase) or len(asked) < 100:
        assert answer.hits[0].chunk_seq == 1


async def test_words_with_a_very_long_part_are_found(engine: Engine) -> None:
    key = "0fA" * 40
    await engine.put(1, f"sums: sha512={key} ok")
    await engine.put(2, f"read /srv/x/{key}.txt")
    await engine.put(3, "sha512=none")
    await engine.commit()
    for asked, found in {
        f"sha512={key}": {1},
        f"(sha512:{key})": {1},
        f"x/{key}": {2},
        f"other={key}": set(),
    }.items():
        assert await engine.find(asked) == found, asked
    assert await engine.find(And((Word("sha512"), Not(Word(f"sha512={key}"))))) == {3}


@pytest.mark.parametrize("count", [3, 60])
async def test_identifiers_are_found_however_they_are_spelt_and_however_many(engine: Engine, count: int) -> None:
    spelt = ["ssh ops@db-01.lab:22", "db-01-lab", "db 01 lab", "up: x/db-01.lab/y"]
    for number in range(count):
        await engine.put(number, "db-01.lab is up")
    for number, text in enumerate(spelt, 100):
        await engine.put(number, text)
    # A large file that has it in its first part only.
    await engine.put(200, "db-01.lab is up", *["nothing of it"] * PART_CHUNKS)
    await engine.put(201, "db-02.lab is up")
    await engine.commit()
    answer = await engine.ask("db-01.lab", limit=200)
    found = {file_id for hit in answer.hits for file_id, _ in hit.files}
    assert found == {*range(count), *range(100, 104), 200}
    assert answer.total == count + 5
    assert await engine.find(Word("db-01.la", prefix=True), limit=200) == found


@pytest.mark.parametrize("letter", ["z", "д", "ქ"])
@pytest.mark.parametrize("length", [20, 30, 40, 64, 65, 90])
async def test_long_words_of_every_script_are_found_whole_and_by_their_beginning(
    engine: Engine, letter: str, length: int
) -> None:
    word = "abc" + letter * (length - 3)
    await engine.put(1, f"so {word} is")
    await engine.put(2, f"{word[:-1]}y")
    for number in range(10, 40):  # too many terms begin so for each to be looked for by itself
        await engine.put(number, f"abcdef{number}ghi")
    await engine.commit()
    assert await engine.find(Word(word)) == {1}
    assert await engine.find(Phrase(word)) == {1}
    assert await engine.find(And((Word(word), Word("so")))) == {1}
    assert await engine.find(Word("abc", prefix=True), limit=100) == {1, 2, *range(10, 40)}
    assert await engine.find(Word(word[:18], prefix=True)) == {1, 2}


async def test_identifiers_are_not_their_scattered_parts(engine: Engine) -> None:
    await engine.put(1, "10.0.1.5")
    await engine.put(2, "10.0.1.50")
    await engine.put(3, "1 0 10 5")
    await engine.commit()
    assert await engine.find("10.0.1.5", last_is_prefix=True) == {1}


async def test_files_are_found_by_what_describes_them(engine: Engine) -> None:
    await engine.put(1, "x", path="/data/billing/invoice-2026.csv", tags=("Finance Dept",), description="yearly sums")
    await engine.put(2, content=None, path="/data/backup.zip", members=("inner/secretplan.txt",))
    await engine.commit()
    for asked in ("invoice", "billing", "finance", "yearly", "invoice-2026.csv"):
        assert await engine.find(asked) == {1}, asked
    assert await engine.find("secretplan") == {2}
    assert await engine.find(Phrase("finance dept")) == {1}
    assert await engine.find(Phrase("dept yearly")) == set()
    answer = await engine.ask("secretplan")
    assert (answer.hits[0].content_id, answer.hits[0].chunk_seq) == (None, None)


async def test_filters_of_files(engine: Engine) -> None:
    await engine.put(1, "x", path="/data/logs/App.LOG", tags=("Prod", "eu"), mime="text/plain", kind="log")
    await engine.put(2, "y", path="/data/conf/app.json", tags=("test",), mime="application/json", kind="json")
    await engine.put(3, "z", path="/data/logs2/.bashrc", mime="text/x-sh")
    await engine.commit()

    async def find(field: Field, value: str, glob: bool = False) -> set[int]:
        return await engine.find(Match(field, value, glob))

    assert await find(Field.MIME, "application/json") == {2}
    assert await find(Field.MIME, "text/*", True) == {1, 3}
    assert await find(Field.KIND, "log") == {1}
    assert await find(Field.TAG, "prod") == {1}
    assert await find(Field.TAG, "pro") == set()
    assert await find(Field.TAG, "*t", True) == {2}
    assert await find(Field.EXT, "log") == {1}
    assert await find(Field.EXT, ".json") == {2}
    assert await find(Field.EXT, "bashrc") == set()
    assert await find(Field.NAME, "app.log") == {1}
    assert await find(Field.NAME, "app") == {1, 2}
    assert await find(Field.NAME, "app.*", True) == {1, 2}
    assert await find(Field.NAME, "app.????", True) == {2}
    assert await find(Field.PATH, "/data/logs") == {1}
    assert await find(Field.PATH, "/data/logs/") == {1}
    assert await find(Field.PATH, "/data/logs/App.LOG") == {1}
    assert await find(Field.PATH, "/") == {1, 2, 3}
    assert await find(Field.PATH, "logs") == {1}
    assert await find(Field.PATH, "data/conf") == {2}
    assert await find(Field.PATH, "conf/app.json") == {2}
    assert await find(Field.PATH, "/data/logs*", True) == {1, 3}
    assert await find(Field.PATH, "*.json", True) == {2}
    assert await find(Field.PATH, "conf/*.json", True) == {2}
    assert await find(Field.PATH, "/data/lo.s", True) == set()
    assert await find(Field.ID, "2") == {2}
    assert await engine.find(And((Word("x"), Match(Field.TAG, "test")))) == set()
    assert await engine.find(Not(Match(Field.TAG, "test"))) == {1, 3}


async def test_files_are_found_by_their_contents(engine: Engine) -> None:
    await engine.put(1, "alpha")
    await engine.put(2, "beta")
    await engine.put(3, "alpha", content=1)
    await engine.put(4, content=None)
    await engine.commit()
    assert await engine.find(Contents((1,))) == {1, 3}
    assert await engine.find(Contents(())) == set()
    assert await engine.find(Not(Contents((1, 2)))) == {4}
    assert await engine.find(And((Word("alpha"), Contents((2, 99))))) == set()
    assert await engine.find(Or((Word("beta"), Contents((1, 99))))) == {1, 2, 3}
    assert (await engine.ask(Contents(tuple(range(1, 5000))))).total == 3


async def test_ranges_are_half_open(engine: Engine) -> None:
    for file_id in (1, 2, 3):
        await engine.put(file_id, "x")
    await engine.commit()
    assert await engine.find(Range(Field.SIZE, 100, 300)) == {1, 2}
    assert await engine.find(Range(Field.SIZE, None, 100)) == set()
    assert await engine.find(Range(Field.MODIFIED, 2_000, None)) == {2, 3}
    assert await engine.find(Range(Field.INDEXED, 5_000_000, 5_000_001)) == {1, 2, 3}
    assert await engine.find(Range(Field.SIZE, 200, 200)) == set()
    assert await engine.find(Range(Field.SIZE, -(10**30), 10**30)) == {1, 2, 3}
    assert await engine.find(Match(Field.SIZE, "200")) == {2}


async def test_values_that_a_field_cannot_have_are_refused(engine: Engine) -> None:
    await engine.put(1, "x")
    await engine.commit()
    for node in (
        Match(Field.SIZE, "big"),
        Range(Field.NAME, 1, 2),
        Match(Field.TIME, "noon"),
        Range(Field.LEVEL, 1, 2),
    ):
        with pytest.raises(InvalidQueryError):
            await engine.ask(node)


async def test_time_and_level_hold_in_one_chunk(engine: Engine) -> None:
    logs = {"kind": "log", "level_mask": Level.ERROR.bit | Level.INFO.bit}
    await engine.put(1, Line("start", (0, 10), (Level.INFO,)), Line("disk full", (20, 30), (Level.ERROR,)), **logs)
    await engine.put(2, Line("disk", (0, 10), (Level.ERROR,)), Line("full", (20, 30), (Level.INFO,)), **logs)
    await engine.put(3, "disk full, no times at all")
    await engine.commit()
    error = Match(Field.LEVEL, "error")
    late = Range(Field.TIME, 15 * MINUTE, 40 * MINUTE)
    assert await engine.find(error) == {1, 2}
    assert await engine.find(late) == {1, 2}
    assert await engine.find(And((error, late))) == {1}
    assert await engine.find(And((Word("disk"), And((error, late))))) == {1}
    assert await engine.find(And((Word("disk"), Not(error)))) == {3}
    assert await engine.find(Range(Field.TIME, None, 0)) == set()
    assert await engine.find(Range(Field.TIME, 10 * MINUTE, 11 * MINUTE)) == {1, 2}
    assert await engine.find(Range(Field.TIME, 30 * MINUTE + 1, None)) == set()
    assert await engine.find(Or((Match(Field.LEVEL, "trace"), Phrase("no times")))) == {3}
    hits = (await engine.ask(And((Word("disk"), late)))).hits
    assert {hit.files[0][0]: hit.chunk_seq for hit in hits} == {1: 1, 2: 1}


async def test_the_best_chunk_is_shown(engine: Engine) -> None:
    await engine.put(1, "alpha and others", "much other text", "alpha beta")
    await engine.commit()
    assert (await engine.ask(And((Word("alpha"), Word("beta"))))).hits[0].chunk_seq == 2
    assert (await engine.ask(Match(Field.KIND, "text"))).hits[0].chunk_seq is None


@pytest.mark.parametrize("count", [1, 3, 20])
async def test_parts_of_words_are_found_by_their_beginning_however_many(engine: Engine, count: int) -> None:
    for number in range(count):
        await engine.put(number, f"getAlph{chr(97 + number)}Name", path=f"/data/x{number}/setBeta{number}.txt")
    await engine.put(100, "getAlpName", path="/data/other.txt")
    await engine.commit()
    for asked in ("alph", "beta"):
        assert await engine.find(asked, limit=100, last_is_prefix=True) == set(range(count)), asked
        assert (await engine.ask(Word(asked, prefix=True))).total == count


async def test_prefixes(engine: Engine) -> None:
    for number in range(60):
        await engine.put(number + 1, f"conn{number:02d}x")
    await engine.put(100, "con", path="/data/connexion.txt")
    await engine.put(101, "db-prod-0142.example.com")
    await engine.commit()
    answer = await engine.ask(Word("conn", prefix=True))
    assert answer.total == 61
    assert (await engine.ask(Word("conn1", prefix=True), limit=100)).total == 10
    assert await engine.find(Word("db-prod-01", prefix=True)) == {101}
    assert await engine.find(Word("db-prod-02", prefix=True)) == set()
    assert await engine.find("conn") == set()
    assert (await engine.ask("conn", last_is_prefix=True)).total == 61
    assert (await engine.ask(And((Word("con"), Word("conn"))), last_is_prefix=True)).total == 1


async def test_wildcards_inside_words(engine: Engine) -> None:
    await engine.put(1, "other text", "the config here")
    await engine.put(2, "cnfig C0NFIG")
    await engine.put(3, "confection getFooName")
    await engine.put(4, "other", path="/data/confirmation.txt")
    await engine.put(5, "wrote c?nfig as it is")
    await engine.put(6, "db-prod-01 Z\u00fcrich " + "c" * 80 + "nfig")
    await engine.put(7, "much", *["other text"] * PART_CHUNKS, "config")
    await engine.commit()
    for asked, found in {
        Word("c?nfig"): {1, 2, 5, 7},
        Word("(c?nfig),"): {1, 2, 5, 7},
        Word("c*nfig"): {1, 2, 5, 7},
        Word("con*on"): {3, 4},
        Word("c*nfi", prefix=True): {1, 2, 4, 5, 7},
        Word("na?e"): {3},
        Word("db*01"): set(),
        Word("p**d"): {6},
        Word("z?rich"): {6},
        And((Word("here"), Word("c?nfig"))): {1},
        And((Word("much"), Word("c?nfig"))): {7},
        And((Match(Field.KIND, "text"), Not(Word("c*n*")), Not(Word("connect")))): {5, 6},
    }.items():
        assert await engine.find(asked) == found, asked
    answer = await engine.ask("c?nfig")
    assert (answer.total, answer.relaxed) == (4, False)
    assert answer.hits[0].files[0][0] == 5, "what has the very text comes first"
    assert [hit.chunk_seq for hit in answer.hits if hit.files[0][0] == 1] == [1]
    assert {"config", "c0nfig"} <= set(answer.highlights)
    assert "cnfig" not in answer.highlights


async def test_wildcards_stand_for_any_number_of_words(engine: Engine) -> None:
    for number in range(100):
        await engine.put(number + 1, f"ab{number:02d}yz", path=f"/data/{number % 2}.txt")
    await engine.commit()
    assert (await engine.ask("a*z")).total == 100
    assert (await engine.ask("ab0?yz")).total == 10
    assert (await engine.ask("a*z", scopes=("/data/1.txt",))).total == 50
    assert "ab00yz" not in (await engine.ask("a*z", scopes=("/data/1.txt",))).highlights


@pytest.mark.parametrize(
    "text", ["a*b*c*d*e*f", "a" + "?" * 90 + "b", "a*" + "b" * 300, "\u65e5*\u672c", "x\u00bd*y"]
)
async def test_no_wildcard_is_too_much(engine: Engine, text: str) -> None:
    await engine.put(1, f"code {text} code")
    await engine.commit()
    assert await engine.find(text) == {1}


async def test_the_word_itself_comes_before_longer_ones(engine: Engine) -> None:
    await engine.put(1, "connect then")
    await engine.put(2, "conn then")
    await engine.put(3, "connection then")
    await engine.commit()
    answer = await engine.ask("conn", last_is_prefix=True)
    assert answer.hits[0].files[0][0] == 2
    assert answer.total == 3
    assert set(answer.highlights) == {"conn", "connect", "connection"}


async def test_misspelt_words_are_relaxed_and_marked(engine: Engine) -> None:
    await engine.put(1, "connection refused by server")
    await engine.put(2, "configuration reloaded")
    await engine.commit()
    for asked in ("conection", "connectoin", "xonnection", "cnonection", "connectionx", "conectoin"):
        answer = await engine.ask(asked)
        assert [(hit.files[0][0], hit.relaxed) for hit in answer.hits] == [(1, True)], asked
        assert answer.relaxed
        assert answer.total == 1
        assert "connection" in answer.highlights
        assert answer.hits[0].chunk_seq == 0
    assert (await engine.ask("conection", typos=False)).hits == ()
    assert (await engine.ask("cannot")).hits == ()
    assert (await engine.ask("ro")).hits == ()


async def test_english_forms_are_softer_matches(engine: Engine) -> None:
    await engine.put(1, "backup restored")
    await engine.put(2, "backups fail")
    await engine.commit()
    answer = await engine.ask("backups")
    assert [(hit.files[0][0], hit.relaxed) for hit in answer.hits] == [(2, False), (1, True)]
    assert answer.total == 1
    assert [hit.files[0][0] for hit in (await engine.ask("restoring")).hits] == [1]


async def test_words_are_left_out_when_too_little_is_found(engine: Engine) -> None:
    await engine.put(1, "alpha beta gamma")
    await engine.put(2, "alpha beta")
    await engine.put(3, "delta")
    await engine.put(4, "beta", tags=("no",))
    await engine.commit()
    words = And((Word("alpha"), Word("beta"), Word("gamma")))
    answer = await engine.ask(words)
    assert [(hit.files[0][0], hit.relaxed) for hit in answer.hits][:2] == [(1, False), (2, True)]
    assert answer.total == 1
    assert all(hit.files[0][0] != 3 for hit in answer.hits)
    kept = And((Word("alpha"), Word("gamma"), Not(Word("beta"))))
    assert (await engine.ask(kept)).hits == ()
    filtered = And((Word("beta"), Word("gamma"), Match(Field.TAG, "no")))
    assert [hit.files[0][0] for hit in (await engine.ask(filtered)).hits] == [4]


async def test_enough_is_left_as_it_is(engine: Engine) -> None:
    for file_id in (1, 2, 3):
        await engine.put(file_id, "backups")
    await engine.put(4, "backup")
    await engine.commit()
    answer = await engine.ask("backups")
    assert len(answer.hits) == 3
    assert not answer.relaxed


async def test_one_hit_a_content_with_its_other_files(engine: Engine) -> None:
    for file_id in (1, 2, 3):
        await engine.put(file_id, "alpha", content=50, path=f"/data/{file_id}/same.txt")
    await engine.put(4, "alpha alpha more")
    await engine.commit()
    answer = await engine.ask("alpha")
    assert answer.total == 4
    assert sorted((hit.content_id, sorted(file for file, _ in hit.files)) for hit in answer.hits) == [
        (4, [4]),
        (50, [1, 2, 3]),
    ]
    only = await engine.ask(And((Word("alpha"), Match(Field.PATH, "/data/2"))))
    assert [[file for file, _ in hit.files] for hit in only.hits] == [[2]]


async def test_copies_that_do_not_match_harm_no_other_hit(engine: Engine) -> None:
    await engine.put(1, "alpha alpha", path="/data/in/one.txt")
    await engine.put(2, "alpha alpha", content=1, path="/data/out/copy.txt")
    for file_id in range(3, 503):  # more than the first look at the best files takes in
        await engine.put(file_id, f"alpha beta{file_id}", path=f"/data/in/{file_id}.txt")
    await engine.commit()
    answer = await engine.ask(And((Word("alpha"), Match(Field.PATH, "/data/in"))), limit=20)
    assert answer.total == 501
    assert len(answer.hits) == 20
    assert answer.hits[0].files[0][0] == 1


async def test_a_hit_says_only_of_files_that_are_all_there_are_that_they_are(engine: Engine) -> None:
    for file_id in range(1, 301):
        await engine.put(file_id, "alpha", content=5000)
    await engine.put(999, "alpha beta")
    await engine.commit()
    answer = await engine.ask("alpha", limit=5)
    assert answer.total == 301
    assert {len(hit.files) for hit in answer.hits} == {1, 300}
    (hit,) = (await engine.ask("alpha", limit=1)).hits
    assert hit.content_id == 5000
    assert not hit.alone or len(hit.files) == 300
    (hit,) = (await engine.ask(And((Word("alpha"), Contents((5000,)))), limit=1)).hits
    assert len(hit.files) >= 20


async def test_generations_are_returned(engine: Engine) -> None:
    await engine.put(1, "alpha")
    await engine.put(1, "alpha")
    await engine.commit()
    hit = (await engine.ask("alpha")).hits[0]
    assert (hit.files, hit.content_generation) == (((1, engine.generation),), engine.generation)
    assert [pair async for pair in engine.reader.every_file()] == [(1, engine.generation)]
    assert [row async for row in engine.reader.every_content()] == [(1, engine.generation, 1)]


async def test_scopes_bound_everything(engine: Engine) -> None:
    await engine.put(1, "alpha connection", path="/data/a/x.log", tags=("one",))
    await engine.put(2, "alpha", path="/data/b/x.log", tags=("two",))
    await engine.put(3, "alpha", path="/data/ab/x.log", tags=("three",))
    await engine.commit()
    answer = await engine.ask(
        "alpha", scopes=("/data/a", "/data/b/x.log"), facets=(FacetField.TAGS, FacetField.FOLDER)
    )
    assert {hit.files[0][0] for hit in answer.hits} == {1, 2}
    assert answer.total == 2
    assert answer.facets is not None
    assert {count.value for count in answer.facets[FacetField.TAGS]} == {"one", "two"}
    assert {count.value for count in answer.facets[FacetField.FOLDER]} == {"/data/a", "/data/b"}
    assert (await engine.ask(Not(Word("nothing")), scopes=("/data/a",))).total == 1
    assert (await engine.ask("alpha", scopes=())).total == 0
    outside = await engine.ask("conection", scopes=("/data/b",))
    assert (outside.hits, outside.total) == ((), 0)
    assert "connection" not in outside.highlights
    longer = await engine.ask("conn", scopes=("/data/b",), last_is_prefix=True)
    assert (longer.hits, set(longer.highlights) - {"conn"}) == ((), set())


async def test_facets_count_files(engine: Engine) -> None:
    await engine.put(1, "alpha", content=9, path="/d/a.log", tags=("x", "y"), level_mask=Level.ERROR.bit, kind="log")
    await engine.put(2, "alpha", content=9, path="/d/e/b.log", tags=("x",), kind="log")
    await engine.put(3, "alpha", path="/d/c", mime="text/html")
    await engine.put(4, "beta", tags=("x",))
    await engine.commit()
    facets = (await engine.ask("alpha", facets=tuple(FacetField))).facets
    assert facets is not None

    def counts(field: FacetField) -> list[tuple[str, int]]:
        return [(count.value, count.count) for count in facets[field]]

    assert counts(FacetField.TAGS) == [("x", 2), ("y", 1)]
    assert counts(FacetField.MIME) == [("text/plain", 2), ("text/html", 1)]
    assert counts(FacetField.KIND) == [("log", 2), ("text", 1)]
    assert counts(FacetField.EXT) == [("log", 2)]
    assert counts(FacetField.LEVEL) == [("error", 1)]
    assert counts(FacetField.FOLDER) == [("/d", 2), ("/d/e", 1)]
    assert counts(FacetField.SCHEMA_ID) == [("9", 2), ("3", 1)], "contents, for whoever knows schemas"
    assert (await engine.ask("alpha")).facets is None
    limited = (await engine.ask("alpha", facets=(FacetField.TAGS,), facet_limit=1)).facets
    assert limited is not None
    assert [count.value for count in limited[FacetField.TAGS]] == ["x"]


async def test_explanations_only_where_asked_for(engine: Engine) -> None:
    await engine.put(1, "alpha")
    await engine.commit()
    assert (await engine.ask("alpha")).hits[0].explanation is None
    assert (await engine.ask("alpha", explain=True)).hits[0].explanation


async def test_highlights_and_phrases(engine: Engine) -> None:
    await engine.put(1, "alpha beta gamma db-01 delta")
    await engine.commit()
    asked = And((Word("ALPHA"), Phrase("Beta gamma"), Word("db-01"), Not(Word("omega"))))
    answer = await engine.ask(asked)
    assert answer.highlights == ("alpha",)
    assert set(answer.phrases) == {("beta", "gamma"), ("db", "01")}
    assert (await engine.ask(asked, highlight=False)).highlights == ()


async def test_doing_a_thing_twice_changes_nothing(engine: Engine) -> None:
    for _ in range(2):
        await engine.put(1, "alpha", "beta")
    await engine.commit()
    await engine.put(1, "alpha", "beta")
    await engine.commit()
    assert await engine.reader.count_documents() == (1, 2)
    await engine.put(1, "gamma")
    await engine.commit()
    assert await engine.reader.count_documents() == (1, 1)
    assert await engine.find("alpha") == set()
    assert await engine.find("gamma") == {1}


async def test_drops(engine: Engine) -> None:
    for file_id in (1, 2, 3):
        await engine.put(file_id, "alpha")
    await engine.commit()
    await engine.writer.drop_files([1, 77])
    await engine.writer.drop_contents([1, 77])
    await engine.put(4, "alpha")
    await engine.writer.drop_files([4])
    await engine.writer.drop_contents([4])
    await engine.commit()
    assert await engine.find("alpha") == {2, 3}
    assert await engine.reader.count_documents() == (2, 2)
    await engine.writer.clear()
    await engine.reader.refresh()
    assert await engine.reader.count_documents() == (0, 0)
    assert (await engine.ask("alpha")).hits == ()


async def test_words_of_which_most_files_are_gone_are_found(engine: Engine) -> None:
    """An engine counts how many documents have a word with those that were dropped, until it merges."""
    for file_id in range(1, 31):
        await engine.put(file_id, f"alpha alphas own{file_id}")
    await engine.commit()
    await engine.writer.drop_files(list(range(3, 31)))
    await engine.writer.drop_contents(list(range(3, 31)))
    await engine.commit()
    assert await engine.find("alphas") == {1, 2}
    assert await engine.find(Word("alph", prefix=True)) == {1, 2}


async def test_a_rename_touches_the_file_alone(engine: Engine) -> None:
    await engine.put(1, "alpha beta", path="/data/old.txt")
    await engine.commit()
    terms = [chunk_terms(0, "alpha beta")]
    await engine.writer.put_file(make_file(1, 1, 900, path="/data/new.txt", content_generation=101), terms)
    await engine.commit()
    assert await engine.find("old") == set()
    assert await engine.find(And((Word("new"), Phrase("alpha beta")))) == {1}
    assert [row async for row in engine.reader.every_content()] == [(1, 101, 1)]


async def test_an_appended_log_keeps_its_first_chunks(engine: Engine) -> None:
    await engine.put(1, "first", "second", "unfinish")
    await engine.commit()
    lines = [Line("unfinished"), Line("fourth")]
    terms = [chunk_terms(seq, line.text) for seq, line in enumerate(lines, 2)]
    await engine.writer.put_chunks(1, 500, make_chunks(lines, 2), terms, from_seq=2)
    whole = [chunk_terms(seq, text) for seq, text in enumerate(("first", "second", "unfinished", "fourth"))]
    await engine.writer.put_file(make_file(1, 1, 500), whole)
    await engine.commit()
    assert await engine.reader.count_documents() == (1, 4)
    assert (await engine.ask("unfinish")).hits[0].relaxed
    assert (await engine.ask("second")).hits[0].chunk_seq == 1
    assert (await engine.ask("fourth")).hits[0].chunk_seq == 3
    assert [row async for row in engine.reader.every_content()] == [(1, 500, 4)]


async def put_large(engine: Engine, file_id: int, marks: dict[int, str], chunks: int, **facts: Any) -> None:
    texts = [marks.get(seq, "filler") for seq in range(chunks)]
    await engine.put(file_id, *texts, **facts)


async def test_a_file_of_several_parts_is_one_file(engine: Engine) -> None:
    chunks = 2 * PART_CHUNKS + 10
    marks = {0: "alpha", PART_CHUNKS + 1: "beta gamma", 2 * PART_CHUNKS + 5: "db-01.example.com delta"}
    await put_large(engine, 1, marks, chunks, path="/data/large.log", kind="log", size=9)
    await engine.put(2, "alpha", path="/data/small.log", kind="log")
    await engine.commit()
    assert await engine.reader.count_documents() == (2, chunks + 1)
    assert await engine.find(And((Word("alpha"), Word("beta"), Word("delta")))) == {1}
    assert await engine.find("alpha") == {1, 2}
    assert await engine.find("db-01.example.com") == {1}
    assert await engine.find("01.example") == {1}
    assert await engine.find(Phrase("beta gamma")) == {1}
    assert await engine.find(And((Word("alpha"), Not(Word("delta"))))) == {2}
    assert await engine.find(Not(Word("beta"))) == {2}
    assert await engine.find(Or((Word("gamma"), Phrase("no such")))) == {1}
    assert await engine.find(And((Word("alpha"), Word("large")))) == {1}
    assert await engine.find(And((Word("alpha"), Match(Field.NAME, "large.log"), Range(Field.SIZE, 9, 10)))) == {1}
    assert await engine.find(Word("del", prefix=True)) == {1}
    answer = await engine.ask("filler", facets=(FacetField.KIND,))
    assert answer.total == 1
    assert answer.facets is not None
    assert [(count.value, count.count) for count in answer.facets[FacetField.KIND]] == [("log", 1)]
    assert (await engine.ask("gamma")).hits[0].chunk_seq == PART_CHUNKS + 1
    assert (await engine.ask("alpha", scopes=("/data/large.log",))).total == 1
    assert (await engine.ask("alpha", scopes=("/data/small.log",))).total == 1
    assert [pair async for pair in engine.reader.every_file()] == [(1, 101), (2, 102)]
    for field in SortField:
        listed = await engine.ask(Match(Field.KIND, "log"), sort=Sort(field, descending=False))
        assert sorted(hit.files[0][0] for hit in listed.hits) == [1, 2], field
        assert listed.total == 2


async def test_a_growing_file_rewrites_its_last_part(engine: Engine) -> None:
    await put_large(engine, 1, {0: "alpha"}, PART_CHUNKS, size=1)
    await engine.commit()
    more = [Line("beta"), Line("gamma")]
    terms = [chunk_terms(seq, line.text) for seq, line in enumerate(more, PART_CHUNKS)]
    await engine.writer.put_chunks(1, 300, make_chunks(more, PART_CHUNKS), terms, from_seq=PART_CHUNKS)
    await engine.writer.put_file(make_file(1, 1, 300, size=2, path="/data/grown.log"), terms, from_part=1)
    await engine.commit()
    assert await engine.reader.count_documents() == (1, PART_CHUNKS + 2)
    assert await engine.find(And((Word("alpha"), Word("gamma"), Word("grown")))) == {1}
    assert await engine.find(Range(Field.SIZE, 1, 2)) == set()
    assert await engine.find(Range(Field.SIZE, 2, 3)) == {1}
    assert await engine.find("file1") == set()
    assert (await engine.ask("alpha")).hits[0].files == ((1, 300),)
    await engine.put(1, "short again")
    await engine.commit()
    assert await engine.reader.count_documents() == (1, 1)
    assert await engine.find("alpha") == set()


NAMES = st.sampled_from(
    ["a", "b", "B", "ä", "same-long-name-same-long-name-1", "same-long-name-same-long-name-2", "日本"]
)
FOLDERS = st.sampled_from(["/data", "/data/" + "deep/" * 12 + "x", "/data/" + "deep/" * 12 + "y", "/é"])
FILES = st.lists(
    st.tuples(FOLDERS, NAMES, st.integers(0, 3), st.integers(0, 2), st.one_of(st.none(), st.integers(1, 6))),
    min_size=1,
    max_size=25,
)


@pytest.mark.parametrize("name", list(OPENERS))
@settings(max_examples=examples(15), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    files=FILES,
    field=st.sampled_from([field for field in SortField if field is not SortField.RELEVANCE]),
    descending=st.booleans(),
    page=st.integers(1, 7),
)
@example(files=[("/data", "a", 0, 0, None)], field=SortField.NAME, descending=True, page=1)
def test_pages_of_a_sorted_list_are_the_list(
    name: str,
    tmp_path_factory: pytest.TempPathFactory,
    files: list[tuple[str, str, int, int, int | None]],
    field: SortField,
    descending: bool,
    page: int,
) -> None:
    async def check() -> None:
        engine = OPENERS[name](tmp_path_factory.mktemp("pages"))
        rows = []
        for file_id, (folder, stem, size, modified, content) in enumerate(files, 1):
            path = f"{folder}/{stem}"
            await engine.put(file_id, "word", content=content, path=path, size=size, modified_us=modified)
            value = {
                SortField.NAME: stem.lower().replace("ä", "a"),
                SortField.PATH: path,
                SortField.SIZE: size,
                SortField.MODIFIED: modified,
                SortField.INDEXED: 5_000_000,
            }[field]
            rows.append((value, file_id, content))
        rows.sort(key=lambda row: row[1])
        rows.sort(key=lambda row: row[0], reverse=descending)  # type: ignore[arg-type, return-value]
        wanted: dict[object, list[int]] = {}
        for _, file_id, content in rows:
            wanted.setdefault(content if content is not None else ("file", file_id), []).append(file_id)
        await engine.commit()
        seen: list[list[int]] = []
        after: tuple[int | str, int] | None = None
        while True:
            answer = await engine.ask(sort=Sort(field, descending), limit=page, after=after)
            assert answer.total == len(files)
            seen += [[file_id for file_id, _ in hit.files] for hit in answer.hits]
            assert len(seen) <= len(files)
            if len(answer.hits) < page:
                break
            last = answer.hits[-1]
            assert last.sort_value is not None
            after = (last.sort_value, last.files[0][0])
        await engine.writer.close()
        assert seen == list(wanted.values())

    asyncio.run(check())


WORDS = st.sampled_from(["red", "green", "blue", "red-green", "black", "gr*n", "b?ue", "r*n", "re*gre?n"])


def trees() -> st.SearchStrategy[Node]:
    leaf = st.one_of(
        st.builds(Word, WORDS),
        st.builds(Phrase, st.sampled_from(["red green", "green blue", "blue"])),
        st.builds(Match, st.just(Field.KIND), st.sampled_from(["log", "text"])),
        st.builds(Range, st.just(Field.TIME), st.integers(0, 3).map(lambda at: at * MINUTE), st.none()),
        st.builds(Match, st.just(Field.LEVEL), st.sampled_from(["error", "info"])),
    )

    def grow(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
        several = st.lists(inner, min_size=1, max_size=3).map(tuple)
        return st.one_of(st.builds(And, several), st.builds(Or, several), st.builds(Not, inner))

    return st.recursive(leaf, grow, max_leaves=6)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> list[Engine]:
    """The same files in both engines: of every combination of a few words, levels, times; two of several parts."""
    engines = [opener(tmp_path_factory.mktemp("both")) for opener in OPENERS.values()]

    async def fill(engine: Engine) -> None:
        texts = ["red", "green", "blue", "red green", "green blue", "red-green blue", "red blue green", "black"]
        for file_id in range(1, 41):
            picked = [texts[(file_id * step) % len(texts)] for step in range(1 + file_id % 3)]
            lines = [
                Line(text, (seq, seq + 1) if file_id % 2 else None, (Level.ERROR, Level.INFO)[seq % 2 : seq % 2 + 1])
                for seq, text in enumerate(picked)
            ]
            if file_id % 20 == 0:
                lines = [*lines, *[Line("filler")] * PART_CHUNKS, Line("green blue", (2, 3), (Level.INFO,))]
            mask = 0
            for line in lines:
                mask |= sum(level.bit for level in line.levels)
            await engine.put(file_id, *lines, kind=("log", "text")[file_id % 2], level_mask=mask)
        await engine.commit()

    for engine in engines:
        asyncio.run(fill(engine))
    return engines


@given(tree=trees())
def test_engines_agree_on_what_matches(both: list[Engine], tree: Node) -> None:
    async def answers() -> list[tuple[set[int], int]]:
        found = []
        for engine in both:
            answer = await engine.ask(tree, limit=1000, sort=Sort(SortField.SIZE))
            exact = {file for hit in answer.hits if not hit.relaxed for file, _ in hit.files}
            found.append((exact, answer.total))
        return found

    first, second = asyncio.run(answers())
    assert first == second
