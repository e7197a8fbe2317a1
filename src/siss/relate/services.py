"""Services: a host and a port that stand together (``api:8080``, or the two lines of a configuration)."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from siss.model.entity import EntityType, Name
from siss.model.ids import ContentId
from siss.model.relationship import RelationshipKind, SharedThing, Tie
from siss.ports.relationships import NamedPlaces
from siss.relate.weigh import combine, rarity

NEAR: Final = 120
"""Bytes from a host to a port that belongs to it."""

HOSTS: Final = frozenset({EntityType.HOSTNAME, EntityType.IP_ADDRESS})

Service = tuple[Name, Name]
"""A host and a port."""


def pair_services(named: Iterable[NamedPlaces]) -> Mapping[ContentId, set[Service]]:
    """The hosts and ports that stand together, by content: of a host, the port that comes next."""
    hosts: dict[ContentId, list[tuple[int, Name]]] = defaultdict(list)
    ports: dict[ContentId, list[tuple[int, Name]]] = defaultdict(list)
    for one in named:
        if one.name.type in HOSTS:
            hosts[one.content_id] += [(place.end, one.name) for place in one.places]
        else:
            ports[one.content_id] += [(place.start, one.name) for place in one.places]
    return {
        content_id: set(_next_ports(found, sorted(ports.get(content_id, ()), key=_offset)))
        for content_id, found in hosts.items()
    }


def _next_ports(hosts: Iterable[tuple[int, Name]], ports: Sequence[tuple[int, Name]]) -> Iterator[Service]:
    """``hosts``: where they end; ``ports``: where they begin, in order."""
    for end, host in hosts:
        at = bisect_left(ports, end, key=_offset)
        if at < len(ports) and ports[at][0] - end <= NEAR:
            yield host, ports[at][1]


def _offset(named: tuple[int, Name]) -> int:
    return named[0]


def tie_services(own: ContentId, services: Mapping[ContentId, set[Service]]) -> list[Tie]:
    """Relationships of a content to those that name the same services."""
    having: dict[Service, list[ContentId]] = defaultdict(list)
    for content_id, found in services.items():
        for service in found & services.get(own, set()):
            having[service].append(content_id)
    shared: dict[ContentId, list[tuple[float, Service, int]]] = defaultdict(list)
    for service, contents in having.items():
        for content_id in contents:
            if content_id != own:
                shared[content_id].append((rarity(len(contents)), service, len(contents)))
    return [
        Tie(
            RelationshipKind.SAME_SERVICE,
            content_id,
            combine(weight for weight, _, _ in found),
            shared=tuple(
                SharedThing(name, number) for _, service, number in sorted(found, key=_rarest) for name in service
            ),
        )
        for content_id, found in shared.items()
    ]


def _rarest(found: tuple[float, Service, int]) -> tuple[float, str, str]:
    weight, (host, port), _ = found
    return -weight, host.value, port.value
