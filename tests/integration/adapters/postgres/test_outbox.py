"""The outbox on real tables."""

from integration.adapters.postgres.made import World
from siss.adapters.postgres.ingest.outbox import PostgresOutbox
from siss.model.ingest import OutboxOp, StoredContent


async def test_rows_wait_until_they_are_settled(world: World, outbox: PostgresOutbox):
    ids = await world.index_new({"a": b"1", "b": b"2"})
    waiting = await outbox.pending(3)
    assert [entry.op for entry in waiting] == [OutboxOp.PUT_CONTENT, OutboxOp.PUT_FILE, OutboxOp.PUT_CONTENT]
    rest = await outbox.pending(10, after=waiting[-1].id)
    assert [(entry.op, entry.subject) for entry in rest] == [(OutboxOp.PUT_FILE, ids["/nas/b"])]
    await outbox.settle(waiting)
    assert await outbox.depth() == 1
    assert await outbox.pending(10) == rest
    before = await outbox.stamp()
    await outbox.settle([])
    assert await outbox.stamp() == before
    await outbox.settle([], "of a commit")
    assert await outbox.stamp() == "of a commit"


async def test_what_the_engine_should_hold(world: World, outbox: PostgresOutbox):
    ids = await world.index_new({"a": b"1", "b": b"2", "e": b""})
    await outbox.settle(await outbox.pending(100))
    documents = {document.shown: document for document in await outbox.file_documents(list(ids.values()))}
    files = [pair async for pair in outbox.every_file()]
    contents = [triple async for triple in outbox.every_content()]
    assert files == [(document.file_id, document.generation) for document in documents.values()]
    a = documents["/nas/a"]
    assert (a.name, a.mime, a.kind, a.size, a.chunk_count, a.modified_us) == ("a", "text/plain", "text", 1, 1, 10**6)
    assert a.indexed_us > 10**15
    assert (a.content_id, a.content_generation, 1) in contents
    assert len(contents) == 2
    assert await outbox.stored_contents([a.content_id, 12345]) == {
        a.content_id: StoredContent(a.content_generation, 1)
    }
    opened, _ = await world.ingest.open_content()
    assert await outbox.stored_contents([opened]) == {}
    assert await outbox.enqueue_all() == 5
    assert await outbox.depth() == 5


async def test_what_it_should_not_hold(world: World, outbox: PostgresOutbox):
    ids = await world.index_new({"a": b"1", "b": b"2"})
    await world.scans.mark_missing(world.root.id, [], [ids["/nas/a"]])
    assert [pair[0] async for pair in outbox.every_file()] == [ids["/nas/b"]]
    assert [document.shown for document in await outbox.file_documents(list(ids.values()))] == ["/nas/b"]
