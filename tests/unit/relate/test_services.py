"""Hosts and ports that stand together."""

from siss.model.entity import EntityType, Name, Place
from siss.model.ids import ContentId
from siss.ports.relationships import NamedPlaces
from siss.relate.services import NEAR, pair_services, tie_services

HOST, OTHER = Name(EntityType.HOSTNAME, "db"), Name(EntityType.IP_ADDRESS, "10.0.0.1")
PORT, PORT2 = Name(EntityType.PORT, "5432"), Name(EntityType.PORT, "80")


def at(content: int, name: Name, *starts: int) -> NamedPlaces:
    places = tuple(Place(start // 4096, start, start + len(name.value), 1) for start in starts)
    return NamedPlaces(ContentId(content), name, places)


def test_a_port_follows_its_host_closely():
    named = [at(1, HOST, 0, 9000), at(1, OTHER, 5000), at(1, PORT, 3), at(1, PORT2, 4990, 5000 + 8 + NEAR + 1)]
    assert pair_services(named) == {1: {(HOST, PORT)}}
    assert pair_services([at(1, HOST, 0), at(1, PORT, 2 + NEAR)]) == {1: {(HOST, PORT)}}
    assert pair_services([at(1, HOST, 10), at(1, PORT, 0)]) == {1: set()}
    assert pair_services([at(1, HOST, 0), at(2, PORT, 3)]) == {1: set()}


def test_a_port_belongs_to_the_host_before_it():
    # host = "db" / port = 5432 / [cache] / host = "10.0.0.1" / port = 80
    named = [at(1, HOST, 0), at(1, PORT, 12), at(1, OTHER, 40), at(1, PORT2, 60)]
    assert pair_services(named) == {1: {(HOST, PORT), (OTHER, PORT2)}}


def test_contents_that_name_the_same_service():
    services = {
        ContentId(1): {(HOST, PORT)},
        ContentId(2): {(HOST, PORT), (HOST, PORT2)},
        ContentId(3): {(OTHER, PORT)},
    }
    (tie,) = tie_services(ContentId(1), services)
    assert (tie.other, [(one.name, one.contents) for one in tie.shared]) == (2, [(HOST, 2), (PORT, 2)])
    assert tie_services(ContentId(4), services) == []


def test_of_several_services_the_rarest_comes_first():
    several = {(HOST, PORT), (HOST, PORT2), (OTHER, PORT)}
    services = {ContentId(1): several, ContentId(2): several, ContentId(3): {(HOST, PORT)}}
    tie = next(tie for tie in tie_services(ContentId(1), services) if tie.other == 2)
    assert [(one.name, one.contents) for one in tie.shared] == [
        (OTHER, 2), (PORT, 2), (HOST, 2), (PORT2, 2), (HOST, 3), (PORT, 3)
    ]  # fmt: skip
