"""``python -m bench [WORKLOAD ...]``: run workloads, print their tables, keep their raw rows."""

import argparse
import shutil
import signal
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import uvloop
from rich.console import Console

from bench import machine
from bench.processes import BenchError
from bench.product import shown_settings
from bench.report import Recorder
from bench.stage import Options, Stage
from bench.workloads import WORKLOADS

RUNS = Path(__file__).parent / "runs"
_UNITS = {"k": 1_000, "m": 1_000_000}
_TOOLS = (("rg", "--version"), ("recollindex", "-h"), ("sha256sum", "--version"))


def main(arguments: list[str] | None = None) -> int:
    """Exit code: 0, or 1 where a workload could not be measured."""
    given = make_parser().parse_args(arguments)
    console = Console(width=None if sys.stdout.isatty() else 160)
    if given.list:
        for name, module in WORKLOADS.items():
            console.print(f"[bold]{name:22}[/bold] {(module.__doc__ or '').splitlines()[0]}", highlight=False)
        return 0
    unknown = [name for name in given.workloads if name not in WORKLOADS]
    if unknown:
        console.print(f"There is no workload {', '.join(unknown)}; there are: {', '.join(WORKLOADS)}")
        return 2
    options = Options(
        files=given.files,
        seed=given.seed,
        seconds=given.seconds,
        repeat=given.repeat,
        peers=given.peers,
        retrieval=given.retrieval,
        growth=tuple(given.growth),
        entities=given.entities,
        secrets=given.secrets,
        clean=given.clean,
        semcache=given.semcache,
        schemas=given.schemas,
        clients=given.clients,
    )
    folder = given.out or RUNS / f"{datetime.now(UTC):%Y-%m-%d}-{machine.label()}"
    if given.keep:
        work = given.keep
        work.mkdir(parents=True, exist_ok=True)
    else:  # of its own, below the one that was given: what is removed afterwards is only what was made here
        if given.work:
            given.work.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix="siss-bench-", dir=given.work))
    signal.signal(
        signal.SIGTERM, lambda *_: sys.exit(143)
    )  # so that what was started is ended, what was made removed
    failed = 0
    try:
        stage = Stage(options, work, console, Recorder(folder, "", console), kept=given.keep is not None)
        for name in given.workloads or WORKLOADS:
            failed += not _run(stage, name, WORKLOADS[name], folder, _shown_command(given))
    except KeyboardInterrupt:
        return 130
    finally:
        if not given.keep:
            shutil.rmtree(work, ignore_errors=True)
    return 1 if failed else 0


def _run(stage: Stage, name: str, module: ModuleType, folder: Path, command: str) -> bool:
    stage.recorder = Recorder(folder, name, stage.console)
    before = machine.load_average()
    try:
        rows = uvloop.run(module.run(stage))
    except (BenchError, OSError) as error:
        stage.console.print(f"[red]{name}: not measured: {error}[/red]\n", highlight=False)
        return False
    if rows:
        stage.recorder.finish(
            rows,
            command=command,
            machine=machine.describe(),
            versions=machine.versions(*_TOOLS),
            settings=shown_settings(),
            load_before=before,
            load_after=machine.load_average(),
            corpora=stage.corpora(),
        )
    return True


def make_parser() -> argparse.ArgumentParser:
    """The options; docs/benchmarks.md has them all."""
    parser = argparse.ArgumentParser(
        prog="python -m bench", description="Workloads for the budgets; see docs/benchmarks.md."
    )
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD", help="which (default: all)")
    parser.add_argument("--list", action="store_true", help="name the workloads and end")
    parser.add_argument(
        "--files", type=_count, default=5000, help="files in the corpus: 5000, 25k, 1M (default: 5000)"
    )
    parser.add_argument("--seed", type=int, default=1, help="of corpus and questions (default: 1)")
    parser.add_argument("--seconds", type=float, default=20, help="length of each search load (default: 20)")
    parser.add_argument(
        "--repeat", type=int, default=1, help="first indexings, of which the median counts (default: 1)"
    )
    parser.add_argument("--clients", type=_count, default=100, help="people of the clients workload (default: 100)")
    parser.add_argument("--no-peers", dest="peers", action="store_false", help="leave Recoll and bare Tantivy out")
    parser.add_argument("--growth", type=_counts, default=(), metavar="N,N,...", help="sizes of the growth workload")
    parser.add_argument(
        "--retrieval", type=Path, metavar="DIR", help="a BEIR-style folder for the retrieval workload"
    )
    parser.add_argument(
        "--entities", type=Path, metavar="DIR", help="labelled lines of logs for the entities workload"
    )
    parser.add_argument(
        "--secrets", type=Path, metavar="DIR", help="labelled strings (labelled.jsonl) for the secrets workload"
    )
    parser.add_argument(
        "--clean", type=Path, metavar="DIR", help="text in which the secrets workload counts what hides files"
    )
    parser.add_argument(
        "--schemas", type=Path, metavar="DIR", help="families of JSON files for the structure workload"
    )
    parser.add_argument(
        "--semcache", type=Path, metavar="DIR", help="labelled pairs (pairs.jsonl) for the gateway_cache workload"
    )
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="where raw rows go (default: bench/runs/<date>-<machine>)"
    )
    parser.add_argument(
        "--work", type=Path, metavar="DIR", help="where corpora and indexes lie meanwhile (default: temporary)"
    )
    parser.add_argument(
        "--keep", type=Path, metavar="DIR", help="the same, but what is made there stays, and is used by later runs"
    )
    return parser


def _count(text: str) -> int:
    unit = _UNITS.get(text[-1:].lower(), 1)
    count = int(float(text[:-1] if unit > 1 else text) * unit)
    if count < 1:
        raise argparse.ArgumentTypeError("at least one file")
    return count


def _counts(text: str) -> tuple[int, ...]:
    return tuple(_count(part) for part in text.split(","))


def _shown_command(given: argparse.Namespace) -> str:
    # places of this machine do not belong into rows that are kept
    parts = [
        "python -m bench",
        *given.workloads,
        f"--files {given.files}",
        f"--seed {given.seed}",
        f"--seconds {given.seconds:g}",
    ]
    if given.repeat > 1:
        parts.append(f"--repeat {given.repeat}")
    if given.clients != 100:
        parts.append(f"--clients {given.clients}")
    if not given.peers:
        parts.append("--no-peers")
    if given.growth:
        parts.append(f"--growth {','.join(map(str, given.growth))}")
    if given.retrieval:
        parts.append(f"--retrieval {given.retrieval.name}")
    if given.entities:
        parts.append(f"--entities {given.entities.name}")
    if given.schemas:
        parts.append(f"--schemas {given.schemas.name}")
    if given.secrets:
        parts.append(f"--secrets {given.secrets.name}")
    if given.clean:
        parts.append(f"--clean {given.clean.name}")
    if given.semcache:
        parts.append(f"--semcache {given.semcache.name}")
    return " ".join(parts)


if __name__ == "__main__":
    sys.exit(main())
