import gzip
import hashlib
from collections import Counter

import pytest

from bench.corpus import Generator, write_corpus
from bench.queries import MIX, make_mix
from bench.sources import Sources

SENTENCES = tuple(
    f"The {a} service could not {b} the {c}"
    for a in ("old", "new", "main")
    for b in ("reach", "open")
    for c in ("queue", "disk", "volume", "index")
)
NAMES = tuple(f"{a}_{b}" for a in ("pool", "retry", "cache", "index") for b in ("size", "limit", "count", "path"))
SOURCES = Sources(
    ("def main():\n    return connect(retry_limit)\n" * 50,),
    ("# Notes\n\nBackups run each night on every host of this site.\n" * 50,),
    SENTENCES,
    NAMES,
    ("ConnectionPool", "RetryPolicy"),
    "digest",
)


def read_tree(root):
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def test_the_same_seed_gives_the_same_bytes_however_many_processes_write(tmp_path):
    one = write_corpus(tmp_path / "one", Generator(SOURCES, 3), 300, processes=1)
    two = write_corpus(tmp_path / "two", Generator(SOURCES, 3), 300, processes=2)
    other = write_corpus(tmp_path / "other", Generator(SOURCES, 4), 300, processes=1)
    assert read_tree(one.root) == read_tree(two.root)
    assert one.manifest.digest == two.manifest.digest != other.manifest.digest
    assert one.manifest.files == len(read_tree(one.root)) == 300


def test_a_larger_corpus_begins_with_the_smaller_one():
    generator = Generator(SOURCES, 3)
    assert [generator.make(n).data for n in range(20)] == [generator.make(n).data for n in range(20)]
    assert len({generator.make(n).path for n in range(2000)}) == 2000


def test_one_in_twelve_is_a_duplicate_of_an_earlier_file():
    generator = Generator(SOURCES, 3)
    made = [generator.make(number) for number in range(1500)]
    seen: set[bytes] = set()
    for file in made:
        digest = hashlib.sha256(file.data).digest()
        assert (digest in seen) == file.duplicate
        seen.add(digest)
    assert sum(file.duplicate for file in made) / len(made) == pytest.approx(0.08, abs=0.02)


def test_encodings_are_what_they_say():
    generator = Generator(SOURCES, 3)
    encodings = Counter()
    for number in range(1500):
        made = generator.make(number)
        encodings[made.encoding] += 1
        data = gzip.decompress(made.data) if made.encoding == "gzip" else made.data
        assert data.decode("utf-8" if made.encoding == "gzip" else made.encoding) == made.text
        assert made.path.endswith(".gz") == (made.encoding == "gzip")
    assert set(encodings) == {"utf-8", "utf-16", "latin-1", "gzip"}


def test_tiny_files_are_under_two_kilobytes():
    generator = Generator(SOURCES, 3, "tiny")
    assert max(len(generator.make(number).data) for number in range(1000)) < 2048


def test_the_mix_keeps_its_proportions():
    assert sum(MIX.values()) == 100
    questions = make_mix(Generator(SOURCES, 3), 400, 200)
    counted = Counter(question.sort for question in questions)
    assert counted == {sort: share * 2 for sort, share in MIX.items()}
    assert questions == make_mix(Generator(SOURCES, 3), 400, 200)
