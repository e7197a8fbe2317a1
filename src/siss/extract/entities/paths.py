"""Paths of files, told from all else that has slashes: addresses, versions, MIME types, fractions, patterns."""

import re
from typing import Any, Final

from siss.extract.entities.addresses import read_ipv4, read_ipv4_network, read_ipv6, read_ipv6_network, read_port
from siss.extract.entities.findings import Finding, found, listed_bytes, perhaps, shift
from siss.extract.entities.hosts import read_dotted, read_named, read_ported, read_role, read_served
from siss.extract.entities.patterns import TOP_FOLDERS
from siss.model.entity import Confidence, EntityType

_SLASH, _DOT, _COLON, _AT, _PERCENT, _EQUALS, _CALL, _DASH, _BRACKET = b"/.:@%=(-]"
_TOP: Final = listed_bytes(TOP_FOLDERS)

_IMAGE: Final = re.compile(rb"^([\w.-]+)/[\w./+~-]+(?::(v?[0-9]+(?:\.[0-9]+)+[\w.-]*))?$")
"""What lies on a server without being a URL: images of containers, repositories."""

_SERVED: Final = re.compile(rb"^([\w.-]+):([0-9]{1,5})/[^:]*(?::(v?[0-9]+(?:\.[0-9]+)+[\w.-]*))?")
"""The same behind a port: ``registry:5000/web:2.4.1``, ``zk-3:2181/kafka``."""

_LABELLED: Final = re.compile(rb"^[A-Za-z][\w.-]*:(?=[0-9]{1,3}(?:\.[0-9]{1,3}){3}/)")
"""``outside:203.0.113.80/443``, as Cisco names the side of an address."""

_LABELLED_ADDRESS: Final = re.compile(rb"^(?:[\w.@~+%-]*:|@)(?=[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?::[0-9]+)?$)")
"""``v2:10.0.0.4:6800``, ``source.ip:10.0.0.4``, and the end of ``sip:100@10.0.0.4``."""

_FORWARDED: Final = re.compile(rb"^@{1,2}(?=[A-Za-z][\w.-]*:[0-9]+$)")
"""``*.* @logs.example.net:514``, as rsyslog sends on."""

_TAGGED: Final = re.compile(rb"^[A-Za-z][\w.-]*/[\w./-]+@(v[0-9]+(?:\.[0-9]+)*|[0-9]+(?:\.[0-9]+)+)$")
"""``actions/checkout@v4``."""

_SHARE: Final = re.compile(rb"^//([\w.-]+)/")
"""``//nas/team``."""

_LISTED: Final = re.compile(rb":(?=\.{0,2}/|~/)")
"""Between the paths of ``/usr/bin:/bin`` and ``./data:/var/lib/data:ro``."""

_MODE: Final = re.compile(rb":(?:ro|rw|z|Z|cached|delegated|consistent)$")
"""How a container may use what is mounted there."""

_INTERFACE: Final = re.compile(
    rb"(?:bond|br|dummy|en[ops]|eth|igb|ix|lo|ppp|tap|team|tun|veth|vlan|vmbr|vmnet|wg|wl)\w*"
)
_GROUP: Final = re.compile(rb"v[0-9]+(?:(?:alpha|beta)[0-9]+)?")
"""A version of an interface of Kubernetes: ``networking.k8s.io/v1``."""

_NETWORK: Final = re.compile(rb"^([0-9]{1,3}(?:\.[0-9]{1,3}){3}/[0-9]{1,5})[.;:=-]?$")
_OWNED: Final = re.compile(rb"^([A-Za-z_][\w.-]*)@([0-9]{1,3}(?:\.[0-9]{1,3}){3}/[0-9]{1,2})$")
_POOLED: Final = re.compile(
    rb"^([A-Za-z_][\w.-]*)/([A-Za-z_][\w.-]*)@([0-9]{1,3}(?:\.[0-9]{1,3}){3})(?::([0-9]{1,5}))?$"
)
"""``shop/anna@10.0.0.4:41998``: a database, who uses it, and from where."""

_OPTION: Final = re.compile(rb"^(?:-[A-Za-z]?|[@+])(?=/)")
"""``-I/usr/include``, ``=-/etc/default/app``, ``@/tmp/body.json``."""

_SPELT: Final = re.compile(
    rb"^/?((?:[0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4})(?:%\w+)?:([0-9]{1,5})(?![0-9A-Fa-f:]*:[0-9A-Fa-f]{1,2}$)(?::.*)?$"
)

_MOUNTED: Final = re.compile(rb"^([\w.-]+):(/.*)$")
"""``nas01:/volume1/logs``, as NFS and scp have it."""

_LINE: Final = re.compile(rb"(?::[0-9]{1,7}){1,2}:?$")
_ENDING: Final = re.compile(
    rb"\.(?:[a-z][a-z0-9]{0,5}|[A-Z]{2,4}|properties|service|parquet|sqlite3|template|markdown)$"
)
_PRODUCT: Final = re.compile(rb"^([A-Za-z][\w.+-]{0,40})/v?([0-9]+(?:\.[0-9]+)+(?:[-+~][\w.+~-]*)?)$")
_SERVER: Final = re.compile(rb"^([\w.-]*)/([0-9]{1,3}(?:\.[0-9]{1,3}){3})(?::([0-9]{1,5}))?(?::\D.*|[.:;=-])?$")
_TABLE: Final = re.compile(rf"^(?:[a-z]+:)?(/(?:{'|'.join(TOP_FOLDERS.split())})/)".encode())
_MEMBER: Final = re.compile(rb"^/[\w-]+/([0-9]{1,3}(?:\.[0-9]{1,3}){3})(?::([0-9]{1,5}))?$")
"""``/Common/10.0.0.4:8080``, as a load balancer names what it sends to."""

_HASH_BYTES: Final = 41
_HASHED: Final = re.compile(rb"[A-Za-z0-9+=]{%d,}" % _HASH_BYTES)
_CODED: Final = re.compile(rb"[A-Za-z0-9+/=]{16,}")
_CHANGES: Final = re.compile(rb"[a-z](?=[A-Z0-9])|[0-9](?=[A-Za-z])|[A-Z](?=[0-9])")
_FIVE_DIGITS: Final = re.compile(rb"[1-6][0-9]{4}")
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


def dissect_slashed(text: bytes) -> list[Finding]:
    """What something with slashes is, or each of several paths with colons between them."""
    if text[-1] == _CALL:  # of a network as NFS exports to one: ``10.0.0.0/8(rw)``
        if _NETWORK.match(text[:-1]):
            return _dissect_network(text[:-1])
        listed = _TABLE.match(text)  # ``hash:/etc/postfix/virtual(0,lock)``
        return [] if listed is None else shift(dissect_path(text[listed.start(1) : -1]), listed.start(1))
    if text[:2] == b"//" and (share := _SHARE.match(text)) is not None:
        host = read_dotted(share.group(1)) or read_role(share.group(1))
        if host is not None:
            return [found(EntityType.HOSTNAME, *share.span(1), host, Confidence.MEDIUM)]
        return shift(dissect_path(text[1:]), 1)
    if _COLON not in text:
        return dissect_path(text)
    if (label := _LABELLED.match(text)) is not None:
        return shift(dissect_path(text[label.end() :]), label.end())
    cuts = [cut.start() for cut in _LISTED.finditer(text, text.index(b"/"))]
    if (mode := _MODE.search(text)) is not None and (cuts or text[: mode.start()].find(b":/") >= 0):
        text = text[: mode.start()]
    findings: list[Finding] = []
    for start, end in zip((0, *(cut + 1 for cut in cuts)), (*cuts, len(text)), strict=True):
        findings += shift(dissect_path(text[start:end]), start)
    return findings


def dissect_path(text: bytes) -> list[Finding]:
    """What something with a slash is: a path, a server as Java shows it (``/10.0.0.1:80``), a network, a version."""
    if text.endswith(b"/*"):  # a folder that is included
        return [found(EntityType.FILEPATH, 0, len(text) - 2, text[:-2].decode(), Confidence.MEDIUM)]
    if _AT in text and (tagged := _TAGGED.match(text)) is not None:
        value = tagged.group(1).removeprefix(b"v").decode()
        return [found(EntityType.VERSION, *tagged.span(1), value, Confidence.MEDIUM)]
    if text[0] in b"-@+" and (option := _OPTION.match(text)) is not None:
        return shift(dissect_path(text[option.end() :]), option.end())
    head, _, tail = text.partition(b"/")
    numbered = tail[:1].isdigit()
    if not head and (member := _MEMBER.match(text)) is not None and (address := read_ipv4(member.group(1))):
        own = found(EntityType.IP_ADDRESS, *member.span(1), address, Confidence.HIGH)
        return [own, *perhaps(EntityType.PORT, *member.span(2), read_port(member.group(2) or b""))]
    if _AT in tail and (pooled := _POOLED.match(text)) is not None:
        return _dissect_pooled(pooled)
    if numbered and head[-1:].isdigit():
        if (network := _NETWORK.match(text)) is not None:
            return _dissect_network(network.group(1))
        if _AT in head and (owned := _OWNED.match(text)) is not None:
            user = found(EntityType.USERNAME, 0, owned.end(1), owned.group(1).decode(), Confidence.HIGH)
            return [user, *shift(_dissect_network(owned.group(2)), owned.start(2))]
    if numbered and (server := _SERVER.match(text)) is not None and (findings := _dissect_server(server)):
        return findings
    if head and (numbered or tail[:1] == b"v") and (product := _PRODUCT.match(text)) is not None:
        if product.group(1).lower() in _PROTOCOLS:
            return []
        value = f"{product.group(1).decode().lower()} {product.group(2).decode()}"
        return [found(EntityType.VERSION, 0, len(text), value, Confidence.HIGH)]
    if _COLON in head and (served := _SERVED.match(text)) is not None:
        return _dissect_served(served)
    host = read_dotted(head) if _DOT in head else None
    if host is not None and _GROUP.fullmatch(tail):
        return []
    if host is not None and (image := _IMAGE.match(text.rstrip(_TRAILING))) is not None:
        findings = [found(EntityType.HOSTNAME, 0, image.end(1), host, Confidence.HIGH)]
        if image.group(2):
            value = image.group(2).decode().removeprefix("v")
            findings.append(found(EntityType.VERSION, image.start(2), image.end(2), value, Confidence.MEDIUM))
        return findings
    if head and head[-1] == _COLON and (mounted := _MOUNTED.match(text)) is not None:
        name = mounted.group(1)
        if name == b"file":
            return shift(dissect_path(mounted.group(2)), mounted.start(2))
        if len(name) == 1:  # a drive of Windows: ``C:/ProgramData/app.ini``
            return [found(EntityType.FILEPATH, 0, len(text), text.decode("ascii", "replace"), Confidence.MEDIUM)]
        behind = shift(dissect_path(mounted.group(2)), mounted.start(2))
        if (address := read_ipv4(name)) is not None:
            return [found(EntityType.IP_ADDRESS, 0, len(name), address, Confidence.HIGH), *behind]
        host = read_dotted(name) or read_role(name) or (read_named(name) if name[-1:].isdigit() else None)
        if host is None:  # what is labelled, as the home in passwd is by a name
            return behind if mounted.group(2)[1:].partition(b"/")[0] in _TOP else []
        return [found(EntityType.HOSTNAME, 0, len(name), host, Confidence.HIGH), *behind]
    end = len(text.rstrip(_TRAILING))
    if _COLON in text and (line := _LINE.search(text[:end])) is not None:
        end = line.start()
    path = text[:end]
    confidence = _judge(path)
    if confidence is None:
        return []
    value = path.decode("utf-8", "replace")
    return [found(EntityType.FILEPATH, 0, end, value.rstrip("/") or "/", confidence)]


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


def _dissect_server(server: Any) -> list[Finding]:
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


def _dissect_served(served: Any) -> list[Finding]:
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
        return Confidence.MEDIUM if wordy and _PERCENT not in path and not _is_coded(path) else None
    if path.startswith((b"./", b"../", b"~/")) or (path[:1] == b"$" and path[1:2].isalpha()):
        return Confidence.MEDIUM
    if path[0] in b"@#%+-" or _AT in parts[0] or _COLON in path or _EQUALS in path:
        return None
    if _AT in path and parts[-1].rpartition(b"@")[2].isupper():  # ``krbtgt/EXAMPLE.COM@EXAMPLE.COM``
        return None
    if _ENDING.match(path, max(path.rfind(b"."), 0)) is None or path.replace(b".", b"").replace(b"/", b"").isdigit():
        return None
    if read_dotted(parts[0]) is not None or parts[0].count(b".") > 1:
        return None
    return Confidence.MEDIUM


def _is_coded(path: bytes) -> bool:
    """Whether this is Base64 with slashes in it: of any two letters and digits every third pair is of two sorts."""
    return _CODED.fullmatch(path) is not None and 3 * len(_CHANGES.findall(path)) > len(path)


_LETTERS: Final = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"
_NO_LETTERS: Final = bytes(set(range(256)) - set(_LETTERS))


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
