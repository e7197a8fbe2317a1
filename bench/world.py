"""The company whose NAS the corpora imitate: its hosts, addresses, services, people, and what its programs say."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import TypeVar

from bench.sources import Sources

T = TypeVar("T")

_ROLES = (
    "web",
    "db",
    "cache",
    "mail",
    "build",
    "backup",
    "nas",
    "vpn",
    "proxy",
    "queue",
    "auth",
    "metrics",
    "edge",
    "ml",
)
_STAGES = ("prod", "prod", "prod", "stage", "test", "dev")
_SITES = ("fra", "ber", "ams", "iad", "sin", "lab")
_DOMAINS = ("example.com", "corp.example.net", "home.arpa", "internal.example.org")
_NAMES = (
    "anna",
    "boris",
    "chen",
    "dieter",
    "elif",
    "farid",
    "grete",
    "hana",
    "igor",
    "jana",
    "kofi",
    "lena",
    "marek",
)
_SURNAMES = (
    "schmidt",
    "novak",
    "wang",
    "okafor",
    "silva",
    "larsen",
    "yilmaz",
    "kowalski",
    "tanaka",
    "moreau",
    "rossi",
)
_NOUNS = (
    "order",
    "invoice",
    "session",
    "payment",
    "report",
    "sensor",
    "customer",
    "shipment",
    "ticket",
    "asset",
    "backup",
)
_ACTS = ("service", "worker", "gateway", "scheduler", "exporter", "importer", "agent", "api", "daemon", "proxy")


@dataclass(frozen=True, slots=True)
class World:
    """What generated files draw from; the same for every file of a corpus."""

    sources: Sources
    hosts: tuple[str, ...]
    addresses: tuple[str, ...]
    users: tuple[str, ...]
    services: tuple[str, ...]
    paths: tuple[str, ...]


def make_world(sources: Sources, seed: int) -> World:
    """A company of 600 hosts and 80 services."""
    rng = Random(f"world:{seed}")
    hosts = [
        f"{pick(rng, _ROLES)}-{pick(rng, _STAGES)}-{number:02}.{pick(rng, _SITES)}.{pick(rng, _DOMAINS)}"
        for number in range(1, 41)
        for _ in range(15)
    ]
    services = [f"{noun}-{act}" for noun in _NOUNS for act in _ACTS]
    rng.shuffle(services)
    return World(
        sources,
        tuple(hosts),
        tuple(f"10.{rng.randrange(32)}.{rng.randrange(256)}.{rng.randrange(1, 255)}" for _ in range(2000)),
        tuple(f"{first}.{last}" for first in _NAMES for last in _SURNAMES),
        tuple(services[:80]),
        tuple(
            f"/var/{pick(rng, ('lib', 'log', 'spool', 'opt'))}/{name}/{pick(rng, _NOUNS)}" for name in services[:80]
        ),
    )


def pick(rng: Random, values: Sequence[T]) -> T:
    """One of them; three times as fast as ``Random.choice``, which is most of the generator's time."""
    return values[int(rng.random() * len(values))]


def token(rng: Random, digits: int = 12) -> str:
    """A hexadecimal id of that many digits."""
    return f"{rng.getrandbits(digits * 4):0{digits}x}"


def some(rng: Random, values: Sequence[T], count: int) -> tuple[T, ...]:
    """The few of them that one file keeps coming back to."""
    return tuple(pick(rng, values) for _ in range(count))


def message_maker(rng: Random, world: World) -> Callable[[], str]:
    """What one program logs: a dozen sentences of its own, each with the details that such lines have."""
    sentences = some(rng, world.sources.sentences, 12)
    names = some(rng, world.sources.identifiers, 10)
    hosts = some(rng, world.hosts, 5)
    addresses = some(rng, world.addresses, 25)
    host, user, path = hosts[0], pick(rng, world.users), pick(rng, world.paths)
    details: tuple[Callable[[], str], ...] = (
        lambda: f"in {int(rng.random() * 4000)} ms",
        lambda: f"request_id={token(rng, 16)}",
        lambda: f"from {pick(rng, addresses)} port {int(rng.random() * 60000) + 1024}",
        lambda: f"host={host} status={pick(rng, (200, 200, 200, 204, 301, 404, 500, 503))}",
        lambda: f"{path}/{token(rng, 6)}.dat",
        lambda: f"user={user} attempt={int(rng.random() * 9)}",
        lambda: f"retry after {int(rng.random() * 60)} s, {pick(rng, names)}={int(rng.random() * 1e5)}",
        lambda: f"to {pick(rng, hosts)}: {pick(rng, names)}",
    )
    return lambda: f"{pick(rng, sentences)} {pick(rng, details)()}"
