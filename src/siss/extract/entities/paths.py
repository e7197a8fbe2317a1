"""Paths of files, told from all else that has slashes: addresses, versions, MIME types, fractions, patterns."""

import re
from typing import Final

from siss.extract.entities.addresses import read_ipv4
from siss.extract.entities.endpoints import dissect_endpoint, dissect_network
from siss.extract.entities.findings import Finding, found, listed_bytes, shift
from siss.extract.entities.hosts import read_dotted, read_named, read_role
from siss.extract.entities.patterns import TOP_FOLDERS
from siss.model.entity import Confidence, EntityType

_SLASH, _DOT, _COLON, _AT, _PERCENT, _EQUALS, _CALL = b"/.:@%=("
_TOP: Final = listed_bytes(TOP_FOLDERS)

_IMAGE: Final = re.compile(rb"^([\w.-]+)/[\w./+~-]+(?::(v?[0-9]+(?:\.[0-9]+)+[\w.-]*))?$")
"""What lies on a server without being a URL: images of containers, repositories."""

_LABELLED: Final = re.compile(rb"^[A-Za-z][\w.-]*:(?=[0-9]{1,3}(?:\.[0-9]{1,3}){3}/)")
"""``outside:203.0.113.80/443``, as Cisco names the side of an address."""

_TAGGED: Final = re.compile(rb"^[A-Za-z][\w.-]*/[\w./-]+@(v[0-9]+(?:\.[0-9]+)*|[0-9]+(?:\.[0-9]+)+)$")
"""``actions/checkout@v4``."""

_SHARE: Final = re.compile(rb"^//([\w.-]+)/")
"""``//nas/team``."""

_PRINCIPAL: Final = re.compile(
    rb"^(?:cifs|GC|HOST|HTTP|imap|ldap|LDAP|MSSQLSvc|RestrictedKrbHost|smtp|TERMSRV|WSMAN)/([\w-]+(?:\.[\w-]+){2,})\.?$"
)
"""A service of a machine, as Kerberos names it: ``cifs/fs1.corp.example``."""

_LISTED: Final = re.compile(rb":(?=\.{0,2}/|~/)")
"""Between the paths of ``/usr/bin:/bin`` and ``./data:/var/lib/data:ro``."""

_MODE: Final = re.compile(rb":(?:ro|rw|z|Z|cached|delegated|consistent)$")
"""How a container may use what is mounted there."""

_GROUP: Final = re.compile(rb"v[0-9]+(?:(?:alpha|beta)[0-9]+)?")
"""A version of an interface of Kubernetes: ``networking.k8s.io/v1``."""

_OPTION: Final = re.compile(rb"^(?:-[A-Za-z]?|[@+])(?=/)")
"""``-I/usr/include``, ``=-/etc/default/app``, ``@/tmp/body.json``."""

_MOUNTED: Final = re.compile(rb"^([\w.-]+):(/.*)$")
"""``nas01:/volume1/logs``, as NFS and scp have it."""

_LINE: Final = re.compile(rb"(?::[0-9]{1,7}){1,2}:?$")
_ENDING: Final = re.compile(
    rb"\.(?:[a-z][a-z0-9]{0,5}|[A-Z]{2,4}|properties|service|parquet|sqlite3|template|markdown)$"
)
_PRODUCT: Final = re.compile(rb"^([A-Za-z][\w.+-]{0,40})/v?([0-9]+(?:\.[0-9]+)+(?:[-+~][\w.+~-]*)?)$")
_NUMBERED: Final = frozenset({b"v", *(bytes([digit]) for digit in b"0123456789")})
"""How a version begins."""

_TABLE: Final = re.compile(rf"^(?:[a-z]+:)?(/(?:{'|'.join(TOP_FOLDERS.split())})/)".encode())

_HASH_BYTES: Final = 41
_HASHED: Final = re.compile(rb"[A-Za-z0-9+=]{%d,}" % _HASH_BYTES)
_CODED: Final = re.compile(rb"[A-Za-z0-9+/=]{16,}")
_CHANGES: Final = re.compile(rb"[a-z](?=[A-Z0-9])|[0-9](?=[A-Za-z])|[A-Z](?=[0-9])")
_TRAILING: Final = b".;:#=$"
_PROTOCOLS: Final = listed_bytes(
    """
    http https mozilla irc rtsp sip spdy
    """
)


def dissect_slashed(text: bytes) -> list[Finding]:
    """What something with slashes is, or each of several paths with colons between them."""
    if text[-1] == _CALL:  # of a network as NFS exports to one: ``10.0.0.0/8(rw)``
        if (network := dissect_network(text[:-1])) is not None:
            return network
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
    """What something with a slash is: a path, a server, a network, a version."""
    if text.endswith(b"/*"):  # a folder that is included
        return [found(EntityType.FILEPATH, 0, len(text) - 2, text[:-2].decode(), Confidence.MEDIUM)]
    if text[0] in b"-@+" and (option := _OPTION.match(text)) is not None:
        return shift(dissect_path(text[option.end() :]), option.end())
    if _AT in text and (tagged := _TAGGED.match(text)) is not None:
        value = tagged.group(1).removeprefix(b"v").decode()
        return [found(EntityType.VERSION, *tagged.span(1), value, Confidence.MEDIUM)]
    if (principal := _PRINCIPAL.match(text)) is not None and (host := read_dotted(principal.group(1))) is not None:
        return [found(EntityType.HOSTNAME, *principal.span(1), host, Confidence.HIGH)]
    if (findings := dissect_endpoint(text)) is not None:
        return findings
    head, _, tail = text.partition(b"/")
    if head and tail[:1] in _NUMBERED and (product := _PRODUCT.match(text)) is not None:
        return _dissect_product(product)
    if _DOT in head and (findings := _dissect_image(text, head, tail)) is not None:
        return findings
    if head and head[-1] == _COLON and (mounted := _MOUNTED.match(text)) is not None:
        return _dissect_mounted(mounted)
    return _dissect_file(text)


def _dissect_product(product: re.Match[bytes]) -> list[Finding]:
    """``nginx/1.24.0``: a product with its version, unless it is a protocol."""
    name, version = product.group(1).lower(), product.group(2)
    if name in _PROTOCOLS:
        return []
    return [found(EntityType.VERSION, 0, product.end(), f"{name.decode()} {version.decode()}", Confidence.HIGH)]


def _dissect_image(text: bytes, head: bytes, tail: bytes) -> list[Finding] | None:
    """The server that something lies on, and its version; nothing of an interface; None where no server is named."""
    host = read_dotted(head)
    if host is None:
        return None
    if _GROUP.fullmatch(tail):
        return []
    image = _IMAGE.match(text.rstrip(_TRAILING))
    if image is None:
        return None
    findings = [found(EntityType.HOSTNAME, 0, image.end(1), host, Confidence.HIGH)]
    if image.group(2):
        value = image.group(2).decode().removeprefix("v")
        findings.append(found(EntityType.VERSION, *image.span(2), value, Confidence.MEDIUM))
    return findings


def _dissect_mounted(mounted: re.Match[bytes]) -> list[Finding]:
    """A path behind the name of a machine, a drive of Windows, or a label."""
    name, path = mounted.group(1), mounted.group(2)
    if len(name) == 1:  # ``C:/ProgramData/app.ini``
        value = mounted.group().decode("ascii", "replace")
        return [found(EntityType.FILEPATH, 0, mounted.end(), value, Confidence.MEDIUM)]
    behind = shift(dissect_path(path), mounted.start(2))
    if name == b"file":
        return behind
    if (address := read_ipv4(name)) is not None:
        return [found(EntityType.IP_ADDRESS, 0, len(name), address, Confidence.HIGH), *behind]
    host = read_dotted(name) or read_role(name) or (read_named(name) if name[-1:].isdigit() else None)
    if host is None:  # what is labelled, as the home in passwd is by a name
        told = path.count(b"/") > 2 and _ENDING.search(path) is not None
        return behind if told or path[1:].partition(b"/")[0] in _TOP else []
    return [found(EntityType.HOSTNAME, 0, len(name), host, Confidence.HIGH), *behind]


def _dissect_file(text: bytes) -> list[Finding]:
    """A path, without the number of a line and the punctuation behind it."""
    end = len(text.rstrip(_TRAILING))
    if _COLON in text and (line := _LINE.search(text[:end])) is not None:
        end = line.start()
    path = text[:end]
    confidence = _judge(path)
    if confidence is None:
        return []
    value = path.decode("utf-8", "replace")
    return [found(EntityType.FILEPATH, 0, end, value.rstrip("/") or "/", confidence)]


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
