"""What files name, on real tables: writing, cutting, asking, within scopes."""

import random
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from integration.adapters.postgres.made import World, observed
from siss.adapters.postgres.database import Database, fetch
from siss.adapters.postgres.ingest import write_things
from siss.adapters.postgres.ingest.write_entities import (
    MentionWrite,
    delete_mentions,
    hand_over_mentions,
    write_mentions,
)
from siss.adapters.postgres.questions.entities import COUNTED, SQL, PostgresEntities
from siss.adapters.postgres.questions.entity_filters import filter_values
from siss.adapters.postgres.scopes import scope_values
from siss.errors import InvalidRequestError
from siss.extract.entities.collect import EntityCollector
from siss.extract.entities.scan import Scanner
from siss.model.entity import PART_CHUNKS, Confidence, EntityType, Mentions, Name, Place, pack_places
from siss.model.ids import ContentId, FileId
from siss.model.mentions import PartMentions
from siss.model.principal import LOCAL, Principal
from siss.ports.entities import Count, EntityFilter

TEXTS = {
    "a/db.conf": b"host=db-prod-01.example.com:5432 user=alice 10.1.2.3 and 10.1.2.4",
    "a/app.log": b"2026-11-21T10:00:00Z db-prod-01.example.com refused, ask ops@example.com, 10.1.2.3",
    "b/other.log": b'10.200.0.1 says GET /index.html HTTP/1.1" 503, see 2001:db8::17 and 192.168.7.7',
    "b/copy.log": b'10.200.0.1 says GET /index.html HTTP/1.1" 503, see 2001:db8::17 and 192.168.7.7',
}
HOST = Name(EntityType.HOSTNAME, "db-prod-01.example.com")
SCANNER = Scanner()


def scoped(*scopes: str) -> Principal:
    return Principal("somebody", scopes=scopes)


def mentions_of(text: bytes, *, seq: int = 0, start: int = 0) -> dict[int, PartMentions]:
    collector = EntityCollector(SCANNER)
    collector.add(seq, start, text)
    return collector.take()


@pytest.fixture
def entities(database: Database) -> PostgresEntities:
    return PostgresEntities(database)


@pytest.fixture
async def contents(world: World, database: Database) -> Mapping[str, ContentId]:
    """The texts above, with what they name."""
    await world.index_new(TEXTS)
    rows = await database.rows(b"SELECT shown, content_id FROM files")
    found = {shown.removeprefix("/nas/"): ContentId(content_id) for shown, content_id in rows}
    async with database.transaction() as connection:
        writes = {found[path]: MentionWrite(found[path], mentions_of(text)) for path, text in TEXTS.items()}
        await write_mentions(connection, list(writes.values()))
    return found


async def values(entities: PostgresEntities, where: EntityFilter, principal: Principal = LOCAL) -> list[str]:
    page = await entities.list_entities(where, None, 100, principal)
    assert page.after is None
    return [one.name.value for one in page.entities]


@pytest.mark.parametrize(
    ("where", "found"),
    [
        (EntityFilter(EntityType.HOSTNAME), ["db-prod-01.example.com"]),
        (EntityFilter(value="db-*"), ["db-prod-01.example.com"]),
        (EntityFilter(value="DB-PROD-01.*"), ["db-prod-01.example.com"]),
        (EntityFilter(value="db-prod-01.example.com"), ["db-prod-01.example.com"]),
        (EntityFilter(value="db-prod-01"), []),
        (EntityFilter(value="*prod*"), ["db-prod-01.example.com"]),
        (EntityFilter(value="*example.com"), ["db-prod-01.example.com", "ops@example.com"]),
        (EntityFilter(value="*d?-pr*"), ["db-prod-01.example.com"]),
        (EntityFilter(value="*o*", type=EntityType.EMAIL), ["ops@example.com"]),
        (EntityFilter(value="*32", type=EntityType.PORT), ["5432"]),
        (EntityFilter(value="%"), []),
        (EntityFilter(value="db_prod*"), []),
        (EntityFilter(value="nul \0 \ud800 \\"), []),
        (EntityFilter(network="10.0.0.0/8"), ["10.1.2.3", "10.1.2.4", "10.200.0.1"]),
        (EntityFilter(network="10.1.2.3-10.1.2.3"), ["10.1.2.3"]),
        (EntityFilter(network="10.1.2.4 - 192.168.7.7"), ["10.1.2.4", "10.200.0.1", "192.168.7.7"]),
        (EntityFilter(network="2001:db8::/32"), ["2001:db8::17"]),
        (EntityFilter(network="10.1.2.3"), ["10.1.2.3"]),
        (EntityFilter(EntityType.ERROR_CODE), ["HTTP 503"]),
        (EntityFilter(network="192.168.0.0/16", value="*"), ["192.168.7.7"]),
        (EntityFilter(EntityType.UUID), []),
    ],
)
async def test_list(
    contents: Mapping[str, ContentId], entities: PostgresEntities, where: EntityFilter, found: list[str]
):
    assert await values(entities, where) == found


@pytest.mark.parametrize("network", ["10.0.0.0/33", "x", "10.0.0.1-2001:db8::1", "", "1-2-3"])
async def test_a_network_that_is_none(entities: PostgresEntities, network: str):
    with pytest.raises(InvalidRequestError) as caught:
        await entities.list_entities(EntityFilter(network=network), None, 10, LOCAL)
    assert caught.value.details["field"] == "network"


async def test_pages_hold_everything_once_and_in_order(contents: Mapping[str, ContentId], entities: PostgresEntities):
    whole = await entities.list_entities(EntityFilter(), None, 100, LOCAL)
    assert whole.entities
    paged, after = [], None
    while True:
        page = await entities.list_entities(EntityFilter(), after, 2, LOCAL)
        paged.extend(page.entities)
        after = page.after
        if after is None:
            break
    assert tuple(paged) == whole.entities


async def test_pages_of_a_scope_go_on_where_hardly_anything_may_be_known(
    contents: Mapping[str, ContentId], entities: PostgresEntities, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("siss.adapters.postgres.questions.entities._SMALL", 0)
    principal = scoped("/nas/b/copy.log")
    whole = (await entities.list_entities(EntityFilter(), None, 100, principal)).entities
    monkeypatch.setattr("siss.adapters.postgres.questions.entities._FURTHER", 2)
    after, paged = None, []
    for _ in whole:
        page = await entities.list_entities(EntityFilter(), after, 1, principal)
        paged.extend(page.entities)
        after = page.after
    assert tuple(paged) == whole
    assert after is None


@pytest.mark.parametrize("small", [0, 2000])
@pytest.mark.parametrize("scope", ["/nas/a", "/nas/b/copy.log", "/nas", "/nas/none"])
async def test_a_scope_answers_as_if_there_were_no_other_files(
    contents: Mapping[str, ContentId],
    entities: PostgresEntities,
    monkeypatch: pytest.MonkeyPatch,
    scope: str,
    small: int,
):
    monkeypatch.setattr("siss.adapters.postgres.questions.entities._SMALL", small)
    principal = scoped(scope)
    expected: dict[Name, int] = {}
    for path, text in TEXTS.items():
        if principal.may_see(f"/nas/{path}"):
            for said in mentions_of(text)[0]:
                expected[said.name] = expected.get(said.name, 0) + 1
    page = await entities.list_entities(EntityFilter(), None, 100, principal)
    assert {one.name: one.files for one in page.entities} == {name: Count(n) for name, n in expected.items()}
    top = await entities.top_entities(EntityFilter(), 100, principal)
    assert {one.name: one.files for one in top} == {name: Count(n) for name, n in expected.items()}
    for name in {said.name for text in TEXTS.values() for said in mentions_of(text)[0]}:
        assert await entities.count_files(name, principal) == Count(expected.get(name, 0))
        profile = await entities.profile(name, principal)
        assert (profile is None) == (name not in expected)
        if profile is not None:
            assert {near.name for near in profile.neighbours} <= set(expected) - {name}
            assert all(near.files == Count(expected[near.name]) for near in profile.neighbours)


async def test_files_of_a_thing(
    contents: Mapping[str, ContentId], entities: PostgresEntities, world: World, database: Database
):
    found = await entities.files_of(HOST, None, 10, LOCAL)
    assert await entities.count_files(HOST, LOCAL) == Count(2)
    assert {file.content_id for file in found.files} == {contents["a/db.conf"], contents["a/app.log"]}
    for file in found.files:
        path = next(path for path, content in contents.items() if content == file.content_id)
        for place in file.places:
            assert TEXTS[path][place.start : place.end].lower() == HOST.value.encode()
    first = await entities.files_of(HOST, None, 1, LOCAL)
    second = await entities.files_of(HOST, first.after, 1, LOCAL)
    assert first.files + second.files == found.files
    assert second.after is None
    address = Name(EntityType.IP_ADDRESS, "10.200.0.1")
    copies = await entities.files_of(address, None, 1, LOCAL)
    assert await entities.count_files(address, LOCAL) == Count(2)
    more = await entities.files_of(address, copies.after, 5, LOCAL)
    assert len(more.files) == 1
    gone = found.files[0]
    await world.scans.mark_missing(world.root.id, [], [FileId(gone.file_id)])
    assert [file.file_id for file in (await entities.files_of(HOST, None, 10, LOCAL)).files] == [
        found.files[1].file_id
    ]


async def test_counting_ends(world: World, database: Database, entities: PostgresEntities):
    ids = await world.index_new({"one": b"text"})
    content = ContentId((await database.rows(b"SELECT content_id FROM files"))[0][0])
    assert len(ids) == 1
    async with database.transaction() as connection:
        await write_mentions(connection, [MentionWrite(content, mentions_of(b"10.0.0.1"))])
    await world.add(*(observed(f"more/{n}") for n in range(COUNTED + 5)))
    await database.execute(b"UPDATE files SET content_id = %(id)s, status = 'indexed'", {"id": content})
    page = await entities.list_entities(EntityFilter(), None, 10, LOCAL)
    assert page.entities[0].files == Count(COUNTED, exact=False)


async def test_entities_of_a_content(contents: Mapping[str, ContentId], entities: PostgresEntities):
    named = await entities.entities_of(contents["a/db.conf"], None, 100)
    assert [(one.name.type.value, one.name.value) for one in named] == [
        ("hostname", "db-prod-01.example.com"),
        ("ip_address", "10.1.2.3"),
        ("ip_address", "10.1.2.4"),
        ("port", "5432"),
        ("username", "alice"),
    ]
    assert [one.name.value for one in await entities.entities_of(contents["a/db.conf"], [EntityType.PORT], 9)] == [
        "5432"
    ]
    for at, one in enumerate(named):
        assert await entities.entities_of(contents["a/db.conf"], None, 2, one.name) == named[at + 1 : at + 3]


async def test_profile(contents: Mapping[str, ContentId], entities: PostgresEntities, database: Database):
    await database.execute(
        b"UPDATE chunks SET time_min_us = %(at)s, time_max_us = %(at)s WHERE content_id = %(id)s AND seq = 0",
        {"at": int(datetime(2026, 11, 21, 10, tzinfo=UTC).timestamp() * 1e6), "id": contents["a/app.log"]},
    )
    profile = await entities.profile(HOST, LOCAL)
    assert profile is not None
    assert (profile.files, profile.mentions, profile.complete) == (Count(2), 2, True)
    assert profile.last_seen == datetime(2026, 11, 21, 10, tzinfo=UTC)
    assert profile.first_seen == datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)
    assert [(day.isoformat(), count) for day, count in profile.days] == [("1970-01-01", 1), ("2026-11-21", 1)]
    assert profile.ports == (("5432", 1),)
    near = {one.name.value: one.shared for one in profile.neighbours}
    assert near == {"10.1.2.3": 2, "10.1.2.4": 1, "alice": 1, "ops@example.com": 1}
    assert profile.neighbours[0].name.value == "10.1.2.3"


async def test_what_is_everywhere_is_no_near_neighbour(
    world: World, database: Database, entities: PostgresEntities, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("siss.adapters.postgres.questions.entity_profile._COUNTED", 3)
    await world.index_new({f"{number}": b"%d" % number for number in range(30)})
    rows = await database.rows(b"SELECT content_id FROM files ORDER BY content_id")
    texts = [b"10.0.0.3" + b" 10.0.0.1" * (at < 6) + b" 10.0.0.2" * (at < 3) for at in range(30)]
    async with database.transaction() as connection:
        writes = [MentionWrite(ContentId(row[0]), mentions_of(text)) for row, text in zip(rows, texts, strict=True)]
        await write_mentions(connection, writes)
    profile = await entities.profile(Name(EntityType.IP_ADDRESS, "10.0.0.1"), LOCAL)
    assert profile is not None
    assert [near.name.value for near in profile.neighbours] == ["10.0.0.2", "10.0.0.3"]


async def test_contents_of(
    contents: Mapping[str, ContentId], entities: PostgresEntities, monkeypatch: pytest.MonkeyPatch
):
    network = EntityFilter(network="10.1.0.0/16")
    found, whole = await entities.contents_of(network, 10, LOCAL)
    assert (set(found), whole) == ({contents["a/db.conf"], contents["a/app.log"]}, True)
    assert (await entities.contents_of(network, 1, LOCAL))[1] is False
    assert await entities.contents_of(network, 1, scoped("/nas/a/app.log")) == ([contents["a/app.log"]], True)
    assert await entities.contents_of(network, 1, scoped("/nas/b")) == ([], True)
    monkeypatch.setattr("siss.adapters.postgres.questions.entities._SMALL", 0)
    assert await entities.contents_of(network, 9, scoped("/nas/a/app.log")) == ([contents["a/app.log"]], True)
    assert await entities.contents_of(network, 9, scoped("/nas/b")) == ([], True)


async def test_first_places(contents: Mapping[str, ContentId], entities: PostgresEntities):
    found = await entities.first_places(EntityFilter(network="10.0.0.0/8"), list(contents.values()))
    assert set(found) == set(contents.values())
    name, place = found[contents["a/db.conf"]]
    assert name.value == "10.1.2.3"
    assert TEXTS["a/db.conf"][place.start : place.end] == b"10.1.2.3"


async def naming(database: Database) -> dict[str, list[int]]:
    """Which contents name what, as it is noted with the things."""
    rows = await database.rows(
        b"SELECT e.value, e.contents, e.content_id || e.others || ARRAY(SELECT (s.span::bigint << 10) + unnest(s.members)"
        b" FROM entity_spans s WHERE s.entity_id = e.id) FROM entities e"
    )
    found = {value: sorted(one for one in named if one is not None) for value, _, named in rows}
    assert {value: len(named) for value, named in found.items()} == {value: count for value, count, _ in rows}
    return found


async def true_naming(database: Database) -> dict[str, list[int]]:
    """The same as the mentions have it."""
    rows = await database.rows(
        b"SELECT e.value, array_agg(DISTINCT m.content_id ORDER BY m.content_id) FROM entity_mentions m"
        b" CROSS JOIN LATERAL unnest(m.ids) AS said (id) JOIN entities e ON e.id = said.id GROUP BY e.id, e.value"
    )
    return dict(rows)


async def frequencies(database: Database) -> dict[str, int]:
    return {value: len(named) for value, named in (await naming(database)).items()}


async def true_frequencies(database: Database) -> dict[str, int]:
    return {value: len(named) for value, named in (await true_naming(database)).items()}


async def test_what_nothing_names_is_forgotten(contents: Mapping[str, ContentId], database: Database):
    assert await frequencies(database) == await true_frequencies(database)
    async with database.transaction() as connection:
        await delete_mentions(connection, [contents["a/db.conf"]])
    left = await frequencies(database)
    assert left == await true_frequencies(database)
    assert left["10.1.2.3"] == 1
    assert "alice" not in left
    async with database.transaction() as connection:
        await delete_mentions(connection, list(contents.values()))
    assert await frequencies(database) == {}


async def test_a_thing_that_does_not_know_of_a_mention_is_not_taken_from_others(
    contents: Mapping[str, ContentId], database: Database
):
    before = await database.row(
        b"SELECT contents, content_id, others FROM entities WHERE value = %(v)s", {"v": HOST.value}
    )
    assert before is not None
    stranger = contents["b/other.log"]
    forged = b"""
        INSERT INTO entity_mentions SELECT %(id)s, 99, ARRAY[id], m.confidences, m.places
        FROM entities, LATERAL (SELECT * FROM entity_mentions LIMIT 1) AS m WHERE value = %(v)s
    """
    assert await database.execute(forged, {"id": stranger, "v": HOST.value}) == 1
    async with database.transaction() as connection:
        await delete_mentions(connection, [stranger])
    after = await database.row(
        b"SELECT contents, content_id, others FROM entities WHERE value = %(v)s", {"v": HOST.value}
    )
    assert after == before


def parts_of(names: Mapping[int, str]) -> dict[int, PartMentions]:
    """Chunk numbers with the address that each names."""
    said: dict[tuple[int, str], list[Place]] = {}
    for seq, value in sorted(names.items()):
        said.setdefault((seq // PART_CHUNKS, value), []).append(Place(seq, 10 * seq, 10 * seq + 5, 2))
    parts: dict[int, list[Mentions]] = {}
    for (part, value), places in said.items():
        name = Name(EntityType.IP_ADDRESS, value)
        parts.setdefault(part, []).append(Mentions(name, Confidence.HIGH, 2 * len(places), pack_places(places)))
    return {part: PartMentions.of(said) for part, said in parts.items()}


@pytest.mark.parametrize("from_seq", [0, 3, PART_CHUNKS - 1, PART_CHUNKS, PART_CHUNKS + 2])
async def test_a_log_that_grows_is_as_if_written_at_once(
    world: World, database: Database, entities: PostgresEntities, from_seq: int
):
    await world.index_new({"grows": b"x", "other": b"y"})
    grows, other = (ContentId(row[0]) for row in await database.rows(b"SELECT content_id FROM files ORDER BY id"))
    old = {0: "10.0.0.1", 2: "10.0.0.2", 5: "10.0.0.1", PART_CHUNKS + 1: "10.0.0.3", PART_CHUNKS + 5: "10.0.0.1"}
    new = {from_seq: "10.0.0.2", from_seq + 1: "10.0.0.4", from_seq + PART_CHUNKS: "10.0.0.1"}
    async with database.transaction() as connection:
        await write_mentions(connection, [MentionWrite(other, parts_of({0: "10.0.0.2"}))])
        await write_mentions(connection, [MentionWrite(grows, parts_of(old))])
        await write_mentions(connection, [MentionWrite(grows, parts_of(new), from_seq)])
    grown = await entities.entities_of(grows, None, 100)
    counts = await frequencies(database)
    assert counts == await true_frequencies(database)
    async with database.transaction() as connection:
        await delete_mentions(connection, [grows])
        whole = {seq: value for seq, value in old.items() if seq < from_seq} | new
        await write_mentions(connection, [MentionWrite(grows, parts_of(whole))])
    assert await entities.entities_of(grows, None, 100) == grown
    assert await frequencies(database) == counts


async def test_an_opened_content_hands_over(world: World, database: Database, entities: PostgresEntities):
    await world.index_new({"heir": b"x"})
    heir = ContentId((await database.rows(b"SELECT content_id FROM files"))[0][0])
    source = ContentId(heir + 1)
    async with database.transaction() as connection:
        await write_mentions(connection, [MentionWrite(heir, parts_of({0: "10.0.0.1", 4: "10.0.0.2"}))])
        await write_mentions(connection, [MentionWrite(source, parts_of({4: "10.0.0.3"}))])
        await hand_over_mentions(connection, source, heir, 4)
    assert [one.name.value for one in await entities.entities_of(heir, None, 9)] == ["10.0.0.1", "10.0.0.3"]
    assert await frequencies(database) == await true_frequencies(database) == {"10.0.0.1": 1, "10.0.0.3": 1}


async def test_who_names_what_is_noted_however_many(
    database: Database, entities: PostgresEntities, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(write_things, "FEW", 3)
    rng = random.Random(5)
    free = [ContentId(number) for number in (1, 2, 1022, 1023, 1024, 1025, 2047, 2048, 5000, 1 << 33)]
    there: list[ContentId] = []
    names = [f"10.0.0.{number}" for number in range(6)]
    for _ in range(60):
        rng.shuffle(free)
        rng.shuffle(there)
        new, gone, grown = free[: rng.randint(0, 3)], there[: rng.randint(0, 2)], there[2:4]
        free, there = free[len(new) :] + gone, there[len(gone) :] + new
        said = {one: parts_of({rng.randrange(3): rng.choice(names[: 1 + one % 6])}) for one in [*new, *grown]}
        async with database.transaction() as connection:
            await delete_mentions(connection, gone)
            writes = [MentionWrite(one, parts, 1 if one in grown else None) for one, parts in said.items()]
            await write_mentions(connection, writes)
        named = await true_naming(database)
        assert await naming(database) == named
        told, whole = await entities.contents_of(EntityFilter(network="10.0.0.0/24"), 100, LOCAL)
        assert (set(told), whole) == ({one for contents in named.values() for one in contents}, True)
    async with database.transaction() as connection:
        await delete_mentions(connection, there)
    assert await naming(database) == {}
    assert await database.rows(b"SELECT FROM entity_spans") == []


async def test_pages_of_what_many_name(
    world: World, database: Database, entities: PostgresEntities, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(write_things, "FEW", 3)
    await database.execute(b"SELECT setval('content_ids', 1000 - 256)")
    await world.index_new({f"{number}": b"%d" % number for number in range(60)})
    rows = await database.rows(b"SELECT id, content_id FROM files ORDER BY content_id DESC")
    assert rows[0][1] >> 10 > rows[-1][1] >> 10
    for some in (rows[::2], rows[1::2]):
        async with database.transaction() as connection:
            writes = [MentionWrite(ContentId(content), mentions_of(b"10.0.0.1")) for _, content in some]
            await write_mentions(connection, writes)
    async with database.transaction() as connection:
        await delete_mentions(connection, [ContentId(rows[7][1])])
    expected = [file_id for file_id, content in rows if content != rows[7][1]]
    name = Name(EntityType.IP_ADDRESS, "10.0.0.1")
    found: list[FileId] = []
    after: tuple[int, int] | None = None
    while True:
        page = await entities.files_of(name, after, 7, LOCAL)
        found += [file.file_id for file in page.files]
        if (after := page.after) is None:
            break
    assert found == expected
    assert await entities.count_files(name, LOCAL) == Count(len(expected))


async def test_a_long_value_is_found_by_its_end(world: World, database: Database, entities: PostgresEntities):
    await world.index_new({"long": b"x"})
    content = ContentId((await database.rows(b"SELECT content_id FROM files"))[0][0])
    path = "/srv/" + "deep/" * 60 + "needle.log"
    said = Mentions(Name(EntityType.FILEPATH, path), Confidence.HIGH, 1, pack_places([Place(0, 0, 9, 1)]))
    async with database.transaction() as connection:
        await write_mentions(connection, [MentionWrite(content, {0: PartMentions.of([said])})])
    assert await values(entities, EntityFilter(value="*needle*")) == [path]
    assert await values(entities, EntityFilter(EntityType.FILEPATH, "/srv/deep/*.log")) == [path]
    assert await values(entities, EntityFilter(value=path)) == [path]


async def test_pages_among_values_that_differ_in_case_or_late(
    world: World, database: Database, entities: PostgresEntities
):
    await world.index_new({"many": b"x"})
    content = ContentId((await database.rows(b"SELECT content_id FROM files"))[0][0])
    same = {
        *("/srv/Log", "/srv/log", "/SRV/log", "/srv/LOG"),
        *(f"/srv/{'deep/' * 40}{number}" for number in range(5)),
        *(f"/srv/{'deep/' * 6}{number}" for number in (2, 1, 30, 3)),
    }
    said = [
        Mentions(Name(EntityType.FILEPATH, path), Confidence.HIGH, 1, pack_places([Place(0, 0, 9, 1)]))
        for path in same
    ]
    async with database.transaction() as connection:
        await write_mentions(connection, [MentionWrite(content, {0: PartMentions.of(said)})])
    found: list[str] = []
    after: tuple[int, str, int] | None = None
    while len(found) < len(same):
        page = await entities.list_entities(EntityFilter(EntityType.FILEPATH), after, 2, LOCAL)
        found += [one.name.value for one in page.entities]
        after = page.after
    assert after is None
    assert sorted(found) == sorted(same)
    lowered = [value.lower() for value in found]
    assert lowered == sorted(lowered)


async def test_a_page_of_one_type_reads_no_more_than_it_shows(entities: PostgresEntities, database: Database):
    await database.execute(
        b"INSERT INTO entities (id, contents, type, value) SELECT n, 1, 7, 'https://' || md5(n::text) || '.example.com'"
        b" FROM generate_series(1, 5000) AS n"
    )
    await database.execute(b"ANALYZE entities")
    asked = {
        **filter_values(EntityFilter(EntityType.URL)),
        **scope_values(LOCAL),
        "contents": None,
        "types": [7],
        "after_type": 7,
        "after": "https://0",
        "after_id": 1,
        "limit": 51,
        "reach": 816,
        "count_limit": 1001,
    }
    plan = await database.rows(b"EXPLAIN " + SQL["list_entities"], asked, plan=True)
    assert any("Index Scan using entities_by_value on entities" in line for (line,) in plan)
    assert not any("Seq Scan on entities" in line for (line,) in plan)


async def test_parts_of_paths_and_urls_are_found_wherever_they_stand(entities: PostgresEntities, database: Database):
    rng = random.Random(7)
    words = ("api", "v1", "order", "tickets", "log", "x", "backup", "2026", "id=81f2", "Report")
    named = [
        Name(
            rng.choice((EntityType.FILEPATH, EntityType.URL)), "/" + "/".join(rng.choices(words, k=rng.randint(2, 6)))
        )
        for _ in range(200)
    ]
    async with database.transaction() as connection:
        said = [Mentions(name, Confidence.HIGH, 1, pack_places([Place(0, 0, 5, 1)])) for name in set(named)]
        await write_mentions(connection, [MentionWrite(ContentId(1), {0: PartMentions.of(said)})])
        everything = {name.value for name in named}
        for _ in range(60):
            value = rng.choice(named).value
            start = rng.randrange(1, len(value))
            part = value[start : start + rng.randint(3, 14)]
            where = filter_values(EntityFilter(value=f"*{part}*"))
            rows = await fetch(connection, SQL["first_places"], {**where, "contents": [1]}, plan=True)
            assert {value for row in rows for value in row[2]} == {
                each for each in everything if part.lower() in each.lower()
            }, part
