"""Recoll, the desktop indexer, with settings that make it do the same work: whole logs, no size limit on text."""

import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from bench.processes import Finished, folder_size, run

HINT = "Recoll is not installed (Debian: apt-get install recollcmd): its rows are left out"

# Recoll names logs only, and skips large text, unless told otherwise; a spelling dictionary is not part of the
# comparison. Unknown text types as plain text, so that .env, .conf and the like are read.
_CONFIG = """topdirs = {root}
skippedPaths =
skippedNames =
noContentSuffixes- = .log .log.gz
textfilemaxmbs = -1
textunknownasplain = 1
noaspell = 1
loglevel = 1
idxloglevel = 1
"""
# Only the names of these would be indexed.
_TYPES = """[index]
application/x-yaml = internal text/plain
application/toml = internal text/plain
"""


@dataclass(frozen=True, slots=True)
class RecollIndex:
    """A finished index. ``documents``: what it can find, parts of files counted once."""

    config: Path
    run: Finished
    documents: int
    size: int

    def count(self, words: Sequence[str]) -> tuple[int, float]:
        """How many documents have all the words, and the milliseconds, with the start of the program."""
        begun = time.perf_counter()
        done = run(["recollq", "-c", str(self.config), "-E", "-Q", "-a", *words], timeout=120, check=False)
        return _count(done.stdout), (time.perf_counter() - begun) * 1000

    def ranking(self, text: str, most: int) -> list[str]:
        """File paths for a question of any of the words, best first."""
        done = run(["recollq", "-c", str(self.config), "-o", "-b", "-n", str(most), text], timeout=120, check=False)
        return [
            unquote(line.removeprefix("file://")) for line in done.stdout.splitlines() if line.startswith("file://")
        ]


def is_installed() -> bool:
    """Whether ``recollindex`` is on the path."""
    return shutil.which("recollindex") is not None


def build(root: Path, folder: Path) -> RecollIndex:
    """Index ``root`` from nothing; configuration and index lie in ``folder``."""
    folder.mkdir(parents=True)
    (folder / "recoll.conf").write_text(_CONFIG.format(root=root))
    (folder / "mimeconf").write_text(_TYPES)
    done = run(["recollindex", "-c", str(folder), "-z"], folder=folder)
    found = run(
        ["recollq", "-c", str(folder), "-E", "-Q", "-q", "mime:* -mime:inode/directory"], timeout=600, check=False
    )
    return RecollIndex(folder, done, _count(found.stdout), folder_size(folder / "xapiandb"))


def _count(output: str) -> int:
    for line in output.splitlines():
        head = line.split(" ", 1)[0]
        if head.isdigit() and "result" in line:
            return int(head)
    print(f"recollq: no count in {output[:200]!r}", file=sys.stderr)
    return -1
