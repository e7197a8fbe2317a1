"""Running the measured programs: time, processor time, memory of the whole process tree, and a sure end."""

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil


class BenchError(Exception):
    """A measured program did not do what was asked; the message holds the end of what it said."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A program that ended. ``seconds``: wall; ``cpu_seconds``: of its process tree, as last seen of each process (a
    server of processes does not wait for them); ``peak_pss``: bytes, the highest sum over the tree."""

    returncode: int
    stdout: str
    stderr: str
    seconds: float
    cpu_seconds: float
    peak_pss: int


def run(
    command: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    folder: Path | None = None,
    timeout: float = 7200,
    check: bool = True,
) -> Finished:
    """Run to the end, watching memory and processor time every half a second.

    ``folder``: processes whose command line names it belong to the program too (a database that detached itself).
    Raises ``BenchError`` where it fails or takes longer than ``timeout`` seconds.
    """
    begun = time.perf_counter()
    with subprocess.Popen(
        command,
        env=dict(env) if env else None,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    ) as process:
        with watch_tree(process.pid, folder) as seen:
            try:
                stdout, stderr = process.communicate(timeout=timeout)
            except subprocess.TimeoutExpired as error:
                end_tree(process.pid, folder)
                raise BenchError(f"{command[0]} took longer than {timeout:.0f} s") from error
            except BaseException:
                end_tree(process.pid, folder)
                raise
        seconds = time.perf_counter() - begun
    if check and process.returncode:
        tail = "\n".join((stderr or stdout).strip().splitlines()[-8:])
        name = " ".join((Path(command[0]).name, *command[1:2]))
        raise BenchError(f"{name} ended with {process.returncode}: {tail}")
    return Finished(process.returncode, stdout, stderr, seconds, seen.cpu_seconds, seen.peak)


def tree_of(pid: int, folder: Path | None = None) -> list[psutil.Process]:
    """The process, its descendants, and those (with theirs) whose command line names ``folder``."""
    roots: list[psutil.Process] = []
    with contextlib.suppress(psutil.Error):
        roots.append(psutil.Process(pid))
    if folder is not None:
        roots.extend(
            found for found in psutil.process_iter() if found.pid != os.getpid() and _names(found, str(folder))
        )
    tree: dict[int, psutil.Process] = {}
    for root in roots:
        with contextlib.suppress(psutil.Error):
            for member in (root, *root.children(recursive=True)):
                tree.setdefault(member.pid, member)
    return list(tree.values())


def _names(process: psutil.Process, text: str) -> bool:
    try:
        return any(text in part for part in process.cmdline())
    except psutil.Error:
        return False


@dataclass(frozen=True, slots=True)
class Footprint:
    """Bytes of memory, where what processes share counts once. ``held``: what they wrote, and nobody can take back
    from them; ``shared``: the part of it in shared memory, as the database's buffers; ``mapped``: pages of files,
    which the kernel drops where it needs room."""

    held: int = 0
    mapped: int = 0
    shared: int = 0


def footprint(process: psutil.Process) -> Footprint:
    """Of one process: its proportional set. Elsewhere than on Linux all that is resident counts as held."""
    try:
        told = Path(f"/proc/{process.pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except ProcessLookupError:
        return Footprint()
    except OSError:
        with contextlib.suppress(psutil.Error):
            return Footprint(process.memory_info().rss)
        return Footprint()
    sizes = {name: int(size.split()[0]) << 10 for name, _, size in (line.partition(":") for line in told[1:])}
    mapped = sizes.get("Pss_File", 0)  # older systems do not tell it apart, and nothing of what ended
    return Footprint(sizes.get("Pss", 0) - mapped, mapped, sizes.get("Pss_Shmem", 0))


def summed_pss(processes: Sequence[psutil.Process]) -> int:
    """Bytes: proportional set sizes. Elsewhere than on Linux: resident."""
    found = [footprint(process) for process in processes]
    return sum(each.held + each.mapped for each in found)


def cpu_of(processes: Sequence[psutil.Process]) -> dict[int, float]:
    """Seconds of processor time by pid, in the program and in the kernel."""
    found: dict[int, float] = {}
    for process in processes:
        with contextlib.suppress(psutil.Error):
            times = process.cpu_times()
            found[process.pid] = times.user + times.system
    return found


@dataclass(slots=True)
class TreeWatch:
    """What was seen so far. ``peak``: bytes of memory; ``cpu``: seconds by pid, of those that ended too."""

    peak: int = 0
    samples: int = 0
    cpu: dict[int, float] = field(default_factory=dict)

    @property
    def cpu_seconds(self) -> float:
        """Of all processes. What each did since it was looked at last is not in it."""
        return sum(self.cpu.values())


@contextlib.contextmanager
def watch_tree(pid: int, folder: Path | None = None, interval: float = 0.5) -> Iterator[TreeWatch]:
    """Sample the tree's memory and processor time while the block runs."""
    seen = TreeWatch()
    done = threading.Event()

    def sample() -> None:
        members: list[psutil.Process] = []
        while not done.wait(interval):
            if seen.samples % 2 == 0 or not members:  # looking through all processes costs more than the sum
                members = tree_of(pid, folder)
            seen.peak = max(seen.peak, summed_pss(members))
            seen.cpu.update(cpu_of(members))
            seen.samples += 1

    thread = threading.Thread(target=sample, name="watch", daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        done.set()
        thread.join()


def end_tree(pid: int, folder: Path | None = None, *, grace: float = 0) -> None:
    """End a program that we started: asked first where ``grace`` (seconds) is given, then killed, with its tree."""
    members = tree_of(pid, folder)
    if grace:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
        psutil.wait_procs(members, timeout=grace)
    for member in members:
        with contextlib.suppress(psutil.Error):
            member.kill()
    psutil.wait_procs(members, timeout=10)


def folder_size(folder: Path) -> int:
    """Bytes that the folder's files take on disk (blocks, not lengths: preallocated files are what they are)."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += Path(parent, name).lstat().st_blocks * 512
    return total
