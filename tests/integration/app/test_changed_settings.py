"""Settings that change between starts: nothing is silently kept, and nothing lost."""

import errno
import gzip
import os
from pathlib import Path
from typing import Any

import pytest

from siss.app.coverage import explain_path
from siss.app.search.ask import search
from siss.bootstrap import State, open_indexer
from siss.errors import NotFoundError
from siss.model.coverage import Reason
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
                    fruit: (await search(services, LOCAL, Query(where=Word(fruit), typos=False))).total
                    for fruit in ("durian", "rambutan", "salak")
                }
                return report.indexed, found

    small = {"max_file_size": 50_000, "max_decompressed_size": 50_000}
    assert await indexed(**small) == (3, {"durian": 1, "rambutan": 0, "salak": 0})
    assert (await indexed(**small))[0] == 0
    assert await indexed() == (2, {"durian": 1, "rambutan": 1, "salak": 1})
    assert (await indexed())[0] == 0
    assert await indexed(max_file_size=50_000) == (1, {"durian": 1, "rambutan": 0, "salak": 1})


async def test_why_a_file_is_no_longer_there_is_said(tmp_path: Path, database_url: str) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    for folder in (one, other):
        folder.mkdir()
        (folder / "a.txt").write_text("a durian\n")
        (folder / "a.tmpx").write_text("a salak\n")
    state = tmp_path / "state"
    before = Settings(data_dir=state, roots=(one, other), index_workers=1)
    with acquire_owner(state) as owner:
        async with open_indexer(before, State(owner, database_url)) as (_, indexing):
            assert (await indexing.run_once()).indexed == 4
        after = Settings(data_dir=state, roots=(one,), ignore=("*.tmpx",), index_workers=1)
        async with open_indexer(after, State(owner, database_url)) as (services, indexing):
            await indexing.run_once()
            ignored = await explain_path(services, LOCAL, str(one / "a.tmpx"))
            assert ignored.skipped is not None
            assert ignored.skipped.gap.reason is Reason.IGNORED
            with pytest.raises(NotFoundError, match="is in no folder that is indexed"):
                await explain_path(services, LOCAL, str(other / "a.txt"))


async def test_files_of_a_folder_that_is_closed_now_say_so(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    nas = tmp_path / "nas"
    (nas / "sub").mkdir(parents=True)
    (nas / "sub/a.txt").write_text("a durian\n")
    settings = Settings(data_dir=tmp_path / "state", roots=(nas,), index_workers=1)
    real = os.scandir

    def closed(path: Any) -> Any:  # the tests may run as root, who may look into everything
        if os.fsdecode(path) == str(nas / "sub"):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return real(path)

    with acquire_owner(settings.data_dir) as owner:
        async with open_indexer(settings, State(owner, database_url)) as (services, indexing):

            async def told() -> list[tuple[Reason, bool]]:
                answer = await explain_path(services, LOCAL, str(nas / "sub/a.txt"))
                assert answer.coverage is not None
                assert answer.coverage.file.extent == "whole"
                return [(gap.reason, gap.lost) for gap in answer.coverage.gaps]

            assert (await indexing.run_once()).indexed == 1
            with monkeypatch.context() as patched:
                patched.setattr(os, "scandir", closed)
                await indexing.run_once()
            assert await told() == [(Reason.PERMISSION_DENIED, False)]
            await indexing.run_once()
            assert await told() == []
