"""The disk tier on a real file: records, cap, purge, failures."""

import errno
import os
import sqlite3
import threading
from dataclasses import replace

import pytest

from siss.errors import CacheCorruptError, CacheError, CacheForbiddenError
from siss.gateway.cache.database import open_reader, open_writer, statements
from siss.gateway.cache.store import Embedded, EntryStore
from siss.gateway.cache.writer import Writer
from siss.gateway.model.entry import Entry, Filter
from siss.gateway.model.reply import Reply
from unit.gateway.cache.asking import Clock

NOW = Clock().now
VECTOR = Embedded(b"n" * 16, b"p" * 16, b"c" * 8, b"v" * 128, "What is it?")


def entry(name: str, *, size: int = 100, used: float = 0.0, **more) -> Entry:
    fields = {"tenant": "red", "model": "stella", "route": "chat", "keep_until": NOW + 1000, **more}
    created = NOW + used
    return Entry(name.encode().ljust(32), created=created, reply=Reply(b"x" * size, 200, 3, 4), **fields)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "cache.db"


@pytest.fixture
def store(path):
    opened = EntryStore(path, clock=Clock())
    yield opened
    opened.close()


def test_an_entry_comes_back_whole_after_a_restart(path):
    kept = entry("a", tags=("one", "two"))
    with_store(path, lambda store: store.put(kept, VECTOR).result())

    def look(store):
        found = store.get(kept.key)
        assert found is not None
        assert found[1] == replace(kept, tags=(), used=kept.created)
        assert store.get_by_id(found[0]) == found[1]
        assert store.load_embedded([found[0], 999]) == ([(found[0], VECTOR.vector, VECTOR.text)], [])
        assert list(store.load_codes(VECTOR.namespace)) == [(VECTOR.partition, found[0], VECTOR.code)]
        assert list(store.load_codes(b"other")) == []
        (listed,) = store.list_entries(Filter(), None, 10)
        assert (listed.tags, listed.semantic, listed.key) == (("one", "two"), True, kept.key.hex())

    with_store(path, look)


def with_store(path, work, **options):
    store = EntryStore(path, clock=Clock(), **options)
    try:
        return work(store)
    finally:
        store.close()


def test_the_file_is_for_this_user_alone(store, path):
    store.put(entry("a")).result()
    for name in ("cache.db", "cache.db-wal"):
        assert path.with_name(name).stat().st_mode & 0o077 == 0


def test_an_entry_replaces_the_one_before_it_with_its_tags_and_vector(store):
    store.put(entry("a", tags=("old",)), VECTOR).result()
    written = store.put(entry("a", size=10, tags=("new",))).result()
    (listed,) = store.list_entries(Filter(), None, 10)
    assert (listed.id, listed.tags, listed.semantic) == (written.id, ("new",), False)
    assert store.load_embedded([written.id]) == ([], [])
    assert store.totals == (1, listed.size)


def test_above_the_cap_the_least_recently_used_go_and_no_more_than_needed(path):
    def fill(store):
        for number in range(10):
            store.put(entry(f"e{number}", size=1000, used=number)).result()
        store.touch(entry("e0").key).result()
        entries, size = store.totals
        assert (entries, size <= 8000) == (5, True)
        assert store.get(entry("e4").key) is None
        assert store.get(entry("e9").key) is not None
        written = store.put(entry("big", size=3000, used=50)).result()
        assert len(written.removed.ids) == len(written.removed.keys) == 3

    with_store(path, fill, max_bytes=8000)


def test_what_has_ended_goes_first(path):
    clock = Clock()
    store = EntryStore(path, max_bytes=8000, clock=clock)
    try:
        store.put(entry("ends", size=1000, used=500, keep_until=NOW + 10)).result()
        store.put(entry("stays", size=1000)).result()
        clock.pass_by(20)
        assert store.sweep().result().keys == (entry("ends").key,)
        assert store.totals[0] == 1
    finally:
        store.close()


def test_what_is_absent_is_known_without_a_read(path):
    first, second = replace(entry("a"), key=b"a" * 32), replace(entry("b"), key=b"b" * 32)

    def fill(store):
        written = [store.put(each) for each in (first, second)]
        assert store.may_have(first.key)  # from the moment on that it is given, not only when it is on disk
        assert not store.may_have(b"c" * 32)
        for each in written:
            each.result()
        waiting = store.delete(first.key), store.put(first)
        assert (len(waiting[0].result().ids), waiting[1].result().id) == (1, 3)
        assert store.may_have(first.key)
        store.delete(first.key).result()
        assert not store.may_have(first.key)

    def look(store):
        assert [store.may_have(each.key) for each in (first, second)] == [False, True]
        store.purge(Filter()).result()
        assert not store.may_have(second.key)

    with_store(path, fill)
    with_store(path, look)


def test_purges(store):
    for name, more in (("a", {}), ("b", {"tenant": "blue"}), ("c", {"model": "max"}), ("d", {"tags": ("t",)})):
        store.put(entry(name, **more)).result()
    assert store.purge(Filter(tenant="blue", model="max")).result().keys == ()
    assert store.purge(Filter(tag="t")).result().keys == (entry("d").key,)
    assert store.purge(Filter(model="max")).result().keys == (entry("c").key,)
    assert len(store.purge(Filter()).result().ids) == 2
    assert store.totals == (0, 0)
    assert store.owners() == []


def test_lists_are_paged_newest_first(store):
    for number in range(5):
        store.put(entry(f"e{number}")).result()
    first = store.list_entries(Filter(), None, 3)
    rest = store.list_entries(Filter(tenant="red"), first[-1].id, 3)
    assert [each.id for each in (*first, *rest)] == [5, 4, 3, 2, 1]


def test_a_record_that_was_changed_on_disk_does_not_add_up(store, path):
    written = store.put(entry("a"), VECTOR).result()
    for change in ("UPDATE entries SET data = x'00'", "UPDATE embedded SET text = 'Another question'"):
        with sqlite3.connect(path) as other:
            other.execute(change)
        other.close()
    with pytest.raises(CacheCorruptError):
        store.get(entry("a").key)
    assert store.load_embedded([written.id]) == ([], [written.id])


@pytest.mark.parametrize("column", ["tenant", "model", "route", "created", "keep_until", "status", "prompt_tokens"])
def test_no_field_of_a_record_can_be_changed(store, path, column):
    store.put(entry("a")).result()
    with sqlite3.connect(path) as other:
        other.execute(f"UPDATE entries SET {column} = 7")
    other.close()
    with pytest.raises(CacheCorruptError):
        store.get(entry("a").key)


def test_a_write_that_fails_costs_itself_and_is_not_counted(store):
    def fail(_connection):
        raise ValueError("no")

    def half(connection):
        connection.execute("DELETE FROM entries")
        connection.execute("nonsense")

    store.put(entry("a")).result()
    failing, broken, after = store._writer.submit(fail), store._writer.submit(half), store.put(entry("b"))
    assert isinstance(failing.exception(), ValueError)
    assert isinstance(broken.exception(), CacheError)
    after.result()
    assert store.totals[0] == len(store.list_entries(Filter(), None, 10)) == 2


def test_totals_are_right_after_a_write_that_was_undone(store):
    store.put(entry("a")).result()
    before = store.totals
    bad = replace(entry("b"), tenant=None)  # NOT NULL: fails in the middle of its statements
    with pytest.raises((CacheError, AttributeError)):
        store.put(bad).result()
    torn = store._writer.submit(lambda connection: (store._remove(connection, "purge", _NONE), 1 / 0))
    assert isinstance(torn.exception(), ZeroDivisionError)
    assert store.totals == before


_NONE = dict.fromkeys(("tenant", "model", "route", "tag"))


def test_a_writer_that_is_behind_refuses_rather_than_grow(path):
    gate = threading.Event()
    writer = Writer(path, most_waiting=1000)
    held = writer.submit(lambda _: gate.wait(60), 10)
    waiting = writer.submit(lambda _: None, 900)
    refused = writer.submit(lambda _: None, 200)
    assert isinstance(refused.exception(timeout=60), CacheError)
    gate.set()
    held.result(60)
    waiting.result(60)
    writer.close()
    assert isinstance(writer.submit(lambda _: None).exception(timeout=60), CacheError)


def test_the_writer_outlives_whatever_a_write_or_its_undoing_raises(path):
    def fail(_connection):
        raise RuntimeError("no")

    writer = Writer(path, fail)
    assert isinstance(writer.submit(fail).exception(timeout=60), RuntimeError)
    assert writer.submit(lambda _: 1).result(timeout=60) == 1
    writer.close()


def test_a_full_disk_is_told_as_such(path):
    store = EntryStore(path, clock=Clock())
    try:
        store._writer.submit(lambda connection: connection.execute("PRAGMA max_page_count = 20")).result()
        failed = [store.put(entry(f"e{number}", size=20_000)).exception() for number in range(6)]
        codes = [None if error is None else error.kind.code for error in failed]
        assert codes[-1] == "DISK_FULL"
        entries, size = store.totals
        listed = store.list_entries(Filter(), None, 10)
        assert (entries, size) == (len(listed), sum(each.size for each in listed))
    finally:
        store.close()


def test_a_file_that_is_no_database_and_one_of_another_format(path):
    path.write_bytes(b"this is no database, but it is long enough to be looked at" * 20)
    with pytest.raises(CacheCorruptError):
        open_writer(path)
    path.unlink()
    with sqlite3.connect(path) as other:
        other.execute("PRAGMA user_version = 99")
    other.close()
    with pytest.raises(CacheCorruptError, match="format 99"):
        open_writer(path)


def test_a_folder_that_may_not_be_written_to(tmp_path):
    folder = tmp_path / "closed"
    folder.mkdir()
    folder.chmod(0o500)
    before = os.geteuid()
    if before == 0:
        os.seteuid(65534)  # root may do anything: ask as somebody else
    try:
        with pytest.raises(CacheForbiddenError) as caught:
            open_writer(folder / "cache.db")
    finally:
        os.seteuid(before)
    assert caught.value.details["errno"] == errno.EACCES


def test_every_statement_is_sql_that_the_schema_takes(path):
    writer = open_writer(path)
    reader = open_reader(path)
    try:
        for name, sql in statements().items():
            names = {each.strip(":,)(") for each in sql.split() if each.startswith((":", "(:"))}
            given = dict.fromkeys(name.removeprefix(":") for name in names)
            asked = "EXPLAIN " + sql
            reader.execute(asked, given or (None,) * sql.count("?"))
    except sqlite3.Error as error:
        pytest.fail(f"{name}: {error}")
    finally:
        reader.close()
        writer.close()
