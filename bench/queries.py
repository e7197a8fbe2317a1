"""The published query mix: what is asked in every search workload, made from the corpus by seed.

``MIX`` is the mix. Words are rare, medium or common by the share of files that have them, estimated on a sample;
words of one query come from one file, phrases from one line, so that questions have answers. No question is asked
twice before all were asked, so answers that a cache keeps help nobody.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from urllib.parse import quote

from bench.corpus import Generator, MadeFile, sample_texts
from bench.world import pick

MIX: dict[str, int] = {
    "rare word": 12,
    "medium word": 14,
    "common word": 8,
    "two words": 14,
    "three words": 8,
    "phrase": 10,
    "identifier": 8,
    "host or address": 8,
    "prefix": 5,
    "typo": 5,
    "field filter": 5,
    "boolean": 3,
}
"""Percent of questions by sort."""

PLAIN = frozenset({"rare word", "medium word", "common word", "two words", "three words"})
"""Sorts that mean the same to every engine: the subset that peers are asked too."""

_WORD = re.compile(r"(?<![\w.-])[A-Za-z]{4,18}(?![\w.-])")
_COMPOUND = re.compile(r"(?<![\w.-])[a-z]{3,}(?:_[a-z]{3,}){1,3}(?![\w.-])")
_HOST = re.compile(r"(?<![\w.-])[a-z]+-[a-z]+-\d\d(?:\.[a-z]+){2,4}(?![\w.-])")
_ADDRESS = re.compile(r"(?<![\w.-])10(?:\.\d{1,3}){3}(?![\w.-])")
_SAMPLE = 3000
_RARE, _MEDIUM, _COMMON = (0.0, 0.004), (0.004, 0.04), (0.06, 0.5)


@dataclass(frozen=True, slots=True)
class Question:
    """One query. ``sort``: a key of ``MIX``; ``words``: what a peer is asked, for plain sorts."""

    sort: str
    text: str
    words: tuple[str, ...] = ()

    def path(self, size: int = 10, facets: Sequence[str] = ("mime", "kind", "ext")) -> str:
        """The request, with facets and snippets as a results page needs them."""
        return f"/api/v1/search?q={quote(self.text)}&size={size}" + (f"&facets={','.join(facets)}" if facets else "")


@dataclass(frozen=True, slots=True)
class _Vocabulary:
    files: list[tuple[MadeFile, list[str]]]
    rare: list[str]
    medium: list[str]
    common: list[str]
    compounds: list[str]
    hosts: list[str]
    addresses: list[str]
    frequency: dict[str, float]


def make_mix(generator: Generator, files: int, count: int = 2000) -> list[Question]:
    """``count`` questions in the proportions of ``MIX``, shuffled; the same for the same corpus."""
    rng = Random(f"queries:{generator.seed}")
    vocabulary = _survey(sample_texts(generator, files, _SAMPLE))
    makers: dict[str, Callable[[], Question | None]] = {
        "rare word": lambda: _plain("rare word", pick(rng, vocabulary.rare)),
        "medium word": lambda: _plain("medium word", pick(rng, vocabulary.medium)),
        "common word": lambda: _plain("common word", pick(rng, vocabulary.common)),
        "two words": lambda: _words(rng, vocabulary, 2, "two words"),
        "three words": lambda: _words(rng, vocabulary, 3, "three words"),
        "phrase": lambda: _phrase(rng, vocabulary),
        "identifier": lambda: Question("identifier", pick(rng, vocabulary.compounds)),
        "host or address": lambda: Question(
            "host or address", pick(rng, pick(rng, (vocabulary.hosts, vocabulary.addresses)))
        ),
        "prefix": lambda: Question("prefix", f"{pick(rng, vocabulary.medium)[:4]}*"),
        "typo": lambda: Question("typo", _misspell(rng, pick(rng, vocabulary.medium))),
        "field filter": lambda: _filtered(rng, vocabulary),
        "boolean": lambda: _boolean(rng, vocabulary),
    }
    questions: list[Question] = []
    asked: set[str] = set()
    for sort, share in MIX.items():
        wanted = round(count * share / 100)
        for _ in range(wanted * 20):  # small corpora have few common words: then they are asked again
            question = makers[sort]()
            if question is None or question.text in asked:
                continue
            asked.add(question.text)
            questions.append(question)
            wanted -= 1
            if not wanted:
                break
        mine = [question for question in questions if question.sort == sort]
        questions.extend(mine[i % len(mine)] for i in range(wanted) if mine)
    rng.shuffle(questions)
    return questions


def _survey(made: list[MadeFile]) -> _Vocabulary:
    seen: Counter[str] = Counter()
    compounds: set[str] = set()
    hosts: set[str] = set()
    addresses: set[str] = set()
    files: list[tuple[MadeFile, list[str]]] = []
    for file in made:
        words = sorted({word.lower() for word in _WORD.findall(file.text)})
        seen.update(words)
        files.append((file, words))
        compounds.update(_COMPOUND.findall(file.text))
        hosts.update(_HOST.findall(file.text))
        addresses.update(_ADDRESS.findall(file.text))
    frequency = {word: count / len(made) for word, count in seen.items()}

    def between(bounds: tuple[float, float]) -> list[str]:
        return sorted(word for word, share in frequency.items() if bounds[0] < share <= bounds[1]) or sorted(
            frequency
        )

    return _Vocabulary(
        [entry for entry in files if len(entry[1]) >= 5] or files,
        between(_RARE),
        between(_MEDIUM),
        between(_COMMON),
        sorted(compounds) or ["no_compound"],
        sorted(hosts) or ["no-host-01.example.com"],
        sorted(addresses) or ["10.0.0.1"],
        frequency,
    )


def _plain(sort: str, *words: str) -> Question:
    return Question(sort, " ".join(words), words)


def _words(rng: Random, vocabulary: _Vocabulary, count: int, sort: str) -> Question | None:
    _, words = pick(rng, vocabulary.files)
    useful = [word for word in words if vocabulary.frequency[word] > 0.001]
    return _plain(sort, *rng.sample(useful, count)) if len(useful) >= count else None


def _phrase(rng: Random, vocabulary: _Vocabulary) -> Question | None:
    file, _ = pick(rng, vocabulary.files)
    line = pick(rng, file.text.splitlines())
    words = re.findall(r"[A-Za-z]{2,}", line)
    length = 2 + int(rng.random() * 3)
    at = int(rng.random() * max(1, len(words) - length))
    wanted = " ".join(words[at : at + length])
    # words that stand apart in the line (punctuation between them) are no phrase that a person would type
    return Question("phrase", f'"{wanted}"') if " " in wanted and wanted in line else None


def _misspell(rng: Random, word: str) -> str:
    at = 1 + int(rng.random() * (len(word) - 2))
    match int(rng.random() * 3):
        case 0:
            return word[:at] + word[at + 1 :]
        case 1:
            return word[:at] + word[at + 1 : at + 2] + word[at] + word[at + 2 :]
        case _:
            return word[:at] + pick(rng, "etaoinsr") + word[at + 1 :]


def _filtered(rng: Random, vocabulary: _Vocabulary) -> Question:
    word = pick(rng, vocabulary.medium)
    condition = pick(
        rng,
        ("ext:log", "ext:json", "ext:xml", "size:>10kb", "size:<4kb", "modified:>2026-01-01", "modified:<2025-01-01",
         "mime:application/json", "level:error"),
    )  # fmt: skip
    return Question("field filter", f"{word} {condition}")


def _boolean(rng: Random, vocabulary: _Vocabulary) -> Question:
    one, two, three = (pick(rng, vocabulary.medium) for _ in range(3))
    text = pick(rng, (f"{one} OR {two}", f"{one} -{two}", f"({one} OR {two}) {three}"))
    return Question("boolean", text)
