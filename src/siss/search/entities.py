"""Filters on what files name: which things a value means."""

from typing import Final

from siss.model.entity import EntityType, address_bounds
from siss.model.query import Field, Match
from siss.ports.entities import EntityFilter

EXPECTED_NETWORK: Final = "an address, a network or a range, such as 10.0.0.5, 10.0.0.0/8 or 10.0.0.1-10.0.0.9"


def entity_filters(test: Match) -> tuple[EntityFilter, ...]:
    """The things that a filter on entities means: any of these."""
    match test:
        case Match(Field.IP, value):
            return (EntityFilter(network=value),)
        case Match(Field.HOST, value, False):
            # ``db-prod-01`` is also db-prod-01.example.com.
            return EntityFilter(EntityType.HOSTNAME, value), EntityFilter(EntityType.HOSTNAME, f"{value}.*")
        case Match(Field.HOST, value):
            return (EntityFilter(EntityType.HOSTNAME, value),)
        case Match(Field.EMAIL, value):
            return (EntityFilter(EntityType.EMAIL, value),)
        case Match(Field.ENTITY, value):
            kind, _, name = value.partition("=")
            return (EntityFilter(EntityType(kind) if kind else None, name or None),)
        case _:
            raise AssertionError(f"{test.field} is no filter on entities")


def is_network(text: str) -> bool:
    """Whether this is a network, a range of addresses, or one address."""
    try:
        address_bounds(text)
    except ValueError:
        return False
    return True


def is_span(text: str) -> bool:
    """Whether this is a network or a range of addresses, and not one address or the name of something."""
    return ("/" in text or "-" in text) and is_network(text)
