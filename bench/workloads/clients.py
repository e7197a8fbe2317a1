"""A hundred people who search, read and upload while files arrive: two minutes to warm up, then two that count."""

import asyncio
import os
import shutil
import statistics
import time
from collections import Counter
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from bench.corpus import Generator
from bench.load import closed_loop, percentile
from bench.people import Deed, Sort, work
from bench.processes import cpu_of, footprint, tree_of
from bench.product import Product, Server, role_of
from bench.report import Beside, Budget, Row
from bench.stage import Stage

LENGTH = 6
"""Times ``--seconds``: two minutes by default, and before them as long for warming up, under the same load."""
NEW_SEED, UPLOAD_SEED = 15_485_863, 32_452_843
MARK = "uploadedbysomebody"
"""A word that every uploaded file holds, and no other."""
MEGABYTE = 1e6
SAMPLE_SECONDS = 3.0
"""Looking at forty processes takes time that what is measured then lacks."""
LOOKS = 20
"""How often uploads are asked for, half a second apart, when all is indexed: what is missing then is lost."""


@dataclass(slots=True)
class _Seen:
    """What the product took in one of the two stretches. ``held``, ``shared``, ``mapped``: MB, at each sample;
    ``sizes``: of each process; ``roles``: what is held by role at each sample, and by how many processes.

    ``cpu``: seconds by process, at first and last sight.
    """

    held: list[float] = field(default_factory=list)
    mapped: list[float] = field(default_factory=list)
    shared: list[float] = field(default_factory=list)
    sizes: dict[tuple[str, int], list[float]] = field(default_factory=dict)
    roles: list[dict[str, tuple[float, int]]] = field(default_factory=list)
    cpu: dict[int, tuple[float, float]] = field(default_factory=dict)
    seconds: float = 0.0

    async def sample(self, server: Server, product: Product) -> None:
        """Until cancelled."""
        begun = time.perf_counter()
        while True:
            members = await asyncio.to_thread(tree_of, server.pid, product.state)
            found = {one.pid: await asyncio.to_thread(footprint, one) for one in members}
            self.held.append(sum(each.held for each in found.values()) / MEGABYTE)
            roles: dict[str, tuple[float, int]] = {}
            for one in members:
                role = role_of(one, server.pid)
                held, many = roles.get(role, (0.0, 0))
                roles[role] = (held + found[one.pid].held / MEGABYTE, many + 1)
            self.roles.append(roles)
            self.mapped.append(sum(each.mapped for each in found.values()) / MEGABYTE)
            self.shared.append(sum(each.shared for each in found.values()) / MEGABYTE)
            for one in members:
                size = (found[one.pid].held + found[one.pid].mapped) / MEGABYTE
                self.sizes.setdefault((role_of(one, server.pid), one.pid), []).append(round(size, 1))
            for pid, seconds in cpu_of(members).items():
                self.cpu[pid] = (self.cpu.get(pid, (seconds, 0.0))[0], seconds)
            self.seconds = time.perf_counter() - begun
            await asyncio.sleep(SAMPLE_SECONDS)

    @property
    def busy(self) -> float:
        """Processors in use, on average."""
        return sum(last - first for first, last in self.cpu.values()) / max(self.seconds, SAMPLE_SECONDS)


async def run(stage: Stage) -> list[Row]:
    """Half as many files as are indexed arrive in each stretch, evenly; at the end every upload must be found."""
    built = stage.built()
    root, seconds = built.corpus.root, stage.options.seconds * LENGTH
    questions = [question.path() for question in stage.mix(built.corpus)]
    arriving = stage.corpus(stage.options.files, seed=NEW_SEED)
    files, cold, seen = _uploads(arriving.generator), _Seen(), _Seen()
    uploads = root / "uploads"
    uploads.mkdir()
    try:
        async with built.product.serving(root, settings={"SISS_UPLOAD_ROOT": str(uploads)}) as server:
            alone, _ = await closed_loop(server.address, questions, requests=min(300, len(questions)))
            clients, seed = stage.options.clients, stage.options.seed
            at_work = partial(work, server.address, questions, files, people=clients, seed=seed, seconds=seconds)
            async with _beside(_trickle(arriving.root, root / "arriving", 2 * seconds)):
                async with _beside(cold.sample(server, built.product)):
                    before = await at_work()
                async with _beside(seen.sample(server, built.product)):
                    deeds = await at_work()
            await server.wait_idle()
            sent = sum(deed.sort == "upload" and deed.fine for deed in (*before, *deeds))
            found = await _count_found(server, sent)
            for fault in server.faults()[:3]:
                stage.say(fault)
            for folder in ("arriving", "uploads"):
                shutil.rmtree(root / folder)
            uploads.mkdir()
            await server.scan()
            await server.wait_idle()
    finally:
        shutil.rmtree(uploads)
    stage.forget(arriving)
    _keep(stage, "warming up", before, cold)
    _keep(stage, "warm", deeds, seen)
    arrived, asked = arriving.manifest.files, len(before) + len(deeds)
    return [
        *_latencies(deeds, percentile([answer.ms for answer in alone], 95)),
        Row("errors", sum(not deed.fine for deed in (*before, *deeds)), "", f"of {asked:,}", (), Budget(0)),
        Row("uploads not found", max(0, sent - found), "files", f"of {sent:,}", (), Budget(0)),
        *_growth(cold, seen),
        *_roles(cold, seen),
        Row("processors busy with it", seen.busy, "", "the client's apart"),
        Row("arrived meanwhile", arrived / (2 * seconds) * 60, "files/min", f"{arrived:,}, and uploads"),
    ]


async def _count_found(server: Server, sent: int) -> int:
    """How many uploads are found. Those that answer see a commit a moment later, on a busy machine longer."""
    found = 0
    for _ in range(LOOKS):
        if (found := await server.total(MARK)) >= sent:
            break
        await asyncio.sleep(0.5)
    return found


@asynccontextmanager
async def _beside(*acts: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Do these meanwhile."""
    tasks = [asyncio.create_task(act) for act in acts]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _trickle(source: Path, target: Path, seconds: float) -> None:
    """Put files in, some every second, so that there is always something to index."""
    files = sorted(Path(folder, name) for folder, _, names in os.walk(source) for name in names)
    begun, moved = time.perf_counter(), 0
    while moved < len(files):
        due = min(len(files), int(len(files) * (time.perf_counter() - begun) / (seconds * 0.95)) + 1)
        for file in files[moved:due]:
            place = target / file.relative_to(source)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.hardlink_to(file)  # there at once and whole, as after a rename
        moved = due
        await asyncio.sleep(1.0)


def _uploads(generator: Generator) -> Iterator[tuple[str, bytes]]:
    """Logs and configs as people have them, each with the mark."""
    made = Generator(generator.world.sources, UPLOAD_SEED)
    number = 0
    while True:
        file = made.make(number)
        yield f"{number:06}-{Path(file.path).name.split('.')[0]}.txt", f"{MARK} {number}\n{file.text}".encode()
        number += 1


def _latencies(deeds: list[Deed], alone: float) -> list[Row]:
    rows = []
    sorts: tuple[Sort, ...] = ("search", "read", "upload")
    for sort in sorts:
        times = [deed.ms for deed in deeds if deed.sort == sort and deed.fine]
        budget = Budget(100) if sort == "search" else None
        beside = [Beside("one client, idle", alone)] if sort == "search" else []
        rows.append(Row(f"{sort}: p50", percentile(times, 50), "ms", f"{len(times):,}"))
        rows.append(Row(f"{sort}: p95", percentile(times, 95), "ms", "", beside, budget))
        rows.append(Row(f"{sort}: longest", max(times, default=0.0), "ms"))
    return rows


def _growth(cold: _Seen, seen: _Seen) -> list[Row]:
    """The second quarter against the last, once warm; beside it the same of the stretch that filled the caches.

    Pages of the index that are mapped grow as the index does, by half here: they are told, and not judged. Shared
    memory is judged with the rest, and told apart: the database's buffers fill up to their setting, and no further.
    """
    before, after = _quarters(seen.held)
    shared_before, shared_after = _quarters(seen.shared)
    files_before, files_after = _quarters(seen.mapped)
    warming = [Beside("while warming up", _percent(*_quarters(cold.held)))]
    return [
        Row(
            "memory held, last quarter", after, "MB", f"{len(seen.held)} samples", [Beside("second quarter", before)]
        ),
        Row("memory held grew by", _percent(before, after), "%", "", warming, Budget(5)),
        Row("of it shared, last quarter", shared_after, "MB", "", [Beside("second quarter", shared_before)]),
        Row("pages of files, last quarter", files_after, "MB", "", [Beside("second quarter", files_before)]),
    ]


def _percent(before: float, after: float) -> float:
    """By how much it grew."""
    return (after / before - 1) * 100


def _roles(cold: _Seen, seen: _Seen) -> list[Row]:
    """Where what is held lies, the most first: at the very start, in the second quarter once warm, at the end."""
    rows = []
    for role in {role for sample in seen.roles for role in sample}:
        held = [sample.get(role, (0.0, 0))[0] for sample in seen.roles]
        before, after = _quarters(held)
        many = max(sample.get(role, (0.0, 0))[1] for sample in seen.roles)
        start = cold.roles[0].get(role, (0.0, 0))[0]
        beside = [Beside("at the start", start), Beside("second quarter", before)]
        rows.append(Row(f"memory held: {role}", after, "MB", f"last quarter, {many} processes at most", beside))
    return sorted(rows, key=lambda row: -row.value)


def _quarters(samples: list[float]) -> tuple[float, float]:
    """Medians of the second quarter and of the last."""
    quarter = max(1, len(samples) // 4)
    return statistics.median(samples[quarter : 2 * quarter] or samples), statistics.median(samples[-quarter:])


def _keep(stage: Stage, stretch: str, deeds: list[Deed], seen: _Seen) -> None:
    for sort in sorted({deed.sort for deed in deeds}):
        mine = [deed for deed in deeds if deed.sort == sort]
        at, ms = [deed.at for deed in mine], [deed.ms for deed in mine]
        stage.recorder.keep("deeds", stretch=stretch, sort=sort, at=at, ms=ms)
    wrong = Counter((deed.sort, deed.status, deed.what[:200]) for deed in deeds if not deed.fine)
    for (sort, status, what), times in wrong.most_common(20):
        stage.recorder.keep("error", stretch=stretch, sort=sort, status=status, what=what, times=times)
        stage.say(f"{times} times {status} for {sort}: {what}")
    stage.recorder.keep(
        "memory",
        stretch=stretch,
        mb=[round(sum(each), 1) for each in zip(seen.held, seen.mapped, strict=True)],
        held=[round(each, 1) for each in seen.held],
        by_role=[{role: round(held, 1) for role, (held, _) in sample.items()} for sample in seen.roles],
        by_process=[(role, sizes) for (role, _), sizes in seen.sizes.items()],
    )
