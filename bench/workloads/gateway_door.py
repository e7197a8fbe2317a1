"""The gateway's door: hits, misses, streams over HTTP, beside a bare server, a bare forwarder, and litellm's proxy.

All of them are asked in turns of a few hundred requests, so that what else the machine does meets all alike; what a
door adds is the difference of its median to that of the model host asked straight. The client is one process, the
host another, so on two cores 32 clients leave the gateway about one.
"""

import asyncio
import contextlib
import itertools
import os
import socket
import statistics
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.load import percentile
from bench.peers import litellm
from bench.pipe import Samples, closed_loop, make_body
from bench.processes import BenchError, cpu_of, end_tree, tree_of
from bench.report import Beside, Budget, Row
from bench.stage import Stage, remove_folder

TURNS = 5
HITS = 500
CROWD = 32
CROWD_HITS = 4000
MISSES = 200
STREAMS = 25
PEERS_SHARE = 5
"""litellm takes so many times as long: it is asked as much less often."""

TOKEN_SECONDS = 0.002
_ROOT = Path(__file__).parents[2]
_CONFIG = """[server]
port = {port}
[hosts.host]
url = "http://127.0.0.1:{host}"
slots = 64
[hosts.slow]
url = "http://127.0.0.1:{slow}"
slots = 64
[models.host]
hosts = ["host"]
[models.slow]
hosts = ["slow"]
"""


@dataclass(slots=True)
class Door:
    """Something that answers. ``marks``: what the headers of a hit hold. ``cpu``: seconds, by kind of request."""

    name: str
    port: int
    pid: int
    hit: bytes = b""
    miss: bytes = b""
    share: int = 1
    samples: dict[str, list[Samples]] = field(default_factory=dict)
    cpu: dict[str, float] = field(default_factory=dict)

    async def measure(self, kind: str, body: Callable[[], bytes], requests: int, lanes: int, marker: bytes) -> None:
        """One turn."""
        before = sum(cpu_of(tree_of(self.pid)).values())
        taken = await closed_loop(self.port, body, lanes=lanes, requests=requests, marker=marker)
        self.cpu[kind] = self.cpu.get(kind, 0.0) + sum(cpu_of(tree_of(self.pid)).values()) - before
        if taken.failed:
            raise BenchError(f"{self.name}: {taken.failed} of {requests} answers ({kind}) are not what was asked for")
        self.samples.setdefault(kind, []).append(taken)

    def whole(self, kind: str) -> float:
        """Milliseconds to the last byte, median."""
        return statistics.median(itertools.chain.from_iterable(each.whole for each in self.samples[kind]))

    def first(self, kind: str) -> float:
        """Milliseconds to the first byte of the body, median."""
        return statistics.median(itertools.chain.from_iterable(each.first for each in self.samples[kind]))

    def rate(self, kind: str) -> float:
        """Answers a second, median of the turns."""
        return statistics.median(each.per_second for each in self.samples[kind])

    def best(self, kind: str) -> float:
        """The best turn: what it comes to where nobody else uses the machine."""
        return max(each.per_second for each in self.samples[kind])

    def spent(self, kind: str) -> float:
        """Microseconds of processor time an answer."""
        return self.cpu[kind] * 1e6 / sum(len(each.whole) for each in self.samples[kind])


async def run(stage: Stage) -> list[Row]:
    """Hits of one client and of many; what a miss and the first token of a stream cost more than without a door."""
    async with contextlib.AsyncExitStack() as stack:
        host, slow, port = free_port(), free_port(), free_port()
        straight = await _start(stack, "bare server", host, ["bench.model_host", str(host)])
        straight_slow = await _start(stack, "bare server", slow, ["bench.model_host", str(slow), str(TOKEN_SECONDS)])
        folder = stage.work / "gateway-door"
        remove_folder(folder)  # of an earlier run: nothing may be known yet
        folder.mkdir(parents=True)
        file = folder / "gateway.toml"
        file.write_text(_CONFIG.format(port=port, host=host, slow=slow))
        door = await _start(stack, "gateway", port, ["siss", "gateway", "-c", str(file), "--data-dir", str(folder)])
        door.hit, door.miss = b"x-siss-cache: hit-exact", b"x-siss-cache: miss"
        forwarder = await _start_forwarder(stack, host)
        forwarder_slow = await _start_forwarder(stack, slow)
        peer = await _start_litellm(stack, stage, host, slow)
        peers = [peer] if peer is not None else []
        fresh = map(str, itertools.count())
        for turn in range(TURNS + 1):
            for each in [straight, door, *peers]:
                await _hits(each)
            for each in [straight, door, forwarder, *peers]:
                await each.measure("miss", _asker(fresh, "host"), MISSES // each.share, 1, each.miss)
            for each in [straight_slow, door, forwarder_slow, *peers]:
                asker = _asker(fresh, "slow", stream=True)
                await each.measure("stream", asker, max(5, STREAMS // each.share), 1, each.miss)
            if not turn:  # everything is warm now
                for each in [straight, straight_slow, door, forwarder, forwarder_slow, *peers]:
                    each.samples.clear()
                    each.cpu.clear()
        for each in [straight, straight_slow, door, forwarder, forwarder_slow, *peers]:
            _keep(stage, each)
        return [
            *_hit_rows(straight, door, peers),
            _added("miss: added, p50", Door.whole, "miss", straight, door, [forwarder, *peers]),
            _added("stream: first token, added, p50", Door.first, "stream", straight_slow, door,
                   [forwarder_slow, *peers]),
        ]  # fmt: skip


async def _hits(door: Door) -> None:
    body = make_body("Which of the hosts failed last night?")
    await closed_loop(door.port, lambda: body, lanes=1, requests=2)  # so that it is one
    await door.measure("hit", lambda: body, HITS // door.share, 1, door.hit)
    await door.measure("crowd", lambda: body, CROWD_HITS // door.share, CROWD, door.hit)


def _asker(fresh: Iterator[str], model: str, *, stream: bool = False) -> Callable[[], bytes]:
    """Questions that nobody asked before."""
    return lambda: make_body(f"Which host failed in night {next(fresh)}?", model, stream=stream)


def _hit_rows(straight: Door, door: Door, peers: Sequence[Door]) -> list[Row]:
    others = [straight, *peers]
    answers = sum(len(each.whole) for each in door.samples["hit"])
    crowd = sum(len(each.whole) for each in door.samples["crowd"])
    return [
        Row("exact hit, one client, p50", door.whole("hit"), "ms", f"{answers:,}",
            [Beside(each.name, each.whole("hit")) for each in others], Budget(0.5)),
        Row(f"exact hits, {CROWD} clients, median turn", door.rate("crowd"), "1/s", f"{crowd:,}",
            [Beside(each.name, each.rate("crowd")) for each in others], Budget(8000, most=False)),
        Row(f"exact hits, {CROWD} clients, best turn", door.best("crowd"), "1/s", f"{crowd:,}",
            [Beside(each.name, each.best("crowd")) for each in others]),
        Row("processor time of a hit", door.spent("crowd"), "µs", "",
            [Beside(each.name, each.spent("crowd")) for each in others]),
    ]  # fmt: skip


def _added(
    name: str, median: Callable[[Door, str], float], kind: str, straight: Door, door: Door, others: Sequence[Door]
) -> Row:
    base = median(straight, kind)
    count = f"{sum(len(each.whole) for each in door.samples[kind]):,}; straight {base:.2f} ms"
    beside = [Beside(f"{each.name}: added", median(each, kind) - base) for each in others]
    return Row(name, median(door, kind) - base, "ms", count, beside, Budget(1))


def _keep(stage: Stage, door: Door) -> None:
    for kind, turns in door.samples.items():
        stage.recorder.keep(
            "door",
            name=door.name,
            requests=kind,
            answers=sum(len(each.whole) for each in turns),
            first_ms=_spread([value for each in turns for value in each.first]),
            whole_ms=_spread([value for each in turns for value in each.whole]),
            turns_p50_ms=[round(statistics.median(each.whole), 4) for each in turns],
            per_second=[round(each.per_second, 1) for each in turns],
            cpu_us=round(door.spent(kind), 1),
        )


def _spread(values: Sequence[float]) -> dict[str, float]:
    """Percentiles: there are tens of thousands of answers."""
    return {f"p{percent}": round(percentile(values, percent), 4) for percent in (1, 10, 25, 50, 75, 90, 99, 100)}


async def _start(stack: contextlib.AsyncExitStack, name: str, port: int, module: Sequence[str]) -> Door:
    return await stack.enter_async_context(_running(name, port, _open(module)))


async def _start_forwarder(stack: contextlib.AsyncExitStack, host: int) -> Door:
    port = free_port()
    return await _start(stack, "bare forwarder", port, ["bench.peers.forwarder", str(port), str(host)])


async def _start_litellm(stack: contextlib.AsyncExitStack, stage: Stage, host: int, slow: int) -> Door | None:
    if not stage.options.peers:
        return None
    stage.say(f"litellm {litellm.VERSION}, in an environment of its own")
    try:
        folder = litellm.install(stage.work / f"litellm-{litellm.VERSION}")
    except BenchError as error:
        stage.say(f"litellm cannot be installed: its rows are left out ({error})")
        return None
    port = free_port()
    name = f"litellm {litellm.VERSION}"
    door = await stack.enter_async_context(_running(name, port, litellm.start(folder, port, host, slow)))
    door.share = PEERS_SHARE
    door.hit = b"x-litellm-cache-key"
    return door


@contextlib.asynccontextmanager
async def _running(name: str, port: int, process: "subprocess.Popen[bytes]") -> AsyncIterator[Door]:
    try:
        await _until_it_listens(name, port, process)
        yield Door(name, port, process.pid)
    finally:
        end_tree(process.pid, grace=5)
        process.wait()


async def _until_it_listens(name: str, port: int, process: "subprocess.Popen[bytes]") -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(120):
            while process.poll() is None:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                except OSError:
                    await asyncio.sleep(0.05)
                    continue
                writer.close()
                return
    raise BenchError(f"{name} did not begin to listen")


def _open(module: Sequence[str]) -> "subprocess.Popen[bytes]":
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SISS_")}
    quiet = subprocess.DEVNULL
    return subprocess.Popen([sys.executable, "-m", *module], cwd=_ROOT, env=environment, stdout=quiet, stderr=quiet)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port
