"""Services: a host and a port that stand together (``api:8080``, or the two lines of a configuration)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

from siss.model.entity import EntityType, Name, Place
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
    """The hosts and ports that stand together, by content."""
    hosts: dict[ContentId, list[tuple[Name, tuple[Place, ...]]]] = defaultdict(list)
    ports: dict[ContentId, list[tuple[Name, tuple[Place, ...]]]] = defaultdict(list)
    for one in named:
        (hosts if one.name.type in HOSTS else ports)[one.content_id].append((one.name, one.places))
    return {
        content_id: {
            (host, port)
            for host, host_places in found
            for port, port_places in ports.get(content_id, ())
            if _near(host_places, port_places)
        }
        for content_id, found in hosts.items()
    }


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


def _near(hosts: tuple[Place, ...], ports: tuple[Place, ...]) -> bool:
    """Whether a port follows a host closely. Both are in order."""
    at = 0
    for host in hosts:
        while at < len(ports) and ports[at].start < host.end:
            at += 1
        if at < len(ports) and ports[at].start - host.end <= NEAR:
            return True
    return False
