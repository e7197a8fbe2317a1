"""Paths of files, told from all else that has slashes: addresses, versions, MIME types, fractions, patterns."""

import re
from typing import Any, Final

from siss.extract.entities.addresses import read_ipv4, read_ipv4_network, read_ipv6, read_ipv6_network, read_port
from siss.extract.entities.findings import Finding, found, listed_bytes
from siss.extract.entities.hosts import read_dotted, read_named, read_role, read_served
from siss.extract.entities.patterns import TOP_FOLDERS
from siss.model.entity import Confidence, EntityType

_SLASH, _DOT, _COLON, _AT, _COMMA, _PERCENT, _EQUALS, _CALL = b"/.:@,%=("
_TOP: Final = listed_bytes(TOP_FOLDERS)

_IMAGE: Final = re.compile(rb"^([\w.-]+)(?::[0-9]+)?/[\w./+~-]+(?::(v?[0-9]+(?:\.[0-9]+)+[\w.-]*))?$")
"""What lies on a server without being a URL: images of containers, repositories."""

_MOUNTED: Final = re.compile(rb"^([\w.-]+):(/.*)$")
"""``nas01:/volume1/logs``, as NFS and scp have it."""

_LINE: Final = re.compile(rb"(?::[0-9]{1,7}){1,2}:?$")
_ENDING: Final = re.compile(
    rb"\.(?:[a-z][a-z0-9]{0,5}|[A-Z]{2,4}|properties|service|parquet|sqlite3|template|markdown)$"
)
_PRODUCT: Final = re.compile(rb"^([A-Za-z][\w.+-]{0,40})/v?([0-9]+(?:\.[0-9]+)+(?:[-+~][\w.+~-]*)?)$")
_SERVER: Final = re.compile(rb"^([\w.-]*)/([0-9]{1,3}(?:\.[0-9]{1,3}){3})(?::([0-9]{1,5}))?:?$")
_HASH_BYTES: Final = 41
_HASHED: Final = re.compile(rb"[A-Za-z0-9+=]{%d,}" % _HASH_BYTES)
_CLOCK: Final = re.compile(rb"[0-9]{1,2}(?::[0-9]{2})+::")
_TRAILING: Final = b".;:#=$"
_BRANDED: Final = re.compile(rb"[A-Z][A-Za-z]*[a-z][A-Za-z]*")
_BROWSERS: Final = listed_bytes(
    """
    apache applewebkit chrome curl edg edge firefox gecko go-http-client java jetty kernel linux mozilla nginx
    okhttp openssh openssl opr php postgresql python redis safari tomcat trident version wget
    """
)
_PROTOCOLS: Final = listed_bytes(
    """
    http https mozilla irc rtsp sip spdy
    """
)


def dissect_path(text: bytes) -> list[Finding]:
    """What something with a slash is: a path, a server as Java shows it (``/10.0.0.1:80``), a network, a version."""
    if text[-1] == _CALL:
        return []
    head, _, tail = text.partition(b"/")
    numbered = tail[:1].isdigit()
    if numbered and (server := _SERVER.match(text)) is not None and (findings := _dissect_server(server)):
        return findings
    if head and (numbered or tail[:1] == b"v") and (product := _PRODUCT.match(text)) is not None:
        if product.group(1).lower() in _PROTOCOLS:
            return []
        value = f"{product.group(1).decode().lower()} {product.group(2).decode()}"
        return [found(EntityType.VERSION, 0, len(text), value, Confidence.HIGH)]
    host = read_dotted(head.partition(b":")[0]) if _DOT in head else None
    if host is not None and (image := _IMAGE.match(text)) is not None:
        findings = [found(EntityType.HOSTNAME, 0, image.end(1), host, Confidence.HIGH)]
        if image.group(2):
            value = image.group(2).decode().removeprefix("v")
            findings.append(found(EntityType.VERSION, image.start(2), image.end(2), value, Confidence.MEDIUM))
        return findings
    if head and head[-1] == _COLON and (mounted := _MOUNTED.match(text)) is not None:
        name = mounted.group(1)
        host = read_dotted(name) or read_role(name) or (read_named(name) if name[-1:].isdigit() else None)
        if host is None:
            return []
        rest = dissect_path(mounted.group(2))
        shift = mounted.start(2)
        return [
            found(EntityType.HOSTNAME, 0, len(name), host, Confidence.HIGH),
            *(
                found(kind, start + shift, end + shift, value, confidence)
                for kind, value, start, end, confidence in rest
            ),
        ]
    end = len(text.partition(b",")[0].rstrip(_TRAILING))
    if _COLON in text and (line := _LINE.search(text[:end])) is not None:
        end = line.start()
    path = text[:end]
    confidence = _judge(path)
    if confidence is None:
        return []
    value = path.decode("utf-8", "replace")
    return [found(EntityType.FILEPATH, 0, end, value.rstrip("/") or "/", confidence)]


def _dissect_server(server: Any) -> list[Finding]:
    name, quad, port = server.group(1), server.group(2), server.group(3)
    address = read_ipv4(quad)
    if address is None or name.lower() in _BROWSERS or _BRANDED.fullmatch(name):
        return []
    start = len(name) + 1
    findings = [found(EntityType.IP_ADDRESS, start, start + len(quad), address, Confidence.HIGH)]
    if name and b"_" not in name and (host := read_named(name)) is not None:
        findings.append(found(EntityType.HOSTNAME, 0, len(name), host, Confidence.MEDIUM))
    if port and (number := read_port(port)) is not None:
        at = start + len(quad) + 1
        findings.append(found(EntityType.PORT, at, at + len(port), number, Confidence.HIGH))
    return findings


def _judge(path: bytes) -> Confidence | None:
    parts = [part for part in path.split(b"/") if part]
    if not parts or path.find(b"//") >= 0:
        return None
    longest = max(map(len, parts))
    if longest > 255 or (longest >= _HASH_BYTES and _HASHED.search(path)):
        return None
    if path[0] == _SLASH:
        if len(parts) == 1:
            return Confidence.HIGH if parts[0] in _TOP else Confidence.LOW if _ENDING.search(path) else None
        if parts[0] in _TOP:
            return Confidence.HIGH
        wordy = all(part.strip(_NO_LETTERS) for part in parts[:2])
        return Confidence.MEDIUM if wordy and _COMMA not in path and _PERCENT not in path else None
    if path.startswith((b"./", b"../", b"~/")) or (path[:1] == b"$" and path[1:2].isalpha()):
        return Confidence.MEDIUM
    if path[0] in b"@#%+-" or _AT in parts[0] or _COLON in path or _EQUALS in path or _COMMA in path:
        return None
    if _ENDING.match(path, max(path.rfind(b"."), 0)) is None or path.replace(b".", b"").replace(b"/", b"").isdigit():
        return None
    if read_dotted(parts[0]) is not None or parts[0].count(b".") > 1:
        return None
    return Confidence.MEDIUM


_LETTERS: Final = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"
_NO_LETTERS: Final = bytes(set(range(256)) - set(_LETTERS))


def dissect_windows_path(text: bytes) -> list[Finding]:
    r"""``C:\logs\app.log`` and ``\\server\share\file``; the server of the latter is a host."""
    end = len(text.rstrip(b" .-()"))
    path = text[:end]
    if path.startswith(b"\\\\"):
        server, _, rest = path[2:].partition(b"\\")
        host = read_named(server) if not server[:1].isdigit() else read_ipv4(server)
        if host is None or not rest or b"\\\\" in rest:
            return []
        kind = EntityType.IP_ADDRESS if server[:1].isdigit() else EntityType.HOSTNAME
        share = found(EntityType.FILEPATH, 0, end, path.decode("utf-8", "replace"), Confidence.HIGH)
        return [share, found(kind, 2, 2 + len(server), host, Confidence.MEDIUM)]
    if len(path) < 3 or path[:2] == b"\\\\":
        return []
    value = path.decode("utf-8", "replace").rstrip("\\")
    return [found(EntityType.FILEPATH, 0, end, value, Confidence.HIGH if len(path) > 3 else Confidence.MEDIUM)]


def dissect_network(text: bytes) -> list[Finding]:
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


def dissect_colons(text: bytes) -> list[Finding]:
    """``2001:db8::1``, with a zone, a prefix length, or ``]:port`` after it. Names in C++ have colons, too."""
    body, _, port = text.partition(b"]:")
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
        findings.append(found(EntityType.PORT, len(text) - len(port), len(text), number, Confidence.HIGH))
    return findings


def dissect_dotted(text: bytes) -> list[Finding]:
    """A name with dots: an address or a host, with or without its port, or a version."""
    if text[-1] == _CALL or text[0] in b"@-+~%":
        return []
    body, colon, port = text.partition(b"]:" if b"]" in text else b"#" if b"#" in text else b":")
    number = read_port(port) if colon else None
    if colon == b":" and number is None:
        return []
    findings: list[Finding] = []
    if (address := read_ipv4(body)) is not None:
        findings.append(found(EntityType.IP_ADDRESS, 0, len(body), address, Confidence.HIGH))
    else:
        host = read_dotted(body) or (read_served(body) if number else None)
        if host:
            confidence = Confidence.HIGH if number or len(body) > 3 else Confidence.MEDIUM
            findings.append(found(EntityType.HOSTNAME, 0, len(body), host, confidence))
    if findings and number is not None:
        findings.append(found(EntityType.PORT, len(text) - len(port), len(text), number, Confidence.HIGH))
    return findings
