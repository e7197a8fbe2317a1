"""Families of small files of one schema, drawn at random, with deviations planted in some.

A family is a list of fields, each with a way to draw its values. Calm families have fields that nearly all files
have, and values from few or well-behaved ones; noisy ones have optional fields down to one file in twelve, rare
choices, heavy tails, fields of two types and maps of free names.
"""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Literal
from xml.sax.saxutils import escape, quoteattr

Syntax = Literal["json", "xml", "keyvalue"]
Draw = Callable[[random.Random], Any]

PLANTS: Final = (
    "type", "missing", "extra", "extra named", "number", "negative", "rare value", "unit", "format", "credential",
    "size",
)  # fmt: skip

_NAMES: Final = (
    "name", "host", "port", "mode", "region", "timeout", "retries", "level", "owner", "path", "interval",
    "ceiling", "enabled", "version", "backend", "cluster", "schema", "pool", "spool", "buffer", "threads",
    "workers", "rate", "burst", "quota", "schedule", "created", "updated", "address", "subnet", "zone", "rack",
    "endpoint", "protocol", "format", "encoding", "locale", "theme", "title", "summary", "weight", "priority",
    "budget", "ratio", "threshold", "window", "delay", "grace", "batch", "shard", "replica", "index", "queue",
    "topic", "channel", "group", "project", "team", "contact", "channel_id", "build", "release", "ring",
)  # fmt: skip
_SECTIONS: Final = (
    "server", "client", "storage", "logging", "metrics", "limits", "network", "auth", "caching", "persistence",
    "service", "job",
)  # fmt: skip
_WORDS: Final = (
    "amber", "basin", "cedar", "delta", "ember", "fjord", "glade", "harbor", "inlet", "jetty", "knoll",
    "ledge", "marsh", "north", "ocean", "prairie", "quarry", "ridge", "slope", "tundra", "upland", "valley",
    "willow",
)  # fmt: skip
_CHOICES: Final = (
    ("prod", "staging", "dev"),
    ("debug", "info", "warning", "error"),
    ("eu-west-1", "eu-central-1", "us-east-1", "us-west-2"),
    ("round_robin", "least_conn", "random"),
    ("lru", "lfu", "fifo"),
    ("tcp", "udp"),
    ("postgres", "mysql", "sqlite", "oracle"),
)
_ODD: Final = ("unknown", "debgu", "TEST", "legacy", "none", "primary2", "xx-north-9")
_EXTRA: Final = ("legacy_mode", "tmp_override", "debug_dump", "old_host", "x_note", "migrated_from", "experimental")
_EXTRA_NAMED: Final = ("password", "db_secret", "api_key", "auth_token", "adminPassword")
_LETTERS: Final = "abcdefghkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_CREDENTIALS: Final[tuple[Draw, ...]] = (
    lambda rng: "AKIA" + "".join(rng.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", k=16)),
    lambda rng: "ghp_" + "".join(rng.choices(_LETTERS, k=36)),
    lambda rng: f"postgresql://app:{''.join(rng.choices(_LETTERS, k=14))}@db-7.internal/x",
)


@dataclass(frozen=True, slots=True)
class FieldMaker:
    """``sort``: what can be planted in it; ``share``: of the files that have it."""

    path: tuple[str, ...]
    sort: str
    draw: Draw
    share: float = 1.0


@dataclass(slots=True)
class Made:
    """One file. ``planted``: what is unusual in it, and ``at`` which path; both empty in a clean one."""

    name: str
    syntax: Syntax
    text: bytes
    planted: str = ""
    at: tuple[str, ...] = ()


@dataclass(slots=True)
class FamilyMaker:
    """Draws files of one family."""

    name: str
    rng: random.Random
    noisy: bool
    syntax: Syntax
    root: str = ""
    fields: list[FieldMaker] = field(default_factory=list)

    def __post_init__(self) -> None:
        rng = self.rng
        names = rng.sample(_NAMES, rng.randint(8, 22))
        sections = rng.sample(_SECTIONS, 3)
        for number, name in enumerate(names):
            sort, draw = _field(rng, noisy=self.noisy) if number else ("id", _unique)
            share = 1.0
            if number > 2 and rng.random() < (0.45 if self.noisy else 0.2):
                share = rng.choice((0.08, 0.15, 0.3, 0.5, 0.7, 0.9) if self.noisy else (0.3, 0.5, 0.8))
            section = () if self.syntax == "keyvalue" or rng.random() < 0.5 else (rng.choice(sections),)
            self.fields.append(FieldMaker((*section, name), sort, draw, share))
        self.root = rng.choice(_WORDS)

    def draw(self) -> dict[tuple[str, ...], Any]:
        """The values of one file."""
        return {each.path: each.draw(self.rng) for each in self.fields if self.rng.random() < each.share}

    def make(self, count: int, planted: int) -> list[Made]:
        """Files, of which some have one deviation each."""
        rng = self.rng
        drawn = [self.draw() for _ in range(count)]
        plain = [dict(values) for values in drawn]
        files: list[Made] = []
        odd = set(rng.sample(range(count), planted))
        for number, values in enumerate(drawn):
            what, at = "", ()
            if number in odd:
                kinds = list(PLANTS)
                rng.shuffle(kinds)
                what, at = next((kind, at) for kind in kinds if (at := self._plant(kind, values, plain)))
            files.append(
                Made(f"{self.name}/{number:04}.{_SUFFIXES[self.syntax]}", self.syntax, self.write(values), what, at)
            )
        return files

    def _plant(self, kind: str, values: dict[tuple[str, ...], Any], every: list[dict[tuple[str, ...], Any]]) -> Any:
        """Change the values; returns the path, or nothing where this kind cannot be planted in this family."""
        rng = self.rng
        wanted = _typed(self.syntax) if kind == "type" else _WANTED.get(kind)
        if wanted is None:
            section = rng.choice(sorted({path[:-1] for path in values}))
            at = (*section, rng.choice(_EXTRA if kind == "extra" else _EXTRA_NAMED))
            values[at] = rng.choice(("yes", 17, "old value")) if kind == "extra" else "changeme"
            return at
        able = [
            each
            for each in self.fields
            if each.sort in wanted and each.path in values and (kind != "missing" or each.share == 1.0)
        ]
        if not able:
            return None
        chosen = rng.choice(able)
        values_of = [each[chosen.path] for each in every if chosen.path in each]
        if kind == "missing":
            if len([path for path in values if path[:-1] == chosen.path[:-1]]) < 2:
                return None
            del values[chosen.path]
        else:
            values[chosen.path] = _odd_value(rng, kind, values[chosen.path], values_of)
        return chosen.path

    def write(self, values: dict[tuple[str, ...], Any]) -> bytes:
        """The text of a file."""
        if self.syntax == "keyvalue":
            return "".join(f"{path[-1]}={_plain(value)}\n" for path, value in values.items()).encode()
        tree: dict[str, Any] = {}
        for path, value in values.items():
            inner = tree
            for step in path[:-1]:
                inner = inner.setdefault(step, {})
            inner[path[-1]] = value
        if self.syntax == "json":
            return json.dumps(tree, indent=2).encode()
        return f"<?xml version='1.0'?>\n<{self.root}>\n{_elements(tree)}</{self.root}>\n".encode()


_SUFFIXES: Final = {"json": "json", "xml": "xml", "keyvalue": "properties"}


def _elements(tree: dict[str, Any]) -> str:
    lines = []
    for name, value in tree.items():
        if isinstance(value, dict):
            lines.append(f"  <{name} kind={quoteattr('plain')}>\n{_elements(value)}  </{name}>\n")
        elif isinstance(value, list):
            lines += [f"    <{name}>{escape(_plain(each))}</{name}>\n" for each in value]
        else:
            lines.append(f"    <{name}>{escape(_plain(value))}</{name}>\n")
    return "".join(lines)


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ",".join(map(_plain, value)) if isinstance(value, list | dict) else str(value)


def _unique(rng: random.Random) -> str:
    return f"{rng.choice(_WORDS)}-{rng.randrange(10**6):06}"


def _odd_value(rng: random.Random, kind: str, value: Any, others: list[Any]) -> Any:
    match kind:
        case "type":
            if isinstance(value, str):
                return rng.choice((rng.randint(1, 99), {"value": value}, [value]))
            return rng.choice(("auto", "n/a", "off-peak"))
        case "number":
            return max(others) * rng.choice((8, 60, 1000))
        case "negative":
            return -1 if isinstance(value, int) else -abs(max(others)) * 2
        case "rare value":
            return rng.choice(_ODD) if isinstance(value, str) else not value
        case "unit":
            number, unit = value[:-1], value[-1]
            return number + {"s": "ms", "m": "h", "M": "G", "G": "K"}[unit]
        case "format":
            return rng.choice(
                (value[: len(value) // 2] + "?" + value[len(value) // 2 :], "see ticket", value[:-3] + "…")
            )
        case "size":
            words = rng.choices(_WORDS, k=rng.randint(400, 4000))
            return words if isinstance(value, list) else " ".join(words)
        case _:
            return rng.choice(_CREDENTIALS)(rng)


_SORTS: Final = (
    "choice", "normal", "even", "lognormal", "steps", "duration", "bytes", "ip", "date", "uuid", "url", "email",
    "flag", "words", "host", "list",
)  # fmt: skip
_NOISY: Final = ("zipf", "pareto", "mixed", "map", "nullable")


_WANTED: Final = {
    "missing": set(_SORTS),
    "number": {"normal", "even", "lognormal", "steps"},
    "negative": {"normal", "even", "lognormal"},
    "rare value": {"choice"},
    "unit": {"duration", "bytes"},
    "format": {"ip", "date", "uuid", "url", "email"},
    "credential": {"words"},
    "size": {"words", "list"},
}
"""In which sorts of fields a deviation can be planted."""


def _typed(syntax: Syntax) -> set[str]:
    """Fields of one type: among texts a word is of another type than numbers, not the other way round."""
    return {"normal", "even", "flag"} | ({"id", "choice", "ip", "host"} if syntax == "json" else set())


def _field(rng: random.Random, *, noisy: bool) -> tuple[str, Draw]:
    sort = rng.choice(_NOISY) if noisy and rng.random() < 0.3 else rng.choice(_SORTS)
    return sort, _draw(rng, sort)


def _draw(rng: random.Random, sort: str) -> Draw:
    choices = rng.choice(_CHOICES)
    low = rng.choice((1, 10, 100, 1000))
    centre = rng.choice((50, 300, 5000))
    unit = rng.choice("sm") if sort == "duration" else rng.choice("MG")
    steps = rng.sample((1, 5, 10, 15, 30, 60, 120, 300), 4)
    weights = [rng.uniform(0.15, 1.0) for _ in choices]
    zipf = [1 / (number + 1) ** 2 for number in range(12)]
    makers: dict[str, Draw] = {
        "choice": lambda r: r.choices(choices, weights)[0],
        "normal": lambda r: max(1, round(r.gauss(centre, centre / 10))),
        "even": lambda r: r.randint(low, low * 10),
        "lognormal": lambda r: round(low * r.lognormvariate(2, 0.8), 2),
        "steps": lambda r: r.choice(steps),
        "duration": lambda r: f"{r.choice((5, 10, 20, 30, 45, 60))}{unit}",
        "bytes": lambda r: f"{r.choice((16, 32, 64, 128, 256))}{unit}",
        "ip": lambda r: f"10.{r.randrange(20)}.{r.randrange(256)}.{r.randrange(1, 255)}",
        "date": lambda r: f"202{r.randrange(7)}-{r.randint(1, 12):02}-{r.randint(1, 28):02}",
        "uuid": lambda r: "-".join(f"{r.getrandbits(4 * n):0{n}x}" for n in (8, 4, 4, 4, 12)),
        "url": lambda r: f"https://{r.choice(_WORDS)}.example.com/{r.choice(_WORDS)}/{r.randrange(100)}",
        "email": lambda r: f"{r.choice(_WORDS)}.{r.choice(_WORDS)}@example.com",
        "flag": lambda r: r.random() < 0.4,
        "words": lambda r: " ".join(r.choices(_WORDS, k=r.randint(2, 6))),
        "host": lambda r: f"{r.choice(_WORDS)}-{r.randint(1, 40):02}.{r.choice(('a', 'b'))}.example.com",
        "list": lambda r: [r.choice(_WORDS) for _ in range(r.randint(1, 6))],
        "zipf": lambda r: r.choices(_WORDS[:12], zipf)[0],
        "pareto": lambda r: round(low * r.paretovariate(1.2), 1),
        "mixed": lambda r: r.choice(_WORDS) if r.random() < 0.8 else [r.choice(_WORDS), r.choice(_WORDS)],
        "map": lambda r: {f"{r.choice(_WORDS)}_{r.choice(_WORDS)}": r.randrange(9) for _ in range(r.randint(1, 4))},
        "nullable": lambda r: None if r.random() < 0.2 else r.randint(1, 500),
    }
    return makers[sort]


def make_families(seed: int, count: int, files: int = 200, planted: float = 0.05) -> list[list[Made]]:
    """Families by seed, every other one noisy. ``planted``: share of the files with one deviation."""
    families = []
    for number in range(count):
        rng = random.Random(f"{seed}/{number}")
        syntax: Syntax = ("json", "json", "xml", "keyvalue")[(number // 2) % 4]  # type: ignore[assignment]
        maker = FamilyMaker(f"family{number:02}", rng, bool(number % 2), syntax)
        families.append(maker.make(files, round(files * planted)))
    return families
