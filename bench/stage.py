"""What workloads share: the options of a run, corpora and indexes that are made once, and the end of all of it."""

import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from rich.console import Console

from bench import machine
from bench.corpus import Corpus, Generator, Manifest, Variant, write_corpus
from bench.peers import bare, limits, recoll
from bench.processes import Finished
from bench.product import Indexed, Product
from bench.queries import Question, make_mix
from bench.report import Recorder
from bench.sources import Sources, read_sources

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Options:
    """``seconds``: of each search load; ``retrieval``: a BEIR folder; ``growth``: sizes in files.

    ``entities``: a folder with ``log_slots.jsonl``, lines of logs with the entities that each holds;
    ``secrets``: a folder with ``labelled.jsonl``, strings that are secrets or not; ``clean``: one with text in which
    findings are counted; ``schemas``: one with families of JSON files (``FAMILY/instances``, ``FAMILY/negative``).
    """

    files: int = 5000
    seed: int = 1
    seconds: float = 20.0
    repeat: int = 1
    peers: bool = True
    retrieval: Path | None = None
    growth: tuple[int, ...] = ()
    entities: Path | None = None
    secrets: Path | None = None
    clean: Path | None = None
    semcache: Path | None = None
    schemas: Path | None = None
    clients: int = 100


@dataclass(frozen=True, slots=True)
class Built:
    """A corpus that the product has indexed from nothing. ``indexed``: the run of median length."""

    corpus: Corpus
    product: Product
    indexed: Indexed


@dataclass(slots=True)
class Stage:
    """One run of the benchmarks. ``work``: a folder of its own, removed at the end by the caller.

    ``kept``: or it is there to stay, and what an earlier run made in it is used again: the million files.
    """

    options: Options
    work: Path
    console: Console
    recorder: Recorder
    kept: bool = False
    _made: dict[tuple[str, ...], Any] = field(default_factory=dict)

    def say(self, text: str) -> None:
        """A line about what goes on."""
        self.console.print(f"[dim]… {text}[/dim]")

    def corpus(self, files: int | None = None, variant: Variant = "mixed", seed: int | None = None) -> Corpus:
        """A corpus of that size, made once a run."""
        files, seed = files or self.options.files, seed or self.options.seed
        return self._once(("corpus", variant, str(files), str(seed)), lambda: self._write(files, variant, seed))

    def _write(self, files: int, variant: Variant, seed: int) -> Corpus:
        sources: Sources = self._once(("sources",), read_sources)
        generator = Generator(sources, seed, variant)
        root = self.work / f"corpus-{variant}-{files}-{seed}"
        if (made := self._earlier(root)) is not None:
            return Corpus(root, Manifest(**made), generator)
        corpus = write_corpus(root, generator, files)
        found = corpus.manifest
        self._note(root, found)
        self.say(
            f"corpus: {variant}, {found.files:,} files, {found.bytes / 1e6:,.1f} MB, "
            f"{found.bytes / found.files / 1e3:.1f} KB on average, {found.duplicates:,} duplicates, "
            f"made in {found.seconds:.1f} s, sha256 {found.digest[:16]}"
        )
        limits.hash_all(corpus.root)  # every measurement is of files that the page cache holds
        return corpus

    def built(self, files: int | None = None, variant: Variant = "mixed") -> Built:
        """That corpus, indexed by the product from nothing (the median of the repetitions counts)."""
        corpus = self.corpus(files, variant)
        return self._once(("built", corpus.root.name), lambda: self._index(corpus))

    def _index(self, corpus: Corpus) -> Built:
        runs: list[Indexed] = []
        product = Product(self.work / f"state-{corpus.root.name}")
        if (made := self._earlier(product.state)) is not None:
            return Built(corpus, product, Indexed(**{**made, "run": Finished(**made["run"])}))
        for number in range(self.options.repeat):
            if number:
                remove_folder(product.state)
            self.say(f"siss index: {corpus.manifest.files:,} files, run {number + 1} of {self.options.repeat}")
            before = machine.load_average()
            found = product.index(corpus.root)
            runs.append(found)
            self.recorder.keep(
                "siss index",
                corpus=corpus.root.name,
                load_before=before,
                load_after=machine.load_average(),
                files=found.files,
                bytes=found.bytes,
                chunks=found.chunks,
                seconds=found.seconds,
                skipped=found.skipped,
                **numbers(found.run),
            )
        middle = sorted(runs, key=lambda run: run.run.seconds)[len(runs) // 2]
        self._note(product.state, middle)
        return Built(corpus, product, middle)

    def recoll_index(self, corpus: Corpus) -> recoll.RecollIndex | None:
        """Recoll's index of it, None where peers are not wanted or it is not installed."""
        if not self.options.peers:
            return None
        if not recoll.is_installed():
            self._once(("hint",), lambda: self.say(recoll.HINT))
            return None
        return self._once(("recoll", corpus.root.name), lambda: self._recoll(corpus))

    def _recoll(self, corpus: Corpus) -> recoll.RecollIndex:
        self.say(f"recollindex: {corpus.manifest.files:,} files")
        index = recoll.build(corpus.root, self.work / f"recoll-{corpus.root.name}")
        self.recorder.keep(
            "recollindex", corpus=corpus.root.name, documents=index.documents, size=index.size, **numbers(index.run)
        )
        return index

    def bare_index(self, corpus: Corpus) -> bare.BareIndex:
        """Bare Tantivy over the same texts, each content once."""
        return self._once(("bare", corpus.root.name), lambda: self._bare(corpus))

    def _bare(self, corpus: Corpus) -> bare.BareIndex:
        self.say("bare tantivy on the same text")
        texts = ((made.path, made.text) for made in corpus.files() if not made.duplicate)
        index = bare.build(self.work / f"bare-{corpus.root.name}", texts)
        self.recorder.keep(
            "bare tantivy",
            corpus=corpus.root.name,
            chunks=index.chunks,
            text=index.text,
            seconds=index.seconds,
            size=index.size,
        )
        return index

    def mix(self, corpus: Corpus) -> list[Question]:
        """The questions for it."""
        return self._once(("mix", corpus.root.name), lambda: make_mix(corpus.generator, corpus.manifest.files))

    def forget(self, corpus: Corpus) -> None:
        """Remove a corpus and all that was built on it, unless it is kept."""
        if self.kept:
            return
        for key in [key for key in self._made if corpus.root.name in key or self._made[key] is corpus]:
            del self._made[key]
        for kind in ("state", "recoll", "bare"):
            remove_folder(self.work / f"{kind}-{corpus.root.name}")
        remove_folder(corpus.root)

    def corpora(self) -> list[dict[str, object]]:
        """Manifests of the corpora of this run."""
        return [made.manifest.as_json() for made in self._made.values() if isinstance(made, Corpus)]

    def _earlier(self, folder: Path) -> dict[str, Any] | None:
        """What an earlier run noted of a folder that it kept."""
        note = folder.with_name(f"{folder.name}.json")
        if not (self.kept and folder.exists() and note.exists()):
            return None
        found: dict[str, Any] = json.loads(note.read_bytes())
        return found

    def _note(self, folder: Path, made: Manifest | Indexed) -> None:
        if self.kept:
            folder.with_name(f"{folder.name}.json").write_text(json.dumps(asdict(made)))

    def _once(self, key: tuple[str, ...], make: Callable[[], T]) -> T:
        if key not in self._made:
            self._made[key] = make()
        found: T = self._made[key]
        return found


def numbers(done: Finished) -> dict[str, float]:
    """A finished program as a raw row."""
    return {
        "wall_seconds": round(done.seconds, 3),
        "cpu_seconds": round(done.cpu_seconds, 2),
        "peak_pss": done.peak_pss,
    }


def remove_folder(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
