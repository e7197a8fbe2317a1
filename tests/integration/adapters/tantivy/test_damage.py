"""An index whose files were lost, cut off or changed on the disk."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from siss.adapters.tantivy import damage
from siss.adapters.tantivy.damage import find_damage
from siss.adapters.tantivy.reader import TantivyReader
from siss.adapters.tantivy.schema import index_folder
from siss.adapters.tantivy.writer import open_writer
from siss.errors import CorruptError
from siss.index.analyser import chunk_terms
from siss.model.content import Chunk
from siss.model.ingest import FileDocument

MEMORY = 30_000_000


@pytest.fixture
async def folder(tmp_path: Path) -> Path:
    """The indexes of three files, of which one was deleted."""
    writer = open_writer(tmp_path, MEMORY)
    assert writer.is_empty
    for number in (1, 2, 3):
        terms = [chunk_terms(0, f"common word{number} " * 50)]
        await writer.put_chunks(number, 1, [Chunk(0, 0, 1, 0, 1, 1, 1)], terms)
        name = f"{number}.txt"
        await writer.put_file(
            FileDocument(number, 1, number, 1, f"/d/{name}", name, (), "text/plain", "text", 1, 1, 1), terms
        )
    await writer.commit()
    await writer.drop_files([3])
    await writer.drop_contents([3])
    await writer.commit()
    await writer.close()
    return index_folder(tmp_path)


def pick(folder: Path, pattern: str) -> Path:
    return next(iter(folder.glob(pattern)))


def change(file: Path, count: int = 1) -> None:
    """Other bytes at the beginning."""
    data = bytearray(file.read_bytes())
    data[:count] = bytes(byte ^ 0x5A for byte in data[:count])
    file.write_bytes(data)


def empty(folder: Path) -> None:
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()


@pytest.mark.parametrize(
    "harm",
    [
        lambda folder: pick(folder, "chunks/*.store").unlink(),
        lambda folder: os.truncate(pick(folder, "files/*.term"), 100),
        lambda folder: os.truncate(pick(folder, "chunks/*.fast"), 0),
        lambda folder: (folder / "files/meta.json").write_text("{"),
        lambda folder: (folder / "chunks/meta.json").unlink(),
        lambda folder: empty(folder / "files"),
    ],
    ids=["lost", "cut off", "empty", "meta", "no meta", "half"],
)
async def test_a_damaged_index_is_made_anew(folder: Path, harm: Callable[[Path], object]) -> None:
    harm(folder)
    writer = open_writer(folder.parent.parent, MEMORY)
    assert writer.is_empty  # so that who opened it fills it
    await writer.close()
    assert not find_damage(folder)


async def test_an_index_that_the_system_refuses_to_open_is_left_alone(folder: Path) -> None:
    (folder / "files/meta.json").rename(folder / "kept")
    (folder / "files/meta.json").mkdir()  # as rights or too many open files, whoever runs this
    with pytest.raises(CorruptError, match="verify --repair"):
        open_writer(folder.parent.parent, MEMORY)
    (folder / "files/meta.json").rmdir()
    (folder / "kept").rename(folder / "files/meta.json")
    writer = open_writer(folder.parent.parent, MEMORY)
    assert not writer.is_empty
    await writer.close()


async def test_what_changed_or_is_lost_is_found_by_its_checksum(folder: Path) -> None:
    assert find_damage(folder) == []
    files = [pick(folder, f"chunks/*.{part}") for part in ("store", "term", "idx", "fast", "fieldnorm", "del")]
    for file in files:
        change(file)
    lost = pick(folder, "files/*.pos")
    lost.unlink()
    short = pick(folder, "files/*.idx")
    os.truncate(short, short.stat().st_size - 1)
    said = {f"chunks/{file.name}: changed" for file in files}
    found = await TantivyReader(folder.parent.parent).find_damage()
    assert set(found) == said | {f"files/{lost.name}: lost", f"files/{short.name}: cut off"}


async def test_segments_that_are_merged_meanwhile_are_not_lost(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = folder / "files"
    before = {file: file.read_bytes() for file in files.iterdir() if file.suffix != ".lock"}
    writer = open_writer(folder.parent.parent, MEMORY)
    await writer.clear()  # as a merge, another commit: other files
    await writer.close()
    after = (files / "meta.json").read_bytes()
    looked: list[str] = []

    def lose(file: Path) -> str:
        looked.append(file.name)
        (files / "meta.json").write_bytes(after)
        return "" if file.exists() else "lost"

    (files / "meta.json").write_bytes(before[files / "meta.json"])
    monkeypatch.setattr(damage, "_what_is_wrong", lose)
    assert find_damage(folder) == []
    assert looked


async def test_bytes_that_make_no_sense_are_an_error_that_says_what_to_do(folder: Path) -> None:
    change(pick(folder, "files/*.fast"), 400)
    reader = TantivyReader(folder.parent.parent)
    with pytest.raises(CorruptError, match="siss verify"):
        await reader.count_documents()
