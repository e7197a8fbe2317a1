"""``key=value`` and ``key: value``: what the value is, where the key tells."""

import re
from typing import Final, NamedTuple

from siss.extract.entities.addresses import read_ipv4, read_port
from siss.extract.entities.codes import read_code, read_version
from siss.extract.entities.findings import Finding, found, perhaps, shift
from siss.extract.entities.hosts import read_named
from siss.extract.entities.names import read_name, read_user
from siss.model.entity import Confidence, EntityType

_ASSIGNMENT: Final = re.compile(
    rb"^([\w. -]+?)(?=[\"'=>:\s<*])((?:[\"']?(?:[ \t]+(?:=>|=|:)[ \t]+|=>?|>|:[ \t]*)|:\*\*[ \t]+`?|\*\*:[ \t]+`?"
    rb"|[\"'][ \t]+value=|\", ?\"value\": ?|</name>\s*<value>)[\"'\[]?|=<)"
    rb"([\w./@$+~:\\-]+)(\(?)$"
)
_LAST_WORD: Final = re.compile(rb"(?:^|[._-]|[a-z0-9])((?:[A-Z]+[a-z]*|[a-z]+))$")

_PATHLIKE: Final = re.compile(rb"[/.]|^:")
_TELLING: Final = re.compile(rb"[0-9.-]|localhost")
_NUMBERED: Final = re.compile(rb"[0-9_]|[a-z][A-Z](?!QL|B\b)")
"""A name by its form: with a number, or of words that are put together. No product: ``MySQL``, ``MariaDB``."""
_MACHINE: Final = re.compile(rb"[A-Za-z]{2,}(?:-[A-Za-z]+)*-?[0-9]{1,4}")
"""``stor03``, ``web-fra-2``: a word that is numbered."""

_LISTED: Final = re.compile(rb",([0-9]{4,5})$")
_SLOT: Final = re.compile(rb"/[0-9]+$")
"""A processor of a machine, as PBS has one: ``exec_host=node118/0*16``."""

_MACHINES: Final = frozenset({EntityType.HOSTNAME, EntityType.IP_ADDRESS})
_HASH: Final = re.compile(rb"[0-9][0-9a-f]{5,}|[0-9a-f]{16,}")

_ROLES: Final = {
    EntityType.HOSTNAME: "hostname hosts host servername workstation computer server domain fqdn node rhost shost"
    " rechner rechnername dhost devname devicename machinename agentname agent device machine netbios helo"
    " nodelist nodename batchhost",
    EntityType.USERNAME: "user username usrname usr ruser suser duser dbuser login logname uname acct account owner"
    " ugi role principal benutzer benutzername utilisateur usuario authid",
    EntityType.DATABASE: "db database dbname catalog sid datenbank",
    EntityType.PORT: "port sport dport spt dpt srcport dstport localport remoteport sourceport destport"
    " destinationport peerport listenport ports",
    EntityType.SERVICE_NAME: "service svc servicename unit identifier",
    EntityType.VERSION: "version ver",
    EntityType.ERROR_CODE: "errno code status sqlstate hresult",
}
_ROLE_OF: Final = {word: kind for kind, words in _ROLES.items() for word in words.split()}
_SHORT: Final = frozenset(
    {"db", "node", "role", "owner", "account", "unit", "server", "domain", "ver", "code", "status"}
)
"""Keys that are as often something else: their values need more proof."""


def role_of(key: bytes) -> tuple[EntityType, bool] | None:
    """What the value of a key is, by the key's last word or two, and whether the key says so plainly."""
    plain = key.decode("ascii", "replace").replace(" ", "_")
    last = plain.replace("-", "_").replace(".", "_").rpartition("_")
    word = last[2]
    if not word:
        return None
    if plain.endswith("NAS-Identifier"):
        return EntityType.HOSTNAME, True
    if plain in {"UserID", "set_id"} or (word.lower() == "id" and last[0].lower() == "user"):
        return EntityType.USERNAME, True
    if (kind := _ROLE_OF.get(word.lower())) is not None and (word.islower() or word.lower() != "logname"):
        return kind, word.lower() not in _SHORT or bool(last[0])
    if word.lower() == "name" and last[0]:
        owner = last[0].rpartition("_")[2].lower()
        return (_ROLE_OF[owner], True) if owner in _ROLE_OF else None
    tail = _LAST_WORD.search(key)
    if tail is None:
        return None
    hump = tail.group(1).decode().lower()
    if hump == "name":
        return next(((kind, True) for owner, kind in _ROLE_OF.items() if word.lower().endswith(f"{owner}name")), None)
    return (_ROLE_OF[hump], True) if hump in _ROLE_OF and tail.group(1)[:1].isupper() else None


class _Assignment(NamedTuple):
    """A value with a key that tells what it is.

    ``sign``: what stands between key and value, with the quote or bracket that opens the value; ``value``: without
    punctuation behind it, at the half-open offsets ``start`` and ``end`` in the candidate; ``plain``: the key says
    plainly what it is.
    """

    key: bytes
    sign: bytes
    value: bytes
    start: int
    end: int
    kind: EntityType
    plain: bool

    @property
    def quoted(self) -> bool:
        return self.sign.endswith((b'"', b"'"))

    @property
    def assigned(self) -> bool:
        """Whether there is more than a colon, which stands in sentences, too."""
        return self.quoted or self.sign.strip(b" \t[<*`") != b":"

    @property
    def sure(self) -> bool:
        return self.plain and (self.assigned or b"_" in self.key or b"." in self.key)

    @property
    def confidence(self) -> Confidence:
        return Confidence.HIGH if self.sure else Confidence.MEDIUM


def dissect_assignment(text: bytes) -> list[Finding]:
    """What the value in ``key=value`` is, if the key tells."""
    head = text.rpartition(b"=")[0]
    if head and (outer := _ASSIGNMENT.match(head)) is not None:
        if outer.group(2).strip(b" \t\"'[") != b":":
            return dissect_assignment(head)
        at = outer.start(3)  # ``Failed login: username=anna``
        return shift(dissect_assignment(text[at:]), at)
    if text[-1:].isdigit() and (listed := _LISTED.search(text)) is not None:
        return _dissect_listed(text, listed)
    assignment = _parse(text)
    if assignment is None:
        return []
    if assignment.kind is EntityType.HOSTNAME:
        return _dissect_host(assignment) if _tells_host(assignment) else []
    value = _read(assignment)
    if value is None:
        return []
    return [found(assignment.kind, assignment.start, assignment.end, value, assignment.confidence)]


def _parse(text: bytes) -> _Assignment | None:
    """The parts of ``key=value``; None where the key tells nothing, or the value is a call or left open."""
    parts = _ASSIGNMENT.match(text)
    if parts is None or parts.group(4) or (role := role_of(parts.group(1))) is None:
        return None
    key, sign, value = parts.group(1, 2, 3)
    kind, plain = role
    if sign == b"=<" and kind is not EntityType.USERNAME and key != b"helo":
        return None
    start = parts.start(3)
    value = value.rstrip(b".,:;")
    end = start + len(value)
    if value[:1] == b":":  # ``Errno::ECONNREFUSED``
        start, value = start + 1, value[1:]
    return _Assignment(key, sign, value, start, end, kind, plain)


def _read(assignment: _Assignment) -> str | None:
    """The name that the value is, of anything but a host."""
    key, value = assignment.key, assignment.value
    plain, assigned = assignment.plain, assignment.assigned
    match assignment.kind:
        case EntityType.PORT:
            return read_port(value)
        case EntityType.VERSION:
            return read_version(value)
        case EntityType.ERROR_CODE:
            return read_code(key, value)
        case EntityType.USERNAME:
            program = not assigned and key.endswith(b"-login")  # ``imap-login: Disconnected``
            return read_user(value) if (plain or assigned) and not program else None
        case EntityType.DATABASE:
            telling = assignment.sure or assignment.quoted or (plain and _NUMBERED.search(value))
        case EntityType.SERVICE_NAME:
            telling = assigned or (plain and not key.endswith(b".service"))
        case _:
            telling = False
    return read_name(value) if telling and not _PATHLIKE.search(value) else None


def _tells_host(assignment: _Assignment) -> bool:
    """Whether the value is a host or an address, not a word of a sentence or the head of a column."""
    value = assignment.value
    if assignment.assigned and (assignment.quoted or assignment.sign.count(b" ") < 3):
        return True
    if (assignment.assigned or assignment.plain) and _TELLING.search(value):
        return True
    named = assignment.plain and assignment.key.lower().endswith(b"hostname")
    return named or _MACHINE.fullmatch(value) is not None


def _dissect_listed(text: bytes, listed: re.Match[bytes]) -> list[Finding]:
    """``Server=db.example.net,1433``: a host has its port behind a comma, with Microsoft's SQL Server."""
    findings = dissect_assignment(text[: listed.start()])
    if len(findings) == 1 and findings[0][0] in _MACHINES:
        findings += perhaps(EntityType.PORT, *listed.span(1), read_port(listed.group(1)))
    return findings


def _dissect_host(assignment: _Assignment) -> list[Finding]:
    value, start = assignment.value, assignment.start
    if value.startswith(b"tcp:"):
        value, start = value[4:], start + 4
    value = _SLOT.sub(b"", value)
    name, _, port = value.partition(b":")
    if port and not port.isdigit() and port[:1] not in b"/~\\":  # ``hosts = [v2:10.0.0.4:3300``
        return []
    address = read_ipv4(name)
    host = None if address is not None or _HASH.fullmatch(name) else read_named(name)
    if address is None and host is None:
        return []
    kind = EntityType.IP_ADDRESS if address is not None else EntityType.HOSTNAME
    findings = [found(kind, start, start + len(name), address or host or "", assignment.confidence)]
    if port and (number := read_port(port)) is not None:
        findings.append(found(EntityType.PORT, start + len(name) + 1, start + len(value), number, Confidence.HIGH))
    return findings
