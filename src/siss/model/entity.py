"""Things that files name: hosts, addresses, users, versions. What they are called, and where they stand."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from hashlib import blake2b
from ipaddress import ip_address, ip_network
from struct import Struct
from typing import Final, NewType

import msgspec

EntityId = NewType("EntityId", int)

MAX_VALUE = 512
"""Characters of the longest value. What is longer is data, not a name."""

PART_CHUNKS = 1024
"""Chunks whose mentions stand in one row (about 4 MiB), so that a growing log rewrites its last part only."""


class EntityType(StrEnum):
    """What sort of thing is named (section 3.6.1 of the specification, and three more)."""

    HOSTNAME = "hostname"
    IP_ADDRESS = "ip_address"
    PORT = "port"
    USERNAME = "username"
    FILEPATH = "filepath"
    DATABASE = "database"
    URL = "url"
    EMAIL = "email"
    DATE = "date_reference"
    VERSION = "version"
    ERROR_CODE = "error_code"
    CREDENTIAL_REF = "credential_ref"
    SERVICE_NAME = "service_name"
    CONFIG_KEY = "config_key"
    UUID = "uuid"
    CUSTOM = "custom"

    # That of an enumeration is a function in Python, and types are looked up ten thousand times a megabyte.
    __hash__ = str.__hash__

    @property
    def code(self) -> int:
        """The number that the catalog stores; never given to another type."""
        return _CODES[self]

    @classmethod
    def of(cls, code: int) -> "EntityType":
        """The way back from ``code``."""
        return _TYPES[code]


_CODES = {kind: number for number, kind in enumerate(EntityType, 1)}
_TYPES = {number: kind for kind, number in _CODES.items()}
_BEGUN = {kind: blake2b(bytes((number,)), digest_size=8) for kind, number in _CODES.items()}
"""Hashes that have taken the type: to make one anew takes longer than to hash a name."""


class Confidence(IntEnum):
    """How sure it is that this is what its type says: validated; by its form; by its surroundings alone."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3


class Name(msgspec.Struct, frozen=True, array_like=True, gc=False, cache_hash=True):
    """A thing by its type and normalised value.

    Hosts, mail addresses, UUIDs and the host of a URL are in lower case, addresses in canonical form (RFC 5952), days
    as ``2026-11-21`` or ``--11-21`` where no year is named. A custom thing is ``pattern:value``.
    """

    type: EntityType
    value: str

    @property
    def id(self) -> EntityId:
        """64 bits of a hash, so that a worker knows the key of a thing that the catalog may know or not.

        Among ten million things two are the same with a probability of 3 in a million (birthday bound); they would
        be shown as one.
        """
        return id_of(self.type, self.value)

    @classmethod
    def typed(cls, kind: EntityType, text: str) -> "Name":
        """The thing that somebody means who typed its value: in the form that extraction gives it."""
        value = text.strip()
        match kind:
            case EntityType.HOSTNAME | EntityType.EMAIL | EntityType.UUID:
                value = value.lower()
            case EntityType.IP_ADDRESS:
                value = _canonical_address(value)
            case EntityType.URL if "://" in value:
                scheme, _, rest = value.partition("://")
                server, slash, path = rest.partition("/")
                value = f"{scheme.lower()}://{server.lower()}{slash}{path}"
            case EntityType.FILEPATH if len(value) > 1:
                value = value.rstrip("/")
            case _:
                pass
        return cls(kind, value)


class Place(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The first mention in one chunk. ``start``, ``end``: half-open byte offsets in the text; ``count``: mentions."""

    seq: int
    start: int
    end: int
    count: int


class Mentions(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One thing in one part of a content. ``places``: packed, one for each chunk that names it, in order."""

    name: Name
    confidence: Confidence
    count: int
    places: bytes


@dataclass(frozen=True, slots=True)
class Mention:
    """One occurrence. ``start``, ``end``: half-open byte offsets."""

    name: Name
    start: int
    end: int
    confidence: Confidence


def _canonical_address(text: str) -> str:
    try:
        return str(ip_network(text, strict=False)) if "/" in text else str(ip_address(text))
    except ValueError:
        return text


def address_bounds(text: str) -> tuple[str, str]:
    """What ``10.0.0.0/8``, ``10.0.0.1-10.0.0.9`` or one address spans. Raises ``ValueError``.

    The first is the network itself where one is named, which comes before its addresses.
    """
    first, dash, last = text.partition("-")
    if dash:
        low, high = ip_address(first.strip()), ip_address(last.strip())
        if low.version != high.version:
            raise ValueError("two versions of IP")
        if int(low) > int(high):
            raise ValueError("the last address comes before the first")
        return str(low), str(high)
    whole = ip_network(text.strip(), strict=False)
    return str(whole), str(whole.broadcast_address)


def id_of(kind: EntityType, value: str) -> EntityId:
    """``Name.id`` where there is no name yet."""
    digest = _BEGUN[kind].copy()
    digest.update(value.encode("utf-8", "replace"))
    found: EntityId = _SIGNED(digest.digest())[0]
    return found


_SIGNED: Final = Struct(">q").unpack


_FEW: Final = 1 << 14


def _packed(number: int) -> bytes:
    if _FEW <= number < 1 << 21:  # where most starts are that are not small
        return bytes((number & 0x7F | 0x80, number >> 7 & 0x7F | 0x80, number >> 14))
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    found.append(number)
    return bytes(found)


_SMALL: Final = [_packed(number) for number in range(_FEW)]


def pack_places(places: Iterable[Place]) -> bytes:
    """Places in order as variable-length integers: differences of chunk and start, length, count."""
    numbers: list[int] = []
    for place in places:
        numbers += (place.seq, place.start, place.end - place.start, place.count)
    return pack_numbers(numbers)


def pack_place(seq: int, start: int, length: int, count: int) -> bytes:
    """The same of one place alone, as most are."""
    if seq >= _FEW or length >= _FEW or count >= _FEW:
        return pack_numbers([seq, start, length, count])
    return _SMALL[seq] + (_SMALL[start] if start < _FEW else _packed(start)) + _SMALL[length] + _SMALL[count]


def pack_numbers(numbers: list[int]) -> bytes:
    """The same, of chunk, start, length and count of each place in one list, which is used up: ten thousand a MB."""
    for at in range(len(numbers) - 4, 0, -4):
        numbers[at] -= numbers[at - 4]
        numbers[at + 1] -= numbers[at - 3]
    return b"".join([_SMALL[number] if number < _FEW else _packed(number) for number in numbers])


def unpack_places(packed: bytes, most: int | None = None) -> list[Place]:
    """The way back; only the first ``most``."""
    numbers: list[int] = []
    enough = None if most is None else 4 * most
    value = shift = 0
    for byte in packed:
        value |= (byte & 0x7F) << shift
        if byte & 0x80:
            shift += 7
        else:
            numbers.append(value)
            value = shift = 0
            if len(numbers) == enough:
                break
    places: list[Place] = []
    seq = start = 0
    for at in range(0, len(numbers), 4):
        seq += numbers[at]
        start += numbers[at + 1]
        places.append(Place(seq, start, start + numbers[at + 2], numbers[at + 3]))
    return places
