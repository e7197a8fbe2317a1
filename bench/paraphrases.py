"""Questions in several wordings, and questions that look like them and are others: made, not collected.

What a semantic cache must tell apart is mostly small: an order number, a unit, a version, a negation, an opposite, a
name, who does what to whom. Each ``Trap`` has two questions of which an answer to one is wrong for the other.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

PEOPLE = "Alice Bob Carol David Erika Farid Greta Hassan Ines Jonas Keiko Lena Marco Nadia Omar Petra".split()  # noqa: SIM905
SERVICES = "nginx postgres redis grafana prometheus rabbitmq keycloak gitea jenkins nextcloud".split()  # noqa: SIM905
MACHINES = ["storage server", "backup node", "tape library", "mail relay", "build host", "print server"]
CITIES = "Berlin Lisbon Oslo Vienna Zurich Prague Madrid Dublin".split()  # noqa: SIM905
UNITS = [("MB", "GB"), ("ms", "seconds"), ("hours", "minutes"), ("km", "miles"), ("kg", "pounds"), ("EUR", "USD")]
OPPOSITES = [
    ("enable", "disable"), ("start", "stop"), ("install", "uninstall"), ("mount", "unmount"), ("encrypt", "decrypt"),
    ("lock", "unlock"), ("upload", "download"), ("import", "export"), ("increase", "decrease"), ("add", "remove"),
    ("allow", "block"), ("connect", "disconnect"), ("compress", "decompress"), ("push", "pull"), ("open", "close"),
    ("show", "hide"), ("subscribe", "unsubscribe"), ("raise", "lower"), ("accept", "reject"),
]  # fmt: skip
VERBS = ["rename", "resize", "archive", "copy", "audit", "share", "rotate", "validate", "restore", "migrate"]
THINGS = ["volume", "account", "share", "plugin", "archive", "certificate", "firewall rule", "repository", "channel"]

WORDINGS: dict[str, tuple[str, ...]] = {
    "restart": (
        "How do I restart the {machine} of {city}?",
        "How can I restart the {machine} of {city}?",
        "Please tell me how to restart the {machine} of {city}.",
        "What is the way to reboot the {machine} of {city}?",
        "Could you explain how to reboot the {machine} of {city}, please?",
    ),
    "size": (
        "Can {service} hold a file of {number} {unit} without a cluster?",
        "Is {service} able to hold a file of {number} {unit} without a cluster?",
        "Hi, can {service} hold a file of {number} {unit} without a cluster?",
        "Could {service} actually hold a file of {number} {unit} without a cluster?",
    ),
    "order": (
        "Where is my order {number}?",
        "Please tell me where my order {number} is.",
        "Hello, where is my order {number} currently?",
        "Where is the order {number}?",
    ),
    "version": (
        "Which settings were removed in {service} {version}?",
        "What settings were deleted in {service} {version}?",
        "In {service} {version}, which settings were removed?",
        "Please list which settings were removed in {service} {version}.",
    ),
    "reports": (
        "Does {person} report to {other}?",
        "Please tell me, does {person} report to {other}?",
        "Does {person} currently report to {other}?",
    ),
    "pays": (
        "Was {person} promoted by {other}?",
        "Did {other} promote {person}?",
        "Please tell me, was {person} promoted by {other}?",
        "Is it true that {other} promoted {person}?",
    ),
    "long": (
        "How do I {verb} the {thing} of the second {machine} in {city} without stopping {service} jobs?",
        "How can I {verb} the {thing} of the second {machine} in {city} without stopping {service} tasks?",
        "In {city}, how do I {verb} the {thing} of the second {machine} without stopping {service} jobs?",
        "How can the {thing} of the second {machine} in {city} be {verbed} without stopping {service} jobs?",
    ),
    "copies": (
        "How do I copy a backup from {city} to {town}?",
        "How can I copy a backup from {city} to {town}?",
        "What is the way to copy a backup from {city} to {town}?",
        "How can a backup be copied from {city} to {town}?",
    ),
    "may": (
        "Should the {machine} be patched on {day}?",
        "Should I patch the {machine} on {day}?",
    ),
    "does": (
        "How do I {verb} a {thing} in {service}?",
        "How can I {verb} a {thing} in {service}?",
        "What is the way to {verb} a {thing} in {service}?",
        "In {service}, how do I {verb} a {thing}?",
        "Please tell me how to {verb} a {thing} in {service}.",
        "How can a {thing} be {verbed} in {service}?",
    ),
}
DAYS = "Monday Tuesday Wednesday Thursday Friday".split()  # noqa: SIM905


@dataclass(frozen=True, slots=True)
class Pair:
    """Two questions. ``kind``: what tells them apart; ``same`` where nothing does."""

    left: str
    right: str
    kind: str

    @property
    def same(self) -> bool:
        """Whether an answer to one answers the other."""
        return self.kind == "same"


def make_pairs(seed: int, count: int) -> Iterator[Pair]:
    """``count`` pairs that are the same, and as many traps of each kind."""
    chance = random.Random(seed)
    for _ in range(count):
        yield make_same(chance)
        for kind in TRAPS:
            yield make_trap(kind, chance)


def make_same(chance: random.Random) -> Pair:
    """One question in two wordings."""
    wordings = WORDINGS[chance.choice(list(WORDINGS))]
    left, right = chance.sample(wordings, 2)
    slots = _slots(chance)
    return Pair(left.format(**slots), right.format(**slots), "same")


def make_trap(kind: str, chance: random.Random) -> Pair:
    """Two questions of which one's answer is wrong for the other, in the same wording or in two."""
    name, change = TRAPS[kind]
    wordings = WORDINGS[name]
    left, right = chance.choice(wordings), chance.choice(wordings)
    slots = _slots(chance)
    pair = Pair(left.format(**slots), change(right, slots, chance), kind)
    return pair if chance.random() < 0.5 else Pair(pair.right, pair.left, kind)


def _slots(chance: random.Random) -> dict[str, str]:
    person, other = chance.sample(PEOPLE, 2)
    city, town = chance.sample(CITIES, 2)
    verb = chance.choice([each for each, _ in OPPOSITES])
    return {
        "person": person,
        "other": other,
        "city": city,
        "town": town,
        "service": chance.choice(SERVICES),
        "machine": chance.choice(MACHINES),
        "number": str(chance.randrange(10, 99_999)),
        "unit": chance.choice(UNITS)[0],
        "version": f"{chance.randrange(1, 9)}.{chance.randrange(20)}",
        "day": chance.choice(DAYS),
        "thing": chance.choice(THINGS),
        "verb": verb,
        "verbed": _past(verb),
    }


def _past(verb: str) -> str:
    return verb + ("d" if verb.endswith("e") else "ped" if verb == "stop" else "ed")


def _other(options: list[str]) -> Callable[[str, random.Random], str]:
    return lambda old, chance: chance.choice([each for each in options if each != old])


def _replace(
    slot: str, make: Callable[[str, random.Random], str]
) -> Callable[[str, dict[str, str], random.Random], str]:
    return lambda wording, slots, chance: wording.format(**{**slots, slot: make(slots[slot], chance)})


def _number(old: str, chance: random.Random) -> str:
    if chance.random() < 0.5 and len(set(old)) > 1:  # two digits that changed places, as people mistype
        places = [at for at in range(len(old) - 1) if old[at] != old[at + 1]]
        at = chance.choice(places)
        return old[:at] + old[at + 1] + old[at] + old[at + 2 :]
    return str(int(old) + chance.choice([-1, 1, 10]))


def _version(old: str, chance: random.Random) -> str:
    major, minor = old.split(".")
    return chance.choice([f"{major}.{int(minor) + 1}", f"{int(major) + 1}.{minor}", f"{old}.1"])


def _verb(old: dict[str, str], new: str) -> dict[str, str]:
    return {**old, "verb": new, "verbed": _past(new)}


def _opposite(wording: str, slots: dict[str, str], _chance: random.Random) -> str:
    return wording.format(**_verb(slots, dict(OPPOSITES)[slots["verb"]]))


def _swap(one: str, other: str) -> Callable[[str, dict[str, str], random.Random], str]:
    return lambda wording, slots, _: wording.format(**{**slots, one: slots[other], other: slots[one]})


def _negated(wording: str, slots: dict[str, str], _chance: random.Random) -> str:
    said = wording.format(**slots)
    return said.replace(" be patched", " not be patched").replace("I patch", "I not patch")


TRAPS: dict[str, tuple[str, Callable[[str, dict[str, str], random.Random], str]]] = {
    "order number": ("order", _replace("number", _number)),
    "amount": ("size", _replace("number", _number)),
    "unit": ("size", _replace("unit", lambda old, _: dict(UNITS)[old])),
    "version": ("version", _replace("version", _version)),
    "product": ("version", _replace("service", _other(SERVICES))),
    "negation": ("may", _negated),
    "weekday": ("may", _replace("day", _other(DAYS))),
    "machine": ("restart", _replace("machine", _other(MACHINES))),
    "place": ("restart", _replace("city", _other(CITIES))),
    "opposite": ("does", _opposite),
    "verb": ("does", lambda wording, slots, chance: wording.format(**_verb(slots, chance.choice(VERBS)))),
    "object": ("does", _replace("thing", _other(THINGS))),
    "opposite, long": ("long", _opposite),
    "verb, long": ("long", lambda wording, slots, chance: wording.format(**_verb(slots, chance.choice(VERBS)))),
    "object, long": ("long", _replace("thing", _other(THINGS))),
    "machine, long": ("long", _replace("machine", _other(MACHINES))),
    "person": ("reports", _replace("person", lambda old, chance: f"{_other(PEOPLE)(old, chance)}son")),
    "names swapped": ("reports", _swap("person", "other")),
    "names swapped in the passive": ("pays", _swap("person", "other")),
    "direction": ("copies", _swap("city", "town")),
}
"""By kind: the question that it is made of, and what it does to it."""
