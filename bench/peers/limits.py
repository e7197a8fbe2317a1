"""What the machine can do at all: reading and hashing every byte, searching every byte, looking at every file."""

import shutil
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.processes import BenchError


@dataclass(frozen=True, slots=True)
class Timed:
    """A command over the corpus: its name, seconds, and lines of output."""

    name: str
    seconds: float
    lines: int


def _shell(name: str, command: Sequence[str], feed: bytes | None = None) -> Timed:
    begun = time.perf_counter()
    done = subprocess.run(command, input=feed, capture_output=True, check=False)
    seconds = time.perf_counter() - begun
    if done.returncode > 1:  # grep and rg: 1 is "nothing found"
        raise BenchError(f"{command[0]}: {done.stderr.decode(errors='replace').strip()[-300:]}")
    return Timed(name, seconds, done.stdout.count(b"\n"))


def hash_all(root: Path) -> Timed:
    """``sha256sum`` of every file: nothing that reads each byte once and names contents by hash can be faster."""
    paths = subprocess.run(["find", str(root), "-type", "f", "-print0"], capture_output=True, check=True).stdout
    return _shell("sha256sum", ["xargs", "-0", "sha256sum"], paths)


def stat_all(root: Path) -> Timed:
    """``find`` with size, time and inode of every file: what a scan cannot do without."""
    return _shell("find -printf", ["find", str(root), "-type", "f", "-printf", "%p %s %T@ %i\\n"])


def grep_word(root: Path, word: str) -> Timed:
    """Files that have a word, by reading them all: ripgrep with all cores, compressed ones too; else grep."""
    if shutil.which("rg"):
        return _shell("rg", ["rg", "-uuu", "-z", "-l", "-i", "-w", "-F", "-e", word, str(root)])
    return _shell("grep -r", ["grep", "-r", "-l", "-i", "-w", "-F", "-e", word, str(root)])
