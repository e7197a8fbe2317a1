"""Addresses and hosts with what is written beside them: ports, networks, users, databases, zones."""

import re
from typing import Final

from siss.extract.entities.addresses import read_ipv4, read_ipv4_network, read_ipv6, read_ipv6_network, read_port
from siss.extract.entities.findings import Finding, found, listed_bytes, perhaps, shift
from siss.extract.entities.hosts import read_dotted, read_named, read_ported, read_served
from siss.model.entity import Confidence, EntityType

_DOT, _COLON, _AT, _CALL, _DASH, _BRACKET = b".:@(-]"

_SERVED: Final = re.compile(rb"^([\w.-]+):([0-9]{1,5})/[^:]*(?::(v?[0-9]+(?:\.[0-9]+)+[\w.-]*))?")
"""What lies on a server, behind its port: ``registry:5000/web:2.4.1``, ``zk-3:2181/kafka``."""

_LABELLED_ADDRESS: Final = re.compile(rb"^(?:[\w.@~+%-]*:|@)(?=[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?::[0-9]+)?$)")
"""``v2:10.0.0.4:6800``, ``source.ip:10.0.0.4``, and the end of ``sip:100@10.0.0.4``."""

_FORWARDED: Final = re.compile(rb"^@{1,2}(?=[A-Za-z][\w.-]*:[0-9]+$)")
"""``*.* @logs.example.net:514``, as rsyslog sends on."""

_INTERFACE: Final = re.compile(
    rb"(?:bond|br|dummy|en[ops]|eth|igb|ix|lo|ppp|tap|team|tun|veth|vlan|vmbr|vmnet|wg|wl)\w*"
)
_NETWORK: Final = re.compile(rb"^([0-9]{1,3}(?:\.[0-9]{1,3}){3}/[0-9]{1,5})[.;:=-]?$")
_OWNED: Final = re.compile(rb"^([A-Za-z_][\w.-]*)@([0-9]{1,3}(?:\.[0-9]{1,3}){3}/[0-9]{1,2})$")
_POOLED: Final = re.compile(
    rb"^([A-Za-z_][\w.-]*)/([A-Za-z_][\w.-]*)@([0-9]{1,3}(?:\.[0-9]{1,3}){3})(?::([0-9]{1,5}))?$"
)
"""``shop/anna@10.0.0.4:41998``: a database, who uses it, and from where."""

_SPELT: Final = re.compile(
    rb"^/?((?:[0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4})(?:%\w+)?:([0-9]{1,5})(?![0-9A-Fa-f:]*:[0-9A-Fa-f]{1,2}$)(?::.*)?$"
)
_SERVER: Final = re.compile(rb"^([\w.-]*)/([0-9]{1,3}(?:\.[0-9]{1,3}){3})(?::([0-9]{1,5}))?(?::\D.*|[.:;=-])?$")
_MEMBER: Final = re.compile(rb"^/[\w-]+/([0-9]{1,3}(?:\.[0-9]{1,3}){3})(?::([0-9]{1,5}))?$")
"""``/Common/10.0.0.4:8080``, as a load balancer names what it sends to."""

_FIVE_DIGITS: Final = re.compile(rb"[1-6][0-9]{4}")
_CLOCK: Final = re.compile(rb"[0-9]{1,2}(?::[0-9]{2})+::")
_BRANDED: Final = re.compile(rb"[A-Z][A-Za-z]*[a-z][A-Za-z]*")
_BROWSERS: Final = listed_bytes(
    """
    apache applewebkit chrome curl edg edge firefox gecko go-http-client java jetty kernel linux mozilla nginx
    okhttp openssh openssl opr php postgresql python redis safari tomcat trident version wget
    """
)


def dissect_endpoint(text: bytes) -> list[Finding] | None:
    """What something with a slash is that names a server: an address as Java shows it (``/10.0.0.1:80``), a network.

    None where it names none, and is a path or a version.
    """
    head, _, tail = text.partition(b"/")
    if not head and (member := _MEMBER.match(text)) is not None and (address := read_ipv4(member.group(1))):
        own = found(EntityType.IP_ADDRESS, *member.span(1), address, Confidence.HIGH)
        return [own, *perhaps(EntityType.PORT, *member.span(2), read_port(member.group(2) or b""))]
    if _AT in tail and (pooled := _POOLED.match(text)) is not None:
        return _dissect_pooled(pooled)
    if tail[:1].isdigit():
        if head[-1:].isdigit():
            if (network := dissect_network(text)) is not None:
                return network
            if _AT in head and (owned := _OWNED.match(text)) is not None:
                user = found(EntityType.USERNAME, 0, owned.end(1), owned.group(1).decode(), Confidence.HIGH)
                return [user, *shift(_dissect_network(owned.group(2)), owned.start(2))]
        if (server := _SERVER.match(text)) is not None and (findings := _dissect_server(server)):
            return findings
    if _COLON in head and (served := _SERVED.match(text)) is not None:
        return _dissect_served(served)
    return None


def dissect_network(text: bytes) -> list[Finding] | None:
    """``10.0.0.0/8``; None where it is not written as one."""
    network = _NETWORK.match(text)
    return _dissect_network(network.group(1)) if network is not None else None


def _dissect_pooled(pooled: re.Match[bytes]) -> list[Finding]:
    address, port = read_ipv4(pooled.group(3)), read_port(pooled.group(4) or b"")
    if address is None:
        return []
    findings = [
        found(EntityType.DATABASE, *pooled.span(1), pooled.group(1).decode(), Confidence.MEDIUM),
        found(EntityType.USERNAME, *pooled.span(2), pooled.group(2).decode(), Confidence.HIGH),
        found(EntityType.IP_ADDRESS, *pooled.span(3), address, Confidence.HIGH),
    ]
    return findings if port is None else [*findings, found(EntityType.PORT, *pooled.span(4), port, Confidence.HIGH)]


def _dissect_server(server: re.Match[bytes]) -> list[Finding]:
    """``web-1/10.0.0.1:80``, as Java shows a server; nothing behind the name of a product."""
    name, quad, port = server.group(1), server.group(2), server.group(3)
    address = read_ipv4(quad)
    if address is None or name.lower() in _BROWSERS or _BRANDED.fullmatch(name):
        return []
    start = len(name) + 1
    findings = [found(EntityType.IP_ADDRESS, start, start + len(quad), address, Confidence.HIGH)]
    if (before := read_ipv4(name)) is not None:
        findings.append(found(EntityType.IP_ADDRESS, 0, len(name), before, Confidence.HIGH))
    elif name and b"_" not in name and not _INTERFACE.fullmatch(name) and (host := read_named(name)) is not None:
        findings.append(found(EntityType.HOSTNAME, 0, len(name), host, Confidence.MEDIUM))
    if port and (number := read_port(port)) is not None:
        at = start + len(quad) + 1
        findings.append(found(EntityType.PORT, at, at + len(port), number, Confidence.HIGH))
    return findings


def _dissect_served(served: re.Match[bytes]) -> list[Finding]:
    """The server of something behind a port. What lies on it is no file of this machine."""
    name, port, version = served.group(1), read_port(served.group(2)), served.group(3)
    address = read_ipv4(name)
    host = None if address is not None else read_dotted(name) or read_ported(name)
    value = address or host
    if value is None or (port is None and address is None):
        return []
    kind = EntityType.HOSTNAME if address is None else EntityType.IP_ADDRESS
    findings = [found(kind, 0, len(name), value, Confidence.HIGH)]
    if port is not None:
        findings.append(found(EntityType.PORT, served.start(2), served.end(2), port, Confidence.HIGH))
    if version:
        tag = version.decode().removeprefix("v")
        findings.append(found(EntityType.VERSION, served.start(3), served.end(3), tag, Confidence.MEDIUM))
    return findings


def _dissect_network(text: bytes) -> list[Finding]:
    """``10.0.0.0/8``. ``10.0.0.5/22`` is an address, so is ``10.0.0.5/44321``, with its port as Cisco has it."""
    quad, _, number = text.partition(b"/")
    address = read_ipv4(quad)
    if address is None:
        return []
    network = read_ipv4_network(quad, number)
    if network is not None and network.partition("/")[0] == address:
        return [found(EntityType.IP_ADDRESS, 0, len(text), network, Confidence.HIGH)]
    findings = [found(EntityType.IP_ADDRESS, 0, len(quad), address, Confidence.HIGH)]
    if network is None and (port := read_port(number)) is not None:
        findings.append(found(EntityType.PORT, len(quad) + 1, len(text), port, Confidence.MEDIUM))
    return findings


def dissect_spelt(text: bytes) -> list[Finding] | None:
    """``/0:0:0:0:0:0:0:1:2181``: an address with all its groups and a port behind it, as Java shows one."""
    spelt = _SPELT.match(text)
    if spelt is None or max(map(len, spelt.group(1).split(b":"))) == 2:  # a fingerprint
        return None
    address, number = _spelt_address(spelt.group(1)), read_port(spelt.group(2))
    if address is None or number is None:
        return None
    return [
        found(EntityType.IP_ADDRESS, spelt.start(1), spelt.end(1), address, Confidence.HIGH),
        found(EntityType.PORT, spelt.start(2), spelt.end(2), number, Confidence.HIGH),
    ]


def _spelt_address(text: bytes) -> str | None:
    return "::" if text == b"0:0:0:0:0:0:0:0" else read_ipv6(text)


def dissect_colons(text: bytes) -> list[Finding]:
    """``2001:db8::1``, with a zone, a prefix length, or ``]:port`` after it. Names in C++ have colons, too."""
    bracketed = text.endswith(b"]")  # ``2001:db8::1[500]``, as strongSwan has it
    body, _, port = text[:-1].partition(b"[") if bracketed else text.partition(b"]:")
    body, _, width = body.partition(b"/")
    if text.endswith(b":") and not text.endswith(b"::"):
        body = body.rstrip(b":")
    if body.startswith(b"::1:") and read_port(body[4:]) is not None and len(body) > 5:  # as netstat shows it
        body, port = body[:3], body[4:]
        text = text[: 4 + len(port)]
    if (body == b"::" and port) or (body.startswith(b":::") and body[3:].isdigit()):  # any address: netstat, Node.js
        number = read_port(port or body[3:])
        at = len(text) - len(port or body[3:])
        return [] if number is None else [found(EntityType.PORT, at, len(text), number, Confidence.HIGH)]
    groups = body.partition(b"%")[0].split(b":")
    if not port and not width and _FIVE_DIGITS.fullmatch(groups[-1]):  # ``2001:db8::9:40122``: more than a group has
        body, _, port = body.rpartition(b":")
        text, groups = body + b":" + port, groups[:-1]
    if len(groups) >= 8 and b"::" not in body and max(map(len, groups)) < 3:
        return []  # a fingerprint, or the name of a port of a storage network
    sure = (
        body.startswith(b"::") or len(groups) > 4 or (len(groups[0]) >= 3 and any(48 <= c <= 57 for c in groups[0]))
    )
    if not sure and groups[0].lower() not in {b"fe80", b"fc00", b"fd00", b"ff02"}:
        return []
    if not any(48 <= character <= 57 for character in body) or _CLOCK.fullmatch(body):
        return []
    address = read_ipv6(body)
    if address is None:
        return []
    network = read_ipv6_network(body, width) if width else None
    if network is not None and network.partition("/")[0] == address:
        return [found(EntityType.IP_ADDRESS, 0, len(text), network, Confidence.HIGH)]
    findings = [found(EntityType.IP_ADDRESS, 0, len(body), address, Confidence.HIGH)]
    if port and (number := read_port(port)) is not None:
        end = len(text) - bracketed
        findings.append(found(EntityType.PORT, end - len(port), end, number, Confidence.HIGH))
    return findings


def dissect_dotted(text: bytes) -> list[Finding]:
    """A name with dots: an address or a host, with or without its port, or a version."""
    if text[-1] == _CALL:  # one that NFS exports to: ``10.0.0.5(rw)``
        text = text[:-1]
        return [] if read_ipv4(text) is None else dissect_dotted(text)
    if (_COLON in text or text[0] == _AT) and (labelled := _LABELLED_ADDRESS.match(text)) is not None:
        return shift(dissect_dotted(text[labelled.end() :]), labelled.end())
    if text[0] == _AT and (forwarded := _FORWARDED.match(text)) is not None:
        return shift(dissect_dotted(text[forwarded.end() :]), forwarded.end())
    if text[0] in b"@-+~%":
        return []
    if text[-1] == _DASH and text[0] in b"0123456789":  # ``10.0.0.1->10.0.0.2``
        text = text.rstrip(b"-")
    if text[-1] == _BRACKET:  # ``10.0.0.1[4500]``, as of IPsec
        body, colon, port = text[:-1].partition(b"[")
    else:
        body, colon, port = text.partition(b"]:" if b"]" in text else b"#" if b"#" in text else b":")
    published = b""
    if colon == b":" and b":" in port:
        port, _, published = port.partition(b":")
    if colon == b"]:" and _DOT in port:  # ``worker[7.a]:10.0.0.4:41998``
        return shift(dissect_dotted(port), len(body) + 2)
    number = read_port(port) if colon else None
    if colon == b":" and number is None and port != b"0":
        return []
    findings: list[Finding] = []
    if (address := read_ipv4(body)) is not None:
        findings.append(found(EntityType.IP_ADDRESS, 0, len(body), address, Confidence.HIGH))
    else:
        host = read_dotted(body) or (read_served(body) if number else None)
        if host:
            confidence = Confidence.HIGH if number or len(body) > 3 else Confidence.MEDIUM
            findings.append(found(EntityType.HOSTNAME, 0, len(body), host, confidence))
        elif not colon and (captured := _dissect_captured(body)):
            return captured
    if findings and number is not None:
        start = len(body) + len(colon)
        findings.append(found(EntityType.PORT, start, start + len(port), number, Confidence.HIGH))
        if published and address is not None and (inside := read_port(published)) is not None:
            # As Docker publishes one: an address, its port, and that of the container.
            findings.append(found(EntityType.PORT, len(text) - len(published), len(text), inside, Confidence.HIGH))
    return findings


def _dissect_captured(text: bytes) -> list[Finding]:
    """``imap.example.com.993``, as tcpdump and macOS show a port."""
    name, _, port = text.rpartition(b".")
    if not port.isdigit() or name[-1:].isdigit() or (number := read_port(port)) is None:
        return []
    host = read_dotted(name) if name.count(b".") > 1 else None
    if host is None:
        return []
    return [
        found(EntityType.HOSTNAME, 0, len(name), host, Confidence.MEDIUM),
        found(EntityType.PORT, len(name) + 1, len(text), number, Confidence.MEDIUM),
    ]
