"""Addresses and ports, read strictly (RFC 4291, RFC 5952): what programs read in several ways is none (RFC 6943)."""

import re
from ipaddress import AddressValueError, IPv4Address, IPv6Address, IPv6Network
from typing import Final

_QUAD: Final = re.compile(
    rb"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])(?:\.(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])){3}"
)
_LARGEST_PORT: Final = 65535


def read_ipv4(text: bytes) -> str | None:
    """Four decimal octets without leading zeros, as they are."""
    return (
        text.decode() if 7 <= len(text) <= 15 and text[:1].isdigit() and _QUAD.fullmatch(text) is not None else None
    )


def read_ipv4_network(address: bytes, width: bytes) -> str | None:
    """``10.0.0.0/8``: the network that an address and a prefix length name; host bits are cut."""
    if read_ipv4(address) is None or not width.isdigit() or len(width) > 2 or int(width) > 32:
        return None
    bits = int(IPv4Address(address.decode()))
    keep = int(width)
    return f"{IPv4Address(bits >> (32 - keep) << (32 - keep))}/{keep}"


def read_ipv6(text: bytes) -> str | None:
    """The canonical form (RFC 5952), without a zone. The unspecified address ``::`` is punctuation in most texts."""
    try:
        address = IPv6Address(text.decode().partition("%")[0])
    except (AddressValueError, UnicodeDecodeError):
        return None
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return None if int(address) == 0 else str(address)


def read_ipv6_network(address: bytes, width: bytes) -> str | None:
    """``2001:db8::/32``; host bits are cut."""
    try:
        return str(IPv6Network(f"{address.decode()}/{width.decode()}", strict=False))
    except ValueError:
        return None


def read_port(text: bytes) -> str | None:
    """1 to 65535."""
    if not text.isdigit() or len(text) > 5 or text.startswith(b"0") or int(text) > _LARGEST_PORT:
        return None
    return text.decode()
