"""URLs and mail addresses, taken apart: host, port, user and database in them are mentions of their own."""

import re
from typing import Final

from siss.extract.entities.addresses import read_ipv4, read_ipv6, read_port
from siss.extract.entities.findings import Finding, found, listed_bytes
from siss.extract.entities.hosts import is_host, read_named, suffix_of
from siss.model.entity import Confidence, EntityType

_AUTHORITY: Final = re.compile(rb"^((?:jdbc:)?[A-Za-z][A-Za-z0-9+.-]*)://([^/?#;]*)([^?#]*)")
_USER: Final = re.compile(rb"^([A-Za-z_][\w.%+$-]*)(?::.*)?$")
_HOST: Final = re.compile(rb"^(\[[0-9A-Fa-f:.]+(?:%25[\w.~-]+)?\]|[^:\[\]@]*)(?::([0-9]*))?$")
_LOCAL: Final = re.compile(rb"[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*|\"(?:[^\"\\]|\\.)*\"")
_DATABASES: Final = listed_bytes(
    """
    cockroachdb jdbc:mariadb jdbc:mysql jdbc:postgresql jdbc:redshift mariadb mongodb mongodb+srv mysql postgres
    postgresql redshift
    """
)
_REALMS: Final = frozenset({"pam", "pbs", "pve"})
"""Where Proxmox knows a user from, who is called with it: ``root@pam``."""

_NEXT: Final = re.compile(rb",(?:[\w.-]+=)?(?=[A-Za-z][\w+.-]*://)")
"""Between the members of ``n1=https://10.0.0.1:2380,n2=https://10.0.0.2:2380``."""

_SEVERAL: Final = re.compile(rb"^[A-Za-z][\w+.:-]*://(?:[^/?#@]*@)?[\w.-]+:[0-9]{1,5}(?:,[\w.-]+:[0-9]{1,5})+")
_CLOSING: Final = {b")": b"(", b"]": b"["}
_ENDING: Final = b".,;:!?'*" + b"".join(_CLOSING)
_COMMA, _BRACKET, _QUOTE = b",]\xab"


def trim_url(text: bytes) -> bytes:
    """Without what stands around it: full stops, the next column of a table, brackets that were opened before it."""
    if _COMMA in text:
        text = text.partition(b",")[0]
    if _BRACKET in text:
        text = text.partition(b"](")[0]
    if _QUOTE in text and b"\xc2\xab" in text and b"@" not in text.partition(b"\xc2\xab")[2]:
        text = text.partition(b"\xc2\xab")[0]
    while text and text[-1] in _ENDING:
        last = text[-1:]
        if last in _CLOSING and text.count(last) <= text.count(_CLOSING[last]):
            break
        text = text[:-1]
    return text


def dissect_url(text: bytes) -> list[Finding]:
    """The URL, and the host, port, user and database that it names. What stands for a password is nowhere.

    Of several with commas between them each, and of several servers in one (``mongodb://a:27017,b:27017/shop``).
    """
    if _COMMA not in text:
        return _dissect_one(text)
    findings: list[Finding] = []
    last = 0
    for cut in (*_NEXT.finditer(text), None):
        one = _dissect_one(text[last : len(text) if cut is None else cut.start()])
        findings += [(kind, value, last + start, last + end, sure) for kind, value, start, end, sure in one]
        last = last if cut is None else cut.end()
    return findings


def _dissect_one(text: bytes) -> list[Finding]:
    several = _SEVERAL.match(text) if _COMMA in text else None
    kept = 0 if several is None else several.end()
    text = text[:kept] + trim_url(text[kept:])
    parts = _AUTHORITY.match(text)
    if parts is None:
        return []
    scheme, authority, path = parts.group(1), parts.group(2), parts.group(3)
    at = len(scheme) + 3
    _, sign, servers = authority.rpartition(b"@")
    credentials = authority[: len(authority) - len(servers) - len(sign)]
    findings: list[Finding] = []
    if credentials and not scheme.startswith((b"akka", b"spark")) and (user := _USER.match(credentials)) is not None:
        name = user.group(1).decode("ascii", "replace")
        findings.append(found(EntityType.USERNAME, at, at + user.end(1), name, Confidence.HIGH))
    if not servers and not path:
        return []
    start = at + len(authority) - len(servers)
    for server in servers.split(b","):
        named = _dissect_server(server, start)
        if named is None:
            return []
        findings += named
        start += len(server) + 1
    end = at + len(authority)
    if scheme.lower() in _DATABASES and len(path) > 1 and b"/" not in path[1:]:
        database = path[1:].partition(b";")[0]
        value = database.decode("utf-8", "replace")
        findings.append(found(EntityType.DATABASE, end + 1, end + 1 + len(database), value, Confidence.HIGH))
    server, rest = (part.decode("utf-8", "replace") for part in (servers, text[end:]))
    findings.append(
        found(EntityType.URL, 0, len(text), f"{scheme.decode().lower()}://{server.lower()}{rest}", Confidence.HIGH)
    )
    return findings


def _dissect_server(server: bytes, start: int) -> list[Finding] | None:
    """Its host and port, by where it begins; None if it is no server."""
    host = _HOST.match(server)
    if host is None:
        return None
    name, port = host.group(1), host.group(2)
    findings: list[Finding] = []
    inner = 1 if name.startswith(b"[") else 0
    if name and (read := _read_server(name)) is not None:
        kind, value, confidence = read
        findings.append(found(kind, start + inner, start + len(name) - inner, value, confidence))
    elif name not in {b"", b"[::]"} and not is_host(name.decode("ascii", "replace").lower()):
        return None
    if port and (number := read_port(port)) is not None:
        end = start + len(server)
        findings.append(found(EntityType.PORT, end - len(port), end, number, Confidence.HIGH))
    return findings


def _read_server(name: bytes) -> tuple[EntityType, str, Confidence] | None:
    if name.startswith(b"["):
        address = read_ipv6(name[1:-1])
        return None if address is None else (EntityType.IP_ADDRESS, address, Confidence.HIGH)
    if (address := read_ipv4(name)) is not None:
        return EntityType.IP_ADDRESS, address, Confidence.HIGH
    host = read_named(name)
    if host is None:
        return None
    known = suffix_of(host) is not None or "." not in host
    return EntityType.HOSTNAME, host, Confidence.HIGH if known else Confidence.MEDIUM


def dissect_mailbox(text: bytes) -> list[Finding]:
    """``ops@example.com``; ``deploy@db01`` is a user of a host instead. RFC 5321, without comments."""
    local, _, domain = text.rpartition(b"@")
    if not local or len(local) > 64:
        return []
    start = len(local) + 1
    literal = domain.startswith(b"[")
    if literal:
        inside = domain[1:-1]
        address = read_ipv6(inside[5:]) if inside[:5].lower() == b"ipv6:" else read_ipv4(inside)
        host = None if address is None else f"[{address}]"
    else:
        name = domain.decode("ascii", "replace").lower()
        host = name if is_host(name) and not name.rpartition(".")[2].isdigit() and "_" not in name else None
    if (quad := read_ipv4(domain)) is not None and _LOCAL.fullmatch(local):
        return [
            found(EntityType.USERNAME, 0, len(local), local.decode(), Confidence.HIGH),
            found(EntityType.IP_ADDRESS, start, len(text), quad, Confidence.HIGH),
        ]
    if host is None or _LOCAL.fullmatch(local) is None:
        return []
    if not literal and "." not in host:
        if host in _REALMS:
            return [found(EntityType.USERNAME, 0, len(text), text.decode("utf-8", "replace"), Confidence.HIGH)]
        if text == b"User@Host":  # how MySQL begins a line of its slow queries
            return []
        if (named := read_named(domain)) is None or local.isdigit() or local.count(b".") > 1 or domain[:1].isdigit():
            return []
        return [
            found(EntityType.USERNAME, 0, len(local), local.decode("utf-8", "replace"), Confidence.MEDIUM),
            found(EntityType.HOSTNAME, start, len(text), named, Confidence.MEDIUM),
        ]
    known = literal or suffix_of(host) is not None
    if not known and host.rpartition(".")[2].isalpha() is False:
        return []
    value = f"{local.decode('utf-8', 'replace').lower()}@{host}"
    return [found(EntityType.EMAIL, 0, len(text), value, Confidence.HIGH if known else Confidence.LOW)]
