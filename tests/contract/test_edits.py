"""What changing files does, whatever holds them: records in the process, and the catalog."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Protocol

import pytest

from integration.adapters.postgres.made import World, observed
from siss.adapters.memory.edits import MemoryFileEdits
from siss.adapters.postgres.database import Database
from siss.adapters.postgres.ingest.outbox import PostgresOutbox
from siss.adapters.postgres.questions.catalog import PostgresCatalog
from siss.adapters.postgres.records.edits import PostgresFileEdits
from siss.model.file import FileRecord, FileStatus
from siss.model.ids import ContentId, FileId, RootId, new_generation
from siss.model.ingest import OutboxOp
from siss.model.principal import LOCAL
from siss.ports.edits import FileEdits


class Kept(Protocol):
    """A root ``/nas``, what is in it, and what the engine is told of it."""

    edits: FileEdits
    root_id: RootId

    async def file(self, name: str) -> FileRecord:
        """A file as answers show it."""
        ...

    async def index(self, name: str) -> None:
        """Read a file that waits."""
        ...

    async def told(self) -> list[tuple[OutboxOp, FileId]]:
        """What the engine is to do with files since this was asked last."""
        ...


class InMemory:
    def __init__(self) -> None:
        self.root_id = RootId(1)
        self.edits = MemoryFileEdits({self.root_id: "/nas"})

    async def begin(self) -> None:
        """It is there."""

    async def file(self, name: str) -> FileRecord:
        (found,) = [file for file in self.edits.files.values() if file.shown == f"/nas/{name}"]
        return found

    async def index(self, name: str) -> None:
        file = await self.file(name)
        self.edits.files[file.id] = replace(
            file,
            status=FileStatus.INDEXED,
            indexed_at=datetime.now(UTC),
            content_id=ContentId(file.id),
            generation=new_generation(),
        )

    async def told(self) -> list[tuple[OutboxOp, FileId]]:
        told, self.edits.told = self.edits.told, []
        return told


class InPostgres:
    def __init__(self, database: Database, world: World) -> None:
        self.edits = PostgresFileEdits(database)
        self._world, self._catalog, self._outbox = world, PostgresCatalog(database), PostgresOutbox(database)

    async def begin(self) -> None:
        """Make the root known."""
        self.root_id = (await self._world.begin("/nas")).id

    async def file(self, name: str) -> FileRecord:
        found = await self._catalog.file_by_path(f"/nas/{name}", LOCAL)
        assert found is not None
        return found

    async def index(self, name: str) -> None:
        await self._world.index({f"/nas/{name}": name.encode()})
        await self.told()

    async def told(self) -> list[tuple[OutboxOp, FileId]]:
        entries = await self._outbox.pending(1000)
        await self._outbox.settle(entries)
        return [(entry.op, FileId(entry.subject)) for entry in entries]


@pytest.fixture(params=["memory", "postgres"])
def holder(request: pytest.FixtureRequest) -> InMemory | InPostgres:
    if request.param == "memory":
        return InMemory()
    return InPostgres(request.getfixturevalue("database"), World(request.getfixturevalue("database")))


@pytest.fixture
async def kept(holder: InMemory | InPostgres) -> Kept:
    await holder.begin()
    return holder


async def upload(
    kept: Kept, name: str, tags: tuple[str, ...] | None = None, description: str | None = None
) -> FileRecord:
    await kept.edits.record_upload(kept.root_id, observed(name), tags, description)
    return await kept.file(name)


async def indexed(kept: Kept, name: str, *tags: str) -> FileRecord:
    await upload(kept, name, tags, f"about {name}")
    await kept.index(name)
    assert await kept.told() == []
    return await kept.file(name)


async def test_an_upload_waits_to_be_read_with_its_labels(kept: Kept):
    made = await upload(kept, "logs/a.log", ("x", "y"), "mine")
    assert (made.shown, made.name, made.size) == ("/nas/logs/a.log", "a.log", 10)
    assert (made.status, made.tags, made.description) == (FileStatus.PENDING, ("x", "y"), "mine")
    assert (made.content_id, made.indexed_at, made.removed_at) == (None, None, None)


async def test_an_upload_over_a_file_keeps_its_identity_and_the_labels_that_it_does_not_name(kept: Kept):
    first = await indexed(kept, "a.log", "x")
    again = await upload(kept, "a.log")
    assert (again.id, again.public_id) == (first.id, first.public_id)
    assert (again.status, again.tags, again.description) == (FileStatus.PENDING, ("x",), "about a.log")
    same = (again.content_id, again.generation) == (first.content_id, first.generation)
    assert same, "what it held before is found until it is read"
    assert await kept.told() == []
    relabelled = await upload(kept, "a.log", (), "new")
    assert (relabelled.id, relabelled.tags, relabelled.description) == (first.id, (), "new")
    assert relabelled.generation == relabelled.labels_since > first.generation
    assert await kept.told() == [(OutboxOp.PUT_FILE, first.id)]


async def test_an_upload_over_a_file_that_was_removed_brings_it_back(kept: Kept):
    file = await indexed(kept, "a.log", "x")
    assert await kept.edits.remove(file.id, "key:1")
    again = await upload(kept, "a.log")
    assert (again.id, again.status, again.removed_at, again.removed_by) == (file.id, FileStatus.PENDING, None, None)


async def test_labels_are_set_kept_and_deleted(kept: Kept):
    file = await indexed(kept, "a.log", "x")
    assert await kept.edits.annotate(file.id, ["y", "z"], None)
    changed = await kept.file("a.log")
    assert (changed.tags, changed.description, changed.status) == (("y", "z"), "about a.log", FileStatus.INDEXED)
    assert changed.generation > file.generation, "a search must not take the old document for the new one"
    assert (changed.path_since, changed.labels_since) == (file.path_since, changed.generation)
    assert await kept.told() == [(OutboxOp.PUT_FILE, file.id)]
    assert await kept.edits.annotate(file.id, None, "")
    assert await kept.edits.annotate(file.id, [], None)
    cleared = await kept.file("a.log")
    assert (cleared.tags, cleared.description) == ((), None)


async def test_labels_of_a_file_that_the_engine_does_not_have_tell_it_nothing(kept: Kept):
    file = await upload(kept, "a.log")
    assert await kept.edits.annotate(file.id, ["x"], "about it")
    labelled = await kept.file("a.log")
    assert (labelled.tags, labelled.description, labelled.status) == (("x",), "about it", FileStatus.PENDING)
    assert await kept.told() == []


async def test_a_file_that_was_removed_is_out_until_it_is_restored(kept: Kept):
    file = await indexed(kept, "a.log", "x")
    assert await kept.edits.remove(file.id, "key:1")
    assert await kept.told() == [(OutboxOp.DROP_FILE, file.id)]
    removed = await kept.file("a.log")
    assert (removed.status, removed.removed_by) == (FileStatus.DELETED, "key:1")
    assert removed.removed_at is not None
    assert (removed.content_id, removed.indexed_at, removed.tags) == (None, None, ("x",))
    assert not await kept.edits.remove(file.id, "key:2")
    assert not await kept.edits.annotate(file.id, ["y"], None)
    assert (await kept.file("a.log")).removed_by == "key:1"
    assert await kept.told() == []

    assert await kept.edits.restore(file.id)
    restored = await kept.file("a.log")
    assert (restored.status, restored.removed_at, restored.removed_by) == (FileStatus.PENDING, None, None)
    assert restored.tags == ("x",)
    assert not await kept.edits.restore(file.id)


async def test_what_nobody_removed_cannot_be_restored(kept: Kept):
    file = await indexed(kept, "a.log")
    assert not await kept.edits.restore(file.id)
    assert (await kept.file("a.log")).status is FileStatus.INDEXED


async def test_what_changed_since_somebody_looked_stays_as_it_is(kept: Kept):
    file = await indexed(kept, "a.log", "x")
    assert await kept.edits.annotate(file.id, ["other"], None)
    now = await kept.file("a.log")
    await kept.told()
    assert not await kept.edits.annotate(file.id, ["mine"], None, file)
    assert not await kept.edits.remove(file.id, "key:1", file)
    assert await kept.file("a.log") == now
    assert await kept.told() == []
    for other in (
        replace(now, shown="/nas/b.log"), replace(now, size=11), replace(now, status=FileStatus.PENDING),
        replace(now, description=None), replace(now, indexed_at=None), replace(now, content_id=None),
    ):  # fmt: skip
        assert not await kept.edits.annotate(file.id, ["mine"], None, other)
    assert await kept.edits.annotate(file.id, ["mine"], None, now)
    assert await kept.edits.remove(file.id, "key:1", await kept.file("a.log"))


async def test_a_file_that_is_not_there(kept: Kept):
    nobody = FileId(987_654)
    assert not await kept.edits.annotate(nobody, ["x"], None)
    assert not await kept.edits.remove(nobody, "key:1")
    assert not await kept.edits.restore(nobody)
