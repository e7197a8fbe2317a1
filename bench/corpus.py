"""Corpora of a chosen size: the same seed, size and installed packages give the same bytes on any machine.

A file is a pure function of (world, seed, number), so corpora are made by all cores, queries are made without
reading anything back, and a larger corpus begins with the files of a smaller one. A duplicate is the content of an
earlier number under a path of its own.
"""

import gzip
import hashlib
import multiprocessing
import os
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from random import Random
from typing import Literal

from bench import templates
from bench.sources import Sources
from bench.world import World, make_world, pick

Variant = Literal["mixed", "tiny"]

DUPLICATES = 0.08
LARGEST = 400_000
"""characters: the end of the sizes' tail."""
_BATCH = 250


@dataclass(frozen=True, slots=True)
class Family:
    """A sort of file. ``share``: of all files, in percent; ``median``: characters; ``spread``: of their logarithm."""

    name: str
    share: float
    median: int
    spread: float
    folder: str
    suffixes: tuple[str, ...]
    make: templates.Maker


MIXED = (
    Family("syslog", 8, 8000, 1.2, "logs/{host}", (".log",), templates.syslog),
    Family("access log", 6, 12000, 1.2, "logs/{host}/web", (".log", ".access.log"), templates.access_log),
    Family("application log", 7, 10000, 1.2, "logs/{service}", (".log",), templates.app_log),
    Family("python log", 5, 7000, 1.2, "logs/{service}", (".log", ".out"), templates.python_log),
    Family("json log", 4, 9000, 1.2, "logs/{service}/json", (".jsonl", ".log"), templates.json_log),
    Family("json config", 22, 2200, 1.1, "configs/{service}", (".json",), templates.json_config),
    Family("csv export", 12, 5500, 1.3, "exports/{year}", (".csv",), templates.csv_export),
    Family("pom", 5, 3500, 1.0, "projects/{service}", (".xml", ".pom"), templates.xml_pom),
    Family("feed", 5, 5500, 1.1, "exports/feeds", (".xml",), templates.xml_feed),
    Family("env", 3, 900, 0.9, "configs/{host}", (".env",), templates.key_values),
    Family("ini and toml", 4, 1800, 1.0, "configs/{host}", (".ini", ".toml", ".conf"), templates.sections),
    Family("yaml", 4, 2200, 1.0, "configs/{service}/deploy", (".yaml", ".yml"), templates.yaml_manifest),
    Family("notes", 9, 4200, 1.2, "docs/{service}", (".md", ".txt"), templates.notes),
    Family("code", 6, 4500, 1.1, "projects/{service}/src", (".py", ".txt"), templates.code),
)
TINY = (Family("tiny json", 100, 480, 0.5, "state/{service}/{year}", (".json",), templates.json_record),)
_TINY_LARGEST = 1500
_LOGS = frozenset({"syslog", "access log", "application log", "python log"})


@dataclass(frozen=True, slots=True)
class MadeFile:
    """One file before it is written. ``text`` is what a reader would see, ``data`` the bytes on disk."""

    path: str
    family: str
    text: str
    data: bytes
    encoding: str
    duplicate: bool
    mtime: float


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a corpus is. ``bytes``: on disk; ``text_bytes``: of the text as UTF-8, decompressed, duplicates counted;
    ``unique_text_bytes``: each content once; ``digest`` and ``inputs``: hex sha256 of paths and bytes, of sources."""

    variant: Variant
    seed: int
    files: int
    bytes: int
    text_bytes: int
    unique_text_bytes: int
    duplicates: int
    families: dict[str, int]
    encodings: dict[str, int]
    digest: str
    inputs: str
    seconds: float

    def as_json(self) -> dict[str, object]:
        """For the raw rows."""
        return asdict(self)


class Generator:
    """Files by number."""

    def __init__(self, sources: Sources, seed: int, variant: Variant = "mixed") -> None:
        self.seed = seed
        self.variant = variant
        self.world: World = make_world(sources, seed)
        self._families = MIXED if variant == "mixed" else TINY
        self._edges = [sum(family.share for family in self._families[: i + 1]) for i in range(len(self._families))]

    def make(self, number: int) -> MadeFile:
        """The file of that number."""
        rng = Random(f"{self.variant}:{self.seed}:{number}")
        origin = number
        while rng.random() < DUPLICATES and origin:
            origin = int(rng.random() * origin)
            rng = Random(f"{self.variant}:{self.seed}:{origin}")
        at = rng.random() * self._edges[-1]
        family = self._families[next(i for i, edge in enumerate(self._edges) if at < edge)]
        suffix = pick(rng, family.suffixes)
        target = min(LARGEST, int(family.median * rng.lognormvariate(0, family.spread)))
        if self.variant == "tiny":
            target = min(target, _TINY_LARGEST)
        text = family.make(rng, self.world, max(60, target))
        text, data, encoding, suffix = self._encode(rng, family, text, suffix)
        path = self._path(Random(f"path:{self.seed}:{number}"), family, number, suffix)
        return MadeFile(path, family.name, text, data, encoding, origin != number, 1_704_067_200 + rng.random() * 9e7)

    def _encode(self, rng: Random, family: Family, text: str, suffix: str) -> tuple[str, bytes, str, str]:
        chance = rng.random()
        if self.variant == "tiny":
            return text, text.encode(), "utf-8", suffix
        if family.name in _LOGS and chance < 0.1:
            return text, gzip.compress(text.encode(), 6, mtime=0), "gzip", f"{suffix}.gz"
        if family.name in {"notes", "csv export", "ini and toml"} and chance < 0.16:
            text = text + templates.ACCENTED if family.name == "notes" else text
            if chance < 0.05:
                return text, text.encode("utf-16"), "utf-16", suffix
            latin = text.encode("latin-1", "replace")
            return latin.decode("latin-1"), latin, "latin-1", suffix
        return text, text.encode(), "utf-8", suffix

    def _path(self, rng: Random, family: Family, number: int, suffix: str) -> str:
        folder = family.folder.format(
            host=pick(rng, self.world.hosts).partition(".")[0],
            service=pick(rng, self.world.services),
            year=2024 + int(rng.random() * 3),
        )
        # some forty files in a folder at any size, as people and programs leave them
        part = number // 8000
        return f"{folder}/{part:03}/{pick(rng, self.world.sources.identifiers)}-{number:07}{suffix}"


@dataclass(frozen=True, slots=True)
class Corpus:
    """A corpus on disk: its folder, what is in it, and its generator."""

    root: Path
    manifest: Manifest
    generator: Generator

    def files(self) -> Iterator[MadeFile]:
        """Every file again, in order, without touching the disk."""
        return map(self.generator.make, range(self.manifest.files))


def write_corpus(root: Path, generator: Generator, files: int, processes: int | None = None) -> Corpus:
    """Make ``files`` files below ``root``, which must not exist yet."""
    begun = time.perf_counter()
    root.mkdir(parents=True)
    digest = hashlib.sha256()
    families: Counter[str] = Counter()
    encodings: Counter[str] = Counter()
    size = text = unique = duplicates = 0
    for batch in _write_all(root, generator, files, processes or os.cpu_count() or 1):
        digest.update(batch.digest)
        families.update(batch.families)
        encodings.update(batch.encodings)
        size, text, unique = size + batch.bytes, text + batch.text, unique + batch.unique
        duplicates += batch.duplicates
    manifest = Manifest(
        generator.variant,
        generator.seed,
        files,
        size,
        text,
        unique,
        duplicates,
        dict(sorted(families.items())),
        dict(sorted(encodings.items())),
        digest.hexdigest(),
        generator.world.sources.digest,
        round(time.perf_counter() - begun, 2),
    )
    return Corpus(root, manifest, generator)


@dataclass(slots=True)
class _Batch:
    digest: bytes
    families: Counter[str]
    encodings: Counter[str]
    bytes: int = 0
    text: int = 0
    unique: int = 0
    duplicates: int = 0


def _write_all(root: Path, generator: Generator, files: int, processes: int) -> Iterator[_Batch]:
    batches = [(root, range(first, min(first + _BATCH, files))) for first in range(0, files, _BATCH)]
    if processes == 1 or len(batches) == 1:
        yield from (_write_batch(batch, generator) for batch in batches)
        return
    with multiprocessing.get_context("spawn").Pool(processes, _adopt, (generator,)) as pool:
        yield from pool.imap(_write_batch, batches)


_generator: Generator | None = None


def _adopt(generator: Generator) -> None:
    global _generator  # noqa: PLW0603  # a pool's worker has no other place for what it is started with
    _generator = generator


def _write_batch(job: tuple[Path, range], given: Generator | None = None) -> _Batch:
    generator = given or _generator
    assert generator is not None
    root, numbers = job
    digest = hashlib.sha256()
    batch = _Batch(b"", Counter(), Counter())
    folders: set[Path] = set()
    for number in numbers:
        made = generator.make(number)
        path = root / made.path
        if path.parent not in folders:
            path.parent.mkdir(parents=True, exist_ok=True)
            folders.add(path.parent)
        path.write_bytes(made.data)
        # older than any settle time, and various enough for `modified:`
        os.utime(path, (made.mtime, made.mtime))
        digest.update(made.path.encode() + b"\0" + hashlib.sha256(made.data).digest())
        batch.families[made.family] += 1
        batch.encodings[made.encoding] += 1
        batch.bytes += len(made.data)
        text = len(made.text.encode())
        batch.text += text
        batch.duplicates += made.duplicate
        batch.unique += 0 if made.duplicate else text
    batch.digest = digest.digest()
    return batch


def sample_texts(generator: Generator, files: int, most: int) -> list[MadeFile]:
    """Every nth file, at most ``most``: what queries are made from."""
    step = max(1, files // most)
    return [generator.make(number) for number in islice(range(0, files, step), most)]
