"""Families of small configurations, as members."""

import json
import random
from collections.abc import Mapping, Sequence
from typing import Any

from siss.anomalies.family import Member
from siss.extract.structure.select import select_fields
from siss.model.content import Kind
from siss.model.text import Window


def config(number: int, /, **changes: Any) -> dict[str, Any]:
    """One of a family: ``...`` leaves a field out."""
    rng = random.Random(number)
    value = {
        "name": f"svc-{number:04}",
        "address": f"10.1.{rng.randrange(250)}.{rng.randrange(250)}",
        "port": rng.choice((5432, 6432)),
        "mode": rng.choice(("prod", "dev")),
        "timeout": rng.randint(20, 40),
        "keep": f"{rng.choice((10, 20, 30))}s",
        "log": {"level": rng.choice(("info", "debug")), "file": f"/var/log/{number}.log"},
        **changes,
    }
    return {key: each for key, each in value.items() if each is not ...}


def member(value: Any, files: int = 1, kind: Kind = Kind.JSON) -> Member:
    """A content as a member of its schema."""
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    reader = select_fields(kind, None, max_depth=32)
    assert reader is not None
    reader.feed(Window(0, text, 0, final=True))
    found = reader.close()
    assert found is not None
    return Member(found.shape, found.values, frozenset(found.value_keys), len(text), files)


def family(odd: Mapping[int, Any] | None = None, count: int = 60) -> Sequence[Member]:
    """Members, some with changes."""
    odd = odd or {}
    return [member(config(number, **odd.get(number, {}))) for number in range(count)]
