"""What only shows across processes: killed writers, readers elsewhere, one writer at a time."""

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from siss.adapters.tantivy.reader import TantivyReader
from siss.adapters.tantivy.schema import index_folder
from siss.adapters.tantivy.writer import open_writer
from siss.errors import EngineUnavailableError
from siss.index.analyser import chunk_terms
from siss.model.content import Chunk
from siss.model.ingest import FileDocument
from siss.model.query import Query, Word
from siss.ports.fulltext import EngineRequest

WRITER = """
import asyncio, itertools, sys
from pathlib import Path
from test_support import put
from siss.adapters.tantivy.writer import open_writer

async def main():
    writer = open_writer(Path(sys.argv[1]), 40 << 20)
    for number in itertools.count(1):
        for file in range(20):
            await put(writer, number * 20 + file, f"common word{number} " + f"filler{file} " * 200)
        await writer.commit()
        print(number, flush=True)

asyncio.run(main())
"""


def file_document(file_id: int) -> FileDocument:
    return FileDocument(
        file_id, 1, file_id, 1, f"/d/{file_id}.txt", f"{file_id}.txt", (), "text/plain", "text", 1, 1, 1
    )


async def put(writer: object, file_id: int, text: str) -> None:
    terms = [chunk_terms(0, text)]
    await writer.put_chunks(file_id, 1, [Chunk(0, 0, 1, 0, 1, 1, 1)], terms)
    await writer.put_file(file_document(file_id), terms)


def start_writer(folder: Path, support: Path) -> "subprocess.Popen[str]":
    support.mkdir()
    source = Path(__file__).read_text("utf-8")
    (support / "test_support.py").write_text(source, "utf-8")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(support), *sys.path])}
    command = [sys.executable, "-c", textwrap.dedent(WRITER), str(folder)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)


async def count(reader: TantivyReader, word: str) -> int:
    return (await reader.search(EngineRequest(Query(Word(word), last_is_prefix=False), None, 1))).total


@pytest.mark.parametrize("delay", [0.0, 0.01, 0.03])
async def test_a_killed_writer_leaves_whole_commits(tmp_path: Path, delay: float) -> None:
    folder = tmp_path / "state"
    process = start_writer(folder, tmp_path / "support")
    assert process.stdout is not None
    try:
        for _ in range(3):
            committed = int(process.stdout.readline())
        await asyncio.sleep(delay)  # somewhere in the next batch: the moment is what the test varies
    finally:
        process.send_signal(signal.SIGKILL)
        rest = process.stdout.read().split()
        process.wait()
        process.stdout.close()
    committed = max([committed, *map(int, rest)])
    reader = TantivyReader(folder)
    found = await count(reader, "common")
    assert found % 20 == 0
    assert found >= committed * 20
    writer = open_writer(folder, 40 << 20)
    assert not writer.is_empty
    await put(writer, 5, "common afterwards")
    await writer.commit()
    assert await count(reader, "common") == found + 1
    files = [file_id async for file_id, _ in reader.every_file()]
    assert len(files) == len(set(files)) == found + 1
    await writer.close()


async def test_a_reader_elsewhere_sees_every_commit_without_being_told(tmp_path: Path) -> None:
    process = start_writer(tmp_path / "state", tmp_path / "support")
    assert process.stdout is not None
    try:
        for _ in range(4):
            number = int(process.stdout.readline())
            reader = TantivyReader(tmp_path / "state")
            async with asyncio.timeout(60):
                while await count(reader, f"word{number}") < 20:
                    await asyncio.sleep(0.01)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


async def test_an_open_reader_follows(tmp_path: Path) -> None:
    writer = open_writer(tmp_path, 40 << 20)
    await writer.commit()
    reader = TantivyReader(tmp_path)
    assert await count(reader, "common") == 0
    for number in range(1, 4):
        await put(writer, number, "common")
        await writer.commit()
        assert await count(reader, "common") == number
    await writer.close()


async def test_one_writer_at_a_time(tmp_path: Path) -> None:
    writer = open_writer(tmp_path, 40 << 20)
    with pytest.raises(EngineUnavailableError):
        open_writer(tmp_path, 40 << 20)
    await writer.close()
    again = open_writer(tmp_path, 40 << 20)
    assert again.is_empty
    await again.close()


async def test_another_schema_is_another_folder(tmp_path: Path) -> None:
    old = tmp_path / "search" / "0123456789ab"
    old.mkdir(parents=True)
    (old / "left.txt").write_text("from another version")
    writer = open_writer(tmp_path, 40 << 20)
    assert writer.is_empty
    assert [folder.name for folder in (tmp_path / "search").iterdir()] == [index_folder(tmp_path).name]
    await writer.close()


async def test_a_reader_before_the_first_writer_says_so(tmp_path: Path) -> None:
    reader = TantivyReader(tmp_path)
    with pytest.raises(EngineUnavailableError):
        await reader.count_documents()
    writer = open_writer(tmp_path, 40 << 20)
    assert await reader.count_documents() == (0, 0)
    await writer.close()


async def test_what_was_not_committed_is_gone_after_close(tmp_path: Path) -> None:
    writer = open_writer(tmp_path, 40 << 20)
    await put(writer, 1, "common")
    await writer.close()
    again = open_writer(tmp_path, 40 << 20)
    assert again.is_empty
    await again.close()


@pytest.mark.skipif(sys.platform != "linux", reason="threads have priorities of their own on Linux only")
async def test_the_threads_of_the_engine_step_behind(tmp_path: Path):
    own = os.getpriority(os.PRIO_PROCESS, 0)
    tasks = Path("/proc/self/task")
    before = set(tasks.iterdir())
    writer = open_writer(tmp_path, 30_000_000, own + 3)
    try:
        await writer.commit()  # after which its threads are others
        engine = [
            int(thread.name)
            for thread in set(tasks.iterdir()) - before
            if (thread / "comm").read_text().startswith(("thrd-tantivy-in", "segment_updater", "merge_thread"))
        ]
        assert engine
        assert {os.getpriority(os.PRIO_PROCESS, thread) for thread in engine} == {own + 3}
        assert os.getpriority(os.PRIO_PROCESS, 0) == own
    finally:
        await writer.close()
