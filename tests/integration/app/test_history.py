"""Whatever happened to a folder, its index is the one that a fresh start would make of it.

Random histories of edits, appends, moves, deletions, links and clocks set back, some of them while files are being
read, with failures and kills on the way.
"""

import os
import random
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from integration.app.pipeline import Faults, Pipeline, empty
from siss.adapters.postgres.database import Database
from siss.app.ingest import availability
from siss.app.ingest.reading import assemble

HISTORIES = int(os.environ.get("SISS_TEST_HISTORIES", "3"))
"""How many histories are tried."""

STEPS = 5
NAMES = ("a.log", "b.log", "c.txt", "d.json", "x/a.log", "x/e.txt", "x/y/f.csv", "z/g.txt")
FOLDERS = ("x", "x/y", "z", "w")


class Folder:
    """A folder to which things happen. Mtimes are never the same twice, and not in order."""

    def __init__(self, path: Path, seed: int) -> None:
        self.path = path
        self.random = random.Random(seed)
        self.told: list[str] = []
        self._base = time.time() - 3000
        path.mkdir()
        for name in NAMES:
            self._write(path / name)

    def change(self) -> None:
        """One thing, that may come to nothing."""
        acts: list[Callable[[], None]] = [self.edit, self.edit, self.append, self.append, self.append]
        acts += [self.move, self.move_folder, self.delete, self.delete_folder, self.link, self.copy, self.set_back]
        acts += [self.rotate, self.rotate]
        act = self.random.choice(acts)
        self.told.append(act.__name__)
        with suppress(OSError, shutil.Error):
            act()

    def edit(self) -> None:
        self._write(self._any())

    def append(self) -> None:
        file = self._any()
        whole = self.random.random() < 0.7
        with file.open("a") as opened:
            opened.write("".join(self._lines(self.random.choice([1, 30, 200]))) + ("" if whole else "unfinished"))
        self._stamp(file)

    def set_back(self) -> None:
        file = self._any()
        text = file.read_text()
        file.write_text(text.swapcase())
        self._stamp(file)

    def move(self) -> None:
        file = self._any()
        file.rename(self._like(file))

    def rotate(self) -> None:
        for number in (2, 1, 0):
            with suppress(FileNotFoundError):
                (self.path / f"a.log.{number}".removesuffix(".0")).rename(self.path / f"a.log.{number + 1}")
        self._write(self.path / "a.log")

    def move_folder(self) -> None:
        (self.path / self.random.choice(FOLDERS)).rename(self.path / self.random.choice(FOLDERS))

    def delete(self) -> None:
        self._any().unlink()

    def delete_folder(self) -> None:
        shutil.rmtree(self.path / self.random.choice(FOLDERS))

    def link(self) -> None:
        file = self._any()
        (self.path / f"link{self.random.randrange(3)}{file.suffix}").hardlink_to(file)

    def copy(self) -> None:
        file = self._any()
        target = shutil.copyfile(file, self._like(file))
        self._stamp(target)

    def _any(self) -> Path:
        return self.path / self.random.choice(NAMES)

    def _like(self, file: Path) -> Path:
        """A path of that suffix: equal bytes are one content, read as the first name that they had suggests."""
        return self.path / self.random.choice([name for name in NAMES if name.endswith(file.suffix)])

    def _write(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        lines = self._lines(self.random.choice([0, 1, 20, 300]))
        match file.suffix:
            case ".json":
                file.write_text("[" + ",".join(f'"{line.strip()}"' for line in lines) + "]")
            case ".csv":
                file.write_text("id,text\n" + "".join(f"{n},{line}" for n, line in enumerate(lines)))
            case _:
                file.write_text("".join(lines))
        self._stamp(file)

    def _lines(self, count: int) -> list[str]:
        return [f"2026-11-20T10:00:00Z INFO event {self.random.randrange(1 << 30)}\n" for _ in range(count)]

    def _stamp(self, file: Path) -> None:
        when = self._base + self.random.random() * 2900
        os.utime(file, (when, when))


@pytest.mark.parametrize("seed", range(HISTORIES))
async def test_a_history_leaves_what_a_fresh_start_finds(
    seed: int, tmp_path: Path, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assemble, "SEGMENT_BYTES", 1000)
    monkeypatch.setattr(availability, "RETRY_SECONDS", 0.001)
    faults = Faults()
    folder = Folder(tmp_path / "nas", seed)
    faults.meanwhile = folder.change
    pipeline = Pipeline(folder.path, tmp_path / "state", database, faults)
    for _ in range(STEPS):
        for _ in range(folder.random.randrange(4)):
            folder.change()
        how = folder.random.choice(["meanwhile", "meanwhile", "before", "after", "killed before", "killed after"])
        faults.arm(folder.random.randrange(1, 60), how)
        await pipeline.settle()
        folder.told.append(f"[{faults.hit}]")
    faults.arm(-1, "")
    await pipeline.look_again()
    await pipeline.settle()
    assert await pipeline.outbox.depth() == 0
    found = await pipeline.verify()
    assert found.clean, (folder.told, found)
    lived = await pipeline.snapshot()
    await empty(database)
    fresh = Pipeline(folder.path, tmp_path / "fresh", database, Faults())
    await fresh.settle()
    assert lived == await fresh.snapshot(), folder.told
