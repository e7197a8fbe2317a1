"""Limits that change between starts: what they cut short is read again, and nothing else."""

import gzip
from pathlib import Path
from typing import Any

from siss.app import search
from siss.bootstrap import State, open_indexer
from siss.model.principal import LOCAL
from siss.model.query import Query, Word
from siss.settings import Settings
from siss.state import acquire_owner

FILLER = "some words that fill a text\n" * 5000


async def test_files_that_a_limit_cut_short_are_read_again_where_it_changes(
    tmp_path: Path, database_url: str
) -> None:
    nas = tmp_path / "nas"
    nas.mkdir()
    (nas / "small.txt").write_text("a durian\n")
    (nas / "large.txt").write_text(f"{FILLER}a rambutan\n")
    (nas / "packed.txt.gz").write_bytes(gzip.compress(f"{FILLER}a salak\n".encode()))

    async def indexed(**limits: Any) -> tuple[int, dict[str, int]]:
        """Files that were read, and how many are found by each fruit."""
        settings = Settings(data_dir=tmp_path / "state", roots=(nas,), index_workers=1, **limits)
        with acquire_owner(settings.data_dir) as owner:
            async with open_indexer(settings, State(owner, database_url)) as (services, indexing):
                report = await indexing.run_once()
                found = {
                    fruit: (await search.search(services, LOCAL, Query(where=Word(fruit), typos=False))).total
                    for fruit in ("durian", "rambutan", "salak")
                }
                return report.indexed, found

    small = {"max_file_size": 50_000, "max_decompressed_size": 50_000}
    assert await indexed(**small) == (3, {"durian": 1, "rambutan": 0, "salak": 0})
    assert (await indexed(**small))[0] == 0
    assert await indexed() == (2, {"durian": 1, "rambutan": 1, "salak": 1})
    assert (await indexed())[0] == 0
    assert await indexed(max_file_size=50_000) == (1, {"durian": 1, "rambutan": 0, "salak": 1})
