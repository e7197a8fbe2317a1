"""What people change of files, on real tables."""

import asyncio

import psycopg

from integration.adapters.postgres.made import World, observed
from siss.adapters.postgres.database import Database
from siss.adapters.postgres.questions.catalog import PostgresCatalog
from siss.adapters.postgres.records.edits import PostgresFileEdits
from siss.model.principal import LOCAL

WAITING = b"SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


async def test_uploads_that_wait_for_a_scan_leave_connections_for_questions(world: World, database: Database):
    few = Database(database.dsn, size=2)
    await few.open()
    edits, catalog = PostgresFileEdits(few), PostgresCatalog(few)
    async with await psycopg.AsyncConnection.connect(database.dsn) as scan:
        await scan.execute("SELECT FROM roots WHERE id = %s FOR UPDATE", (world.root.id,))
        uploads = [
            asyncio.create_task(edits.record_upload(world.root.id, observed(f"{number}.log"), None, None))
            for number in range(6)
        ]
        while not (await database.rows(WAITING))[0][0]:
            await asyncio.sleep(0)
        assert (await catalog.stats(LOCAL)).files == 0
        await scan.rollback()
        await asyncio.gather(*uploads)
    assert len(await world.pending()) == 6
    await few.close()


async def test_uploads_that_come_together_keep_labels_of_their_own(world: World, database: Database):
    await world.index_new({"a.log": b"1"})
    edits, asked = PostgresFileEdits(database), "SELECT f.shown, f.tags, f.description, f.wanted FROM files f"
    async with await psycopg.AsyncConnection.connect(database.dsn) as scan:
        await scan.execute("SELECT FROM roots WHERE id = %s FOR UPDATE", (world.root.id,))
        uploads = [
            asyncio.create_task(edits.record_upload(world.root.id, observed(name), tags, description))
            for name, tags, description in (
                ("first.log", None, None),
                ("a.log", ["x"], None),
                ("b/c.log", ["y"], "of mine"),
                ("d.log", ["x"], None),
                ("a.log", None, "later"),
            )
        ]
        while not (await database.rows(WAITING))[0][0]:
            await asyncio.sleep(0)
        await scan.rollback()
        await asyncio.gather(*uploads)
    assert {row[0]: row[1:] for row in await database.rows(asked.encode())} == {
        "/nas/first.log": ([], None, True),
        "/nas/a.log": (["x"], "later", True),
        "/nas/b/c.log": (["y"], "of mine", True),
        "/nas/d.log": (["x"], None, True),
    }
