"""Seeded texts of the sorts that lie on a NAS: logs of several formats, configurations, exports, feeds, notes.

Each function makes one text of about ``target`` characters. What they say comes from real sentences and identifiers
(``bench.sources``) and from the made-up company (``bench.world``).
"""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from bench.world import World, message_maker, pick, some, token

Maker = Callable[[Random, World, int], str]

_LEVELS = ("INFO",) * 14 + ("DEBUG",) * 4 + ("WARN",) * 2 + ("ERROR",)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_AGENTS = (
    "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/128.0",
    "curl/8.9.1",
    "python-requests/2.32",
    "Go-http-client/2.0",
)
_THREADS = ("main", "pool-1", "pool-2", "http-8080")
_METHODS = ("GET", "GET", "GET", "POST", "PUT", "DELETE")
ACCENTED = "Prüfung der Größe für Köln abgeschlossen; état vérifié à Orléans, señal débil en Málaga.\n"


def _until(target: int, lines: Iterator[str]) -> str:
    taken: list[str] = []
    size = 0
    for line in lines:
        taken.append(line)
        size += len(line) + 1
        if size >= target:
            break
    return "\n".join(taken) + "\n"


def _clock(rng: Random, pace: float) -> Iterator[tuple[time.struct_time, int]]:
    now = 1_704_067_200 + rng.random() * 90_000_000  # 2024-01-01 and the 34 months after it
    while True:
        now += rng.random() * pace
        yield time.gmtime(now), int(now * 1000) % 1000


def _day(at: time.struct_time) -> str:
    return f"{at.tm_year}-{at.tm_mon:02}-{at.tm_mday:02}"


def _hour(at: time.struct_time) -> str:
    return f"{at.tm_hour:02}:{at.tm_min:02}:{at.tm_sec:02}"


def syslog(rng: Random, world: World, target: int) -> str:
    """Lines of RFC 3164, of one host."""
    host = pick(rng, world.hosts).partition(".")[0]
    programs = [(pick(rng, world.services), int(rng.random() * 30000), message_maker(rng, world)) for _ in range(4)]

    def lines() -> Iterator[str]:
        for at, _ in _clock(rng, 90):
            name, pid, say = pick(rng, programs)
            month = _MONTHS[at.tm_mon - 1]
            yield f"{month} {at.tm_mday:2} {_hour(at)} {host} {name}[{pid}]: {say()}"

    return _until(target, lines())


def access_log(rng: Random, world: World, target: int) -> str:
    """A web server's combined log."""
    routes = [f"/{pick(rng, world.services)}/{pick(rng, world.sources.identifiers)}" for _ in range(30)]
    addresses = some(rng, world.addresses, 60)

    def lines() -> Iterator[str]:
        for at, _ in _clock(rng, 4):
            stamp = f"{at.tm_mday:02}/{_MONTHS[at.tm_mon - 1]}/{at.tm_year}:{_hour(at)}"
            status = pick(rng, (200, 200, 200, 200, 304, 404, 500))
            yield (
                f'{pick(rng, addresses)} - - [{stamp} +0000] "{pick(rng, _METHODS)} {pick(rng, routes)}?id='
                f'{token(rng, 6)} HTTP/1.1" {status} {int(rng.random() * 90000)} "-" "{pick(rng, _AGENTS)}"'
            )

    return _until(target, lines())


def app_log(rng: Random, world: World, target: int) -> str:
    """A Java service's log, with stack traces."""
    service, say = pick(rng, world.services), message_maker(rng, world)
    package = f"com.example.{service.replace('-', '.')}"
    classes = some(rng, world.sources.classes, 20)
    methods = some(rng, world.sources.identifiers, 20)

    def lines() -> Iterator[str]:
        for at, ms in _clock(rng, 20):
            level, owner = pick(rng, _LEVELS), pick(rng, classes)
            stamp = f"{_day(at)} {_hour(at)},{ms:03}"
            yield f"{stamp} {level:5} [{pick(rng, _THREADS)}] {package}.{owner} - {say()}"
            if level == "ERROR":
                yield f"{package}.{pick(rng, classes)}Exception: {say()}"
                for _ in range(5):
                    place = f"{owner}.java:{int(rng.random() * 900)}"
                    yield f"\tat {package}.{pick(rng, classes)}.{pick(rng, methods)}({place})"

    return _until(target, lines())


def python_log(rng: Random, world: World, target: int) -> str:
    """ISO time stamps, logger names, tracebacks."""
    name, say = pick(rng, world.services).replace("-", "_"), message_maker(rng, world)
    modules = some(rng, world.sources.identifiers, 15)

    def lines() -> Iterator[str]:
        for at, ms in _clock(rng, 30):
            level = pick(rng, _LEVELS)
            stamp = f"{_day(at)}T{_hour(at)}.{ms:03}Z"
            yield f"{stamp} {level} {name}.{pick(rng, modules)}: {say()}"
            if level == "ERROR":
                yield "Traceback (most recent call last):"
                for _ in range(3):
                    found = pick(rng, modules)
                    yield f'  File "/opt/{name}/{found}.py", line {int(rng.random() * 400)}, in {found}'
                    yield f"    return {found}()"
                yield f"{pick(rng, world.sources.classes)}Error: {say()}"

    return _until(target, lines())


def json_log(rng: Random, world: World, target: int) -> str:
    """JSON Lines, as containers write."""
    service, say = pick(rng, world.services), message_maker(rng, world)
    hosts = some(rng, world.hosts, 4)

    def lines() -> Iterator[str]:
        for at, ms in _clock(rng, 15):
            stamp = f"{_day(at)}T{_hour(at)}.{ms:03}Z"
            yield (
                f'{{"ts":"{stamp}","level":"{pick(rng, _LEVELS).lower()}","service":"{service}",'
                f'"host":"{pick(rng, hosts)}","trace_id":"{token(rng, 32)}","msg":{json.dumps(say())}}}'
            )

    return _until(target, lines())


@dataclass(frozen=True, slots=True)
class _Schema:
    """One of 60 families of JSON: names and kinds of values that all its files share."""

    names: tuple[str, ...]
    kinds: tuple[int, ...]
    collection: str
    indent: int | None


def _schema(world: World, family: int) -> _Schema:
    rng = Random(f"family:{family}")
    names = tuple(pick(rng, world.sources.identifiers) for _ in range(14))
    kinds = tuple(int(rng.random() * 7) for _ in names)
    return _Schema(names, kinds, pick(rng, world.sources.identifiers), 2 if family % 3 else None)


def _value(rng: Random, world: World, kind: int) -> Any:
    match kind:
        case 0:
            return pick(rng, world.hosts)
        case 1:
            return int(rng.random() * 65535)
        case 2:
            return rng.random() < 0.5
        case 3:
            host, user = pick(rng, world.hosts), pick(rng, world.users)
            return {"host": host, "port": 5432, "user": user, "pool_size": int(rng.random() * 64)}
        case 4:
            return [pick(rng, world.addresses) for _ in range(3)]
        case 5:
            return pick(rng, world.sources.sentences)
        case _:
            return f"{pick(rng, world.paths)}/{token(rng, 8)}"


def json_config(rng: Random, world: World, target: int) -> str:
    """A configuration: a list of items of one family."""
    schema = _schema(world, int(rng.random() * 60))
    head = {"version": f"{int(rng.random() * 5)}.{int(rng.random() * 20)}.0", "service": pick(rng, world.services)}
    items: list[dict[str, Any]] = []
    size = 0
    while size < target:
        fields = zip(schema.names, schema.kinds, strict=True)
        item = {name: _value(rng, world, kind) for name, kind in fields if rng.random() < 0.9}
        size += len(str(item)) + 20
        items.append(item)
    whole = head | (items[0] if len(items) == 1 else {schema.collection: items})
    return json.dumps(whole, indent=schema.indent)


def json_record(rng: Random, world: World, target: int) -> str:
    """A single record of one family, as programs leave their state: a few hundred characters."""
    schema = _schema(world, int(rng.random() * 60))
    record: dict[str, Any] = {"id": token(rng, 16), "service": pick(rng, world.services)}
    size = 60
    for name, kind in zip(schema.names, schema.kinds, strict=True):
        if size >= target:
            break
        record[name] = _value(rng, world, kind)
        size += len(name) + len(str(record[name])) + 8
    return json.dumps(record, indent=schema.indent)


def csv_export(rng: Random, world: World, target: int) -> str:
    """A table with a header; one in four is parted by semicolons."""
    mark = ";" if rng.random() < 0.25 else ","
    columns = some(rng, world.sources.identifiers, 4)
    hosts, users = some(rng, world.hosts, 12), some(rng, world.users, 12)
    comments = some(rng, world.sources.sentences, 25)
    services = some(rng, world.services, 8)

    def lines() -> Iterator[str]:
        yield mark.join(["id", "created_at", "host", "user", "amount", *columns, "comment"])
        for number, (at, _) in enumerate(_clock(rng, 5000), int(rng.random() * 90000)):
            comment = pick(rng, comments)
            yield mark.join(
                (
                    str(number),
                    f"{_day(at)} {at.tm_hour:02}:{at.tm_min:02}",
                    pick(rng, hosts),
                    pick(rng, users),
                    f"{rng.random() * 1000:.2f}",
                    token(rng, 8),
                    str(int(rng.random() * 100)),
                    pick(rng, ("true", "false", "", "n/a")),
                    pick(rng, services),
                    f'"{comment}"' if mark in comment else comment,
                )
            )

    return _until(target, lines())


def xml_pom(rng: Random, world: World, target: int) -> str:
    """A build's project description."""
    service = pick(rng, world.services)

    def lines() -> Iterator[str]:
        yield '<?xml version="1.0" encoding="UTF-8"?>\n<project xmlns="http://maven.apache.org/POM/4.0.0">'
        yield "  <modelVersion>4.0.0</modelVersion>\n  <groupId>com.example</groupId>"
        yield f"  <artifactId>{service}</artifactId>"
        yield f"  <description>{pick(rng, world.sources.sentences)}</description>\n  <dependencies>"
        while True:
            name = pick(rng, world.sources.identifiers).replace("_", "-")
            version = f"{int(rng.random() * 9)}.{int(rng.random() * 30)}"
            yield f"    <dependency>\n      <groupId>org.example.{name.partition('-')[0]}</groupId>"
            yield f"      <artifactId>{name}</artifactId>\n      <version>{version}</version>\n    </dependency>"

    return _until(target, lines()) + "  </dependencies>\n</project>\n"


def xml_feed(rng: Random, world: World, target: int) -> str:
    """A feed of entries, or a host list with attributes."""

    def lines() -> Iterator[str]:
        yield '<?xml version="1.0"?>\n<feed xmlns="http://www.w3.org/2005/Atom">'
        for at, _ in _clock(rng, 90000):
            stamp = f"{_day(at)}T{at.tm_hour:02}:{at.tm_min:02}:00Z"
            yield (
                f'  <entry environment="{pick(rng, ("production", "staging", "test"))}"><id>urn:{token(rng, 16)}</id>'
                f"<updated>{stamp}</updated><title>{pick(rng, world.sources.sentences)}</title>"
                f"<host>{pick(rng, world.hosts)}</host>"
                f"<summary>{pick(rng, world.sources.sentences)}</summary></entry>"
            )

    return _until(target, lines()) + "</feed>\n"


def key_values(rng: Random, world: World, target: int) -> str:
    """An .env file."""

    def lines() -> Iterator[str]:
        while True:
            name = pick(rng, world.sources.identifiers).upper()
            value = pick(
                rng,
                (
                    pick(rng, world.hosts),
                    pick(rng, world.addresses),
                    str(int(rng.random() * 9999)),
                    pick(rng, world.paths),
                ),
            )
            yield f"{name}={value}" if rng.random() < 0.9 else f"# {pick(rng, world.sources.sentences)}"

    return _until(target, lines())


def sections(rng: Random, world: World, target: int) -> str:
    """An .ini or .toml file."""

    def lines() -> Iterator[str]:
        while True:
            yield f"\n[{pick(rng, world.services)}]"
            for _ in range(int(rng.random() * 8) + 2):
                value = pick(
                    rng, (f'"{pick(rng, world.hosts)}"', str(int(rng.random() * 9999)), f'"{pick(rng, world.paths)}"')
                )
                yield f"{pick(rng, world.sources.identifiers)} = {value}"

    return _until(target, lines())


def yaml_manifest(rng: Random, world: World, target: int) -> str:
    """Deployments, one document after another."""

    def lines() -> Iterator[str]:
        while True:
            service = pick(rng, world.services)
            yield "---\napiVersion: apps/v1\nkind: Deployment"
            yield f"metadata:\n  name: {service}\n  labels: {{app: {service}}}"
            yield f"spec:\n  replicas: {int(rng.random() * 9) + 1}\n  template:\n    spec:\n      containers:"
            for _ in range(2):
                yield f"      - name: {pick(rng, world.services)}"
                yield f"        image: registry.example.org/{service}:{token(rng, 7)}"
                yield f"        env:\n        - name: {pick(rng, world.sources.identifiers).upper()}"
                yield f"          value: {pick(rng, world.hosts)}"

    return _until(target, lines())


def notes(rng: Random, world: World, target: int) -> str:
    """Runbooks: real prose, with this company's hosts in it."""
    head = f"# {pick(rng, world.services)} on {pick(rng, world.hosts)}"
    owner = f"Owner: {pick(rng, world.users)}@example.com"
    return f"{head}\n\n{owner}\n\n" + _recombine(rng, world.sources.prose, target)


def code(rng: Random, world: World, target: int) -> str:
    """Scripts: real code."""
    return _recombine(rng, world.sources.code, target)


def _recombine(rng: Random, texts: tuple[str, ...], target: int) -> str:
    parts: list[str] = []
    size = 0
    while size < target:
        text = pick(rng, texts)
        start = text.find("\n", int(rng.random() * len(text))) + 1
        part = text[start : start + min(target - size, 6000)]
        parts.append(part[: part.rfind("\n") + 1] or part + "\n")
        size += len(parts[-1]) + 1
    return "\n".join(parts)
