"""An index that is built anew, for another version's schema or to let go of what is dead, beside the old one.

The old one answers until the switch.
"""

import asyncio
import contextlib
import errno
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import tantivy

from siss.adapters.postgres.database import Database
from siss.adapters.tantivy import folders, schema
from siss.adapters.tantivy.room import dead_share
from siss.adapters.tantivy.sides import OlderSide, Side
from siss.adapters.tantivy.writer import TantivyWriter
from siss.app import edits
from siss.app.ingest import renew, write
from siss.app.ingest.service import IndexingService
from siss.app.ingest.write import IndexWriter
from siss.app.search.ask import search
from siss.app.services import Services
from siss.bootstrap import State, open_indexer, open_services
from siss.errors import CorruptError, DiskFullError, EngineUnavailableError
from siss.model.hit import SearchAnswer
from siss.model.maintenance import Task
from siss.model.principal import LOCAL
from siss.model.query import Query, Sort, SortField, Word
from siss.ports.fulltext import EngineRequest
from siss.settings import Settings
from siss.state import acquire_owner

FILES = 30
add = Side.add

REBUILD = """
import asyncio, sys
from pathlib import Path
from siss.adapters.tantivy import schema
from siss.adapters.tantivy.writer import TantivyWriter
from siss.app.ingest import write
from siss.bootstrap import State, open_indexer
from siss.logs import configure_logs
from siss.settings import Settings
from siss.state import acquire_owner

async def main(folder, dsn):
    configure_logs("warning", "json")
    schema._ANALYSIS_VERSION += 1
    write.DRAIN_ROWS = 5
    commit = TantivyWriter.commit

    async def told(self, stamps=()):
        await commit(self, stamps)
        print("commit", flush=True)
        sys.stdin.readline()

    TantivyWriter.commit = told
    settings = Settings(
        data_dir=folder / "state", roots=(folder / "nas",), index_workers=1, commit_files=5, scan_interval=0
    )
    with acquire_owner(settings.data_dir) as owner:
        async with open_indexer(settings, State(owner, dsn)) as (_, indexing):
            await indexing.run_once()

if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "nas").mkdir()
    for number in range(FILES):
        (tmp_path / "nas" / f"{number:02}.txt").write_text(f"pomegranate number{number}\n")
    return Settings(
        data_dir=tmp_path / "state", roots=(tmp_path / "nas",), index_workers=1, commit_files=5, scan_interval=0
    )


@contextlib.asynccontextmanager
async def indexer(settings: Settings, dsn: str) -> AsyncIterator[tuple[Services, IndexingService]]:
    with acquire_owner(settings.data_dir) as owner:
        async with open_indexer(settings, State(owner, dsn)) as opened:
            yield opened


async def find(services: Services, words: str = "pomegranate") -> SearchAnswer:
    return await search(services, LOCAL, Query(where=Word(words), size=100, last_is_prefix=False))


async def check_whole(services: Services) -> SearchAnswer:
    """Every file is found, whatever is built just now."""
    answer = await find(services)
    assert (len(answer.hits), answer.total) == (FILES, FILES)
    return answer


@pytest.fixture
def next_version(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    return lambda: monkeypatch.setattr(schema, "_ANALYSIS_VERSION", schema._ANALYSIS_VERSION + 1)


async def test_what_other_rules_would_not_show_is_let_go_of_by_the_engine_too(
    settings: Settings,
    database: Database,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Of these no text is read, so nothing is read again: they keep the segment alive that has the old words.
    for number in range(9):
        (settings.roots[0] / f"{number}.bin").write_bytes(bytes(range(number + 9)) * 20)
    async with indexer(settings, database_url) as (_, indexing):
        await indexing.run_once()
    await database.execute(b"UPDATE contents SET extraction = 0")  # of other rules
    await database.execute(b"UPDATE control SET engine_redacted = 0")
    monkeypatch.setattr(renew, "BATCH", FILES // 3)  # what was read anew and what was not are merged
    async with indexer(settings, database_url) as (services, indexing):
        assert (await indexing.run_once()).indexed == FILES
        await check_whole(services)
    (engine,) = (settings.data_dir / "search").iterdir()
    assert dead_share(engine) == 0


async def test_the_engine_lets_go_of_them_though_the_process_is_ended_right_before(
    settings: Settings, database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with indexer(settings, database_url) as (_, indexing):
        await indexing.run_once()
    await database.execute(b"UPDATE contents SET extraction = 0 WHERE id % 2 = 0")
    await database.execute(b"UPDATE control SET engine_redacted = 0")

    async def end() -> bool:
        raise CorruptError("stands for the end of the process")

    async with indexer(settings, database_url) as (_, indexing):
        monkeypatch.setattr(indexing, "clear_engine", end)
        with pytest.raises(CorruptError):
            await indexing.run_once()
    (engine,) = (settings.data_dir / "search").iterdir()
    assert dead_share(engine) > 0
    async with indexer(settings, database_url) as (services, indexing):
        assert (await indexing.run_once()).indexed == 0
        await check_whole(services)
    (engine,) = (settings.data_dir / "search").iterdir()
    assert dead_share(engine) == 0


async def test_the_engine_is_not_made_anew_where_rules_never_changed(
    settings: Settings, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never() -> bool:
        raise CorruptError("stands for the end of the process")

    for word in ("first", "second"):
        (settings.roots[0] / "changed.txt").write_text(word)
        async with indexer(settings, database_url) as (_, indexing):
            monkeypatch.setattr(indexing, "clear_engine", never)
            await indexing.run_once()


async def test_search_goes_on_while_the_index_of_a_new_version_is_built_though_it_is_killed(
    settings: Settings, database_url: str, next_version: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with indexer(settings, database_url) as (_, indexing):
        assert (await indexing.run_once()).indexed == FILES
    (old,) = (settings.data_dir / "search").iterdir()
    next_version()

    async with open_services(settings, database_url) as services:
        arguments = [sys.executable, "-c", REBUILD, str(settings.data_dir.parent), database_url]
        with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as killed:
            assert killed.stdin is not None
            assert killed.stdout is not None
            for _ in range(3):
                assert await asyncio.to_thread(killed.stdout.readline) == "commit\n"
                assert (await check_whole(services)).notes
                killed.stdin.write("\n")
                killed.stdin.flush()
            os.kill(killed.pid, signal.SIGKILL)
        assert (old / "outdated").exists()
        assert (await check_whole(services)).total_relation == "gte"

        # What editors do meanwhile: in the answers where it takes away, in the new index before the switch.
        hits = (await find(services)).hits
        await edits.change_labels(services, LOCAL, hits[0].file.public_id, ["relabelled"], "of the kumquat")
        await edits.remove_file(services, LOCAL, hits[1].file.public_id)
        assert len((await find(services)).hits) == FILES - 1
        await edits.restore_file(services, LOCAL, hits[1].file.public_id)

        commit = TantivyWriter.commit
        during: list[SearchAnswer] = []

        async def asked(self: TantivyWriter, stamps: Sequence[str] = ()) -> None:
            during.append(await find(services))
            await commit(self, stamps)

        monkeypatch.setattr(TantivyWriter, "commit", asked)
        monkeypatch.setattr(write, "DRAIN_ROWS", 5)
        async with indexer(settings, database_url) as (_, indexing):
            stopped = asyncio.Event()
            asking = asyncio.create_task(_ask_until(services, stopped, during))
            await indexing.run_once()
            stopped.set()
            await asking
            assert (await indexing.verify(repair=False)).clean
        assert [answer for answer in during if answer.notes]
        assert {len(answer.hits) for answer in during} <= {FILES, FILES - 1}, "the restored file is read again"
        assert not (await check_whole(services)).notes
        assert [hit.file.name for hit in (await find(services, "kumquat")).hits] == [hits[0].file.name]
    assert [folder.name for folder in old.parent.iterdir()] == [schema.schema_version()]
    assert not old.exists()


async def test_what_is_new_is_found_while_the_index_of_a_new_version_is_built(
    settings: Settings, database_url: str, next_version: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that came, one that changed and a log that grew: in the old index until the switch, in the new after."""
    log = settings.roots[0] / "grows.log"
    log.write_text("".join(f"2026-11-21T10:00:{second:02}Z INFO tamarillo {second}\n" for second in range(50)))
    async with indexer(settings, database_url) as (_, indexing):
        assert (await indexing.run_once()).indexed == FILES + 1
    next_version()

    drain, released, drained = IndexWriter.drain, asyncio.Event(), []

    async def half(self: IndexWriter, *_: Any) -> int:
        """Two pages, and no more until it is released."""
        if released.is_set():
            return await drain(self)
        if len(drained) < 2:
            drained.append(await drain(self, lambda: True))
        self.behind = True
        return 0

    monkeypatch.setattr(IndexWriter, "drain", half)
    monkeypatch.setattr(write, "DRAIN_ROWS", 5)
    async with indexer(settings, database_url) as (services, indexing):
        running = asyncio.create_task(indexing.run())
        try:
            await check_whole(services)
            (settings.roots[0] / "new.txt").write_text("a cherimoya\n")
            (settings.roots[0] / "07.txt").write_text("a carambola, and no such thing as before\n")
            with log.open("a") as appended:
                appended.write("2026-11-21T11:00:00Z ERROR salak\n")
            await indexing.scan()
            for word, name in (("cherimoya", "new.txt"), ("carambola", "07.txt"), ("salak", "grows.log")):
                await _until_found(services, word, name)
                assert (await find(services, word)).notes, "the old index answers"
            assert set(drained) == {5}, "most of the new index is yet to be filled"
            assert len((await find(services)).hits) == FILES - 1
            assert [hit.file.name for hit in (await find(services, "tamarillo")).hits] == ["grows.log"]
            released.set()
            async with asyncio.timeout(60):
                while (await find(services)).notes:
                    pass
            for word, name in (("cherimoya", "new.txt"), ("carambola", "07.txt"), ("salak", "grows.log")):
                assert [hit.file.name for hit in (await find(services, word)).hits] == [name]
            assert len((await find(services)).hits) == FILES - 1
            assert (await indexing.verify(repair=False)).clean
        finally:
            running.cancel()
            await asyncio.wait([running])


async def test_an_index_of_another_state_of_the_database_is_filled_again(
    settings: Settings, database_url: str, tmp_path: Path
) -> None:
    """One that was kept while the database went on; the same as a dump of the database that was put back."""
    index, kept = settings.data_dir / "search", tmp_path / "kept"
    async with indexer(settings, database_url) as (_, indexing):
        await indexing.run_once()
    shutil.copytree(index, kept)
    (settings.roots[0] / "07.txt").write_text("a carambola, and no such thing as before\n")
    (settings.roots[0] / "08.txt").unlink()
    async with indexer(settings, database_url) as (_, indexing):
        await indexing.run_once()
    async with indexer(settings, database_url) as (services, indexing):
        await check_whole_but_two(services)
        assert not (await indexing.run_once()).indexed, "what is in step is left alone"
    shutil.rmtree(index)
    kept.rename(index)
    async with indexer(settings, database_url) as (services, indexing):
        await indexing.run_once()
        await check_whole_but_two(services)
        assert (await indexing.verify(repair=False)).clean


async def check_whole_but_two(services: Services) -> None:
    assert [hit.file.name for hit in (await find(services, "carambola")).hits] == ["07.txt"]
    assert len((await find(services)).hits) == FILES - 2


async def _until_found(services: Services, word: str, name: str) -> None:
    async with asyncio.timeout(60):
        while [hit.file.name for hit in (await find(services, word)).hits] != [name]:
            pass


async def test_an_older_index_that_takes_nothing_more_goes_on_answering(
    settings: Settings, database_url: str, next_version: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with indexer(settings, database_url) as (_, indexing):
        await indexing.run_once()
    next_version()

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Side, "add", lambda self, *given: full() if type(self) is OlderSide else add(self, *given))
    async with indexer(settings, database_url) as (services, indexing):
        (settings.roots[0] / "new.txt").write_text("pomegranate\n")
        assert (await check_whole(services)).notes
        assert (await indexing.run_once()).indexed == 1
        answer = await find(services)
        assert (len(answer.hits), answer.notes) == (FILES + 1, ())


@pytest.mark.parametrize("killed", [False, True])
async def test_search_goes_on_while_the_index_is_built_anew(
    settings: Settings, database_url: str, monkeypatch: pytest.MonkeyPatch, killed: bool
) -> None:
    """As ``siss reindex --engine-only`` does; another process's reader was open before."""
    monkeypatch.setattr(write, "DRAIN_ROWS", 5)
    commit = TantivyWriter.commit
    during: list[SearchAnswer] = []
    async with open_services(settings, database_url) as asked:

        async def looked(self: TantivyWriter, stamps: Sequence[str] = ()) -> None:
            during.append(await find(asked))
            await commit(self, stamps)
            if killed and len(during) > 3:
                raise EngineUnavailableError("killed")

        async with indexer(settings, database_url) as (_, indexing):
            await indexing.run_once()
            assert not (await check_whole(asked)).notes
            monkeypatch.setattr(TantivyWriter, "commit", looked)
            assert await indexing.rebuild_engine() >= FILES
            assert (await check_whole(asked)).notes
            with contextlib.suppress(EngineUnavailableError):
                await indexing.verify(repair=False)
        monkeypatch.setattr(TantivyWriter, "commit", commit)
        if killed:
            assert (await check_whole(asked)).notes
        async with indexer(settings, database_url) as (_, indexing):
            await indexing.run_once()
            assert (await indexing.verify(repair=False)).clean
        assert not (await check_whole(asked)).notes
    assert len([answer for answer in during if answer.notes]) > 2
    assert {len(answer.hits) for answer in during} == {FILES}
    assert [folder.name for folder in (settings.data_dir / "search").iterdir()] == [schema.schema_version()]


async def test_a_process_that_is_killed_while_it_puts_the_index_aside(settings: Settings, database_url: str) -> None:
    async with indexer(settings, database_url) as (_, indexing):
        await indexing.run_once()
    own = schema.index_folder(settings.data_dir)
    async with open_services(settings, database_url) as asked:
        await check_whole(asked)
        own.rename(own.with_name(own.name + "-before"))
        await check_whole(asked)
        async with indexer(settings, database_url) as (_, indexing):
            assert (await check_whole(asked)).notes
            await indexing.run_once()
            assert (await indexing.verify(repair=False)).clean
        assert not (await check_whole(asked)).notes
    assert list(own.parent.iterdir()) == [own]


async def test_an_index_full_of_what_was_replaced_is_built_anew(
    settings: Settings, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    one_segment = settings.model_copy(update={"commit_files": 1000})
    async with indexer(one_segment, database_url) as (services, indexing):
        await indexing.run_once()
        assert (await indexing.maintain(Task.COMPACT)).result == {"dead_percent": 0, "queued": 0}
        for number in range(FILES - 5):
            (settings.roots[0] / f"{number:02}.txt").write_text(f"pomegranate number{number} again\n")
        await indexing.run_once()
        monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10, 9, 1))
        with pytest.raises(DiskFullError, match="no room to build"):
            await indexing.maintain(Task.COMPACT)
        monkeypatch.undo()
        found = await indexing.maintain(Task.COMPACT)
        assert found.result["dead_percent"] > 33
        assert found.result["queued"] >= FILES
        assert (await indexing.verify(repair=False)).clean
        assert not (await check_whole(services)).notes
        assert (await indexing.maintain(Task.COMPACT)).result == {"dead_percent": 0, "queued": 0}


async def _ask_until(services: Services, stopped: asyncio.Event, answers: list[SearchAnswer]) -> None:
    while not stopped.is_set():
        answers.append(await find(services))


async def test_a_version_that_comes_back_does_not_trust_what_it_left(
    settings: Settings, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with indexer(settings, database_url) as (_, indexing):
        await indexing.run_once()
    first = schema.index_folder(settings.data_dir)
    monkeypatch.setattr(schema, "_ANALYSIS_VERSION", schema._ANALYSIS_VERSION + 1)
    async with indexer(settings, database_url):
        pass  # it began, and another version is installed again
    monkeypatch.undo()
    assert schema.index_folder(settings.data_dir) == first
    async with indexer(settings, database_url) as (services, indexing):
        assert (await check_whole(services)).notes
        await indexing.run_once()
        assert not (await check_whole(services)).notes
        assert (await indexing.verify(repair=False)).clean
    assert list(first.parent.iterdir()) == [first]
    assert not (first / "outdated").exists()


async def test_an_index_that_cannot_be_asked_with_the_new_fields(
    tmp_path: Path, settings: Settings, database_url: str, next_version: Callable[[], None]
) -> None:
    """Fields that the old one lacks are told to be missing for now; one with other places is not asked at all."""
    async with indexer(settings, database_url) as (_, indexing):
        await indexing.run_once()
    (old,) = (settings.data_dir / "search").iterdir()
    next_version()
    _rewrite_files(old / "files", schema.FILE_FIELDS[:-1])
    async with indexer(settings, database_url) as (services, indexing):
        by_name = EngineRequest(Query(sort=Sort(SortField.NAME, descending=False)), None, 10)
        assert (await services.fulltext.search(by_name)).outdated
        with pytest.raises(EngineUnavailableError, match="built anew") as raised:
            await services.fulltext.search(replace(by_name, after=("name", 7)))
        assert raised.value.details["retry_after"]
        await indexing.run_once()
        await check_whole(services)

    own = schema.index_folder(settings.data_dir)
    next_version()
    _rewrite_files(own / "files", schema.FILE_FIELDS[::-1])
    assert folders.find_older(settings.data_dir) is None


def _rewrite_files(folder: Path, fields: tuple[schema.TextField | schema.NumberField, ...]) -> None:
    """An index of other fields, with nothing in it."""
    shutil.rmtree(folder)
    folder.mkdir()
    tantivy.Index(schema.build_schema(fields), str(folder)).writer(15_000_000, 1).commit()
