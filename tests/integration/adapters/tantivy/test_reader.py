from pathlib import Path

import pytest

from siss.adapters.tantivy import reader as readers
from siss.adapters.tantivy.reader import TantivyReader
from siss.adapters.tantivy.schema import Indexes, index_folder, open_indexes
from siss.adapters.tantivy.writer import open_writer
from siss.errors import CorruptError


async def test_a_reader_that_begins_while_the_index_is_put_aside_finds_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = open_writer(tmp_path, 30_000_000)
    await writer.commit()
    own = index_folder(tmp_path)

    def open_meanwhile(data_dir: Path, *, create: bool) -> Indexes:
        monkeypatch.undo()
        aside = own.rename(own.with_name("aside"))
        try:
            return open_indexes(data_dir, create=create)
        finally:
            aside.rename(own)

    monkeypatch.setattr(readers, "open_indexes", open_meanwhile)
    reader = TantivyReader(tmp_path)
    assert await reader.count_documents() == (0, 0)
    await writer.close()


async def test_a_reader_of_an_index_that_cannot_be_opened_says_so(tmp_path: Path) -> None:
    writer = open_writer(tmp_path, 30_000_000)
    await writer.commit()
    await writer.close()
    (index_folder(tmp_path) / "files/meta.json").write_text("nonsense")
    with pytest.raises(CorruptError, match="cannot be opened"):
        await TantivyReader(tmp_path).count_documents()
