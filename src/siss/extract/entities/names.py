"""Names that only their surroundings tell: users, databases, services, hosts after a key, names of secrets."""

import re
from collections.abc import Callable
from typing import Final

from siss.extract.entities.addresses import read_ipv4, read_port
from siss.extract.entities.findings import Finding, found, listed_bytes, perhaps, shift
from siss.extract.entities.hosts import read_named
from siss.model.entity import Confidence, EntityType

_ASSIGNMENT: Final = re.compile(
    rb"^([\w. -]+?)(?=[\"'=>:\s<])((?:[\"']?(?:[ \t]+(?:=>|=|:)[ \t]+|=>?|>|:[ \t]*)"
    rb"|[\"'][ \t]+value=|\", ?\"value\": ?|</name>\s*<value>)[\"'\[]?|=<)"
    rb"([\w./@$+~:\\-]+)(\(?)$"
)
_LAST_WORD: Final = re.compile(rb"(?:^|[._-]|[a-z0-9])((?:[A-Z]+[a-z]*|[a-z]+))$")
_PLACEHOLDER: Final = listed_bytes(
    """
    - -1 0 1 a access account admin() all amd64 an and any argument arm64 authenticated authentication bool
    boolean by can char i386 closed code connection current default defined disabled down enabled error failed
    false field for from group has id in int integer interface invalid is it key list logged login long me
    missing must my name nil no none not null number object off ok on open option optional or other password
    path postauth preauth profile required root: self session short sub should some status str string success test
    text that the this to true type undef undefined unknown unset up user username value varchar was will with you
    your
    """
)
_USERLIKE: Final = re.compile(rb"[A-Za-z_][\w.@$+\\-]{0,63}")
_FILED: Final = re.compile(rb"\.(?:cfg|conf|css|html?|ini|js|json|log|pdf|properties|py|sh|txt|xml|ya?ml)$")
_NAMELIKE: Final = re.compile(rb"[A-Za-z_][\w.@$-]{0,99}")

_PATHLIKE: Final = re.compile(rb"[/.]|^:")
_TELLING: Final = re.compile(rb"[0-9.-]|localhost")
_NUMBERED: Final = re.compile(rb"[0-9_]|[a-z][A-Z](?!QL|B\b)")
"""A name by its form: with a number, or of words that are put together. No product: ``MySQL``, ``MariaDB``."""
_MACHINE: Final = re.compile(rb"[A-Za-z]{2,}(?:-[A-Za-z]+)*-?[0-9]{1,4}")
"""``stor03``, ``web-fra-2``: a word that is numbered."""

_LISTED: Final = re.compile(rb",([0-9]{4,5})$")
_MACHINES: Final = frozenset({EntityType.HOSTNAME, EntityType.IP_ADDRESS})
_HASH: Final = re.compile(rb"[0-9][0-9a-f]{5,}|[0-9a-f]{16,}")

_ROLES: Final = {
    EntityType.HOSTNAME: "hostname hosts host servername workstation computer server domain fqdn node rhost shost"
    " rechner rechnername dhost devname devicename machinename agentname agent device machine netbios helo"
    " nodelist nodename batchhost",
    EntityType.USERNAME: "user username usrname usr ruser suser duser dbuser login logname uname acct account owner"
    " ugi role principal benutzer benutzername utilisateur usuario",
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

_CREDENTIAL: Final = re.compile(
    rb"^([\w.-]*?(?i:passw(?:or)?d|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credentials?)[\w-]*)"
    rb"([\"']?[ \t]{0,2}(?:=>|[=:]))(?:[ \t]{0,2}[\"']?(\xc2\xab.*))?$|^([A-Z][A-Z0-9_]*)$"
)
_SECRET_WORD: Final = re.compile(
    rb"(?i)(?:passw(?:or)?d|passphrase|pwd|secret|api_?key|access_?key|private_?key|encryption_?key|signing_?key|auth_?key"
    rb"|ssh_?key|master_?key|license_?key|credentials?|(?:^|[_.-])token(?:$|[_.-])|[a-z]Token$)"
)
_NOT_SECRET: Final = re.compile(
    rb"(?i)(?:tokens|max_?token|token_?(?:count|type|limit|size|len)|tokeniz|expir|_?(?:min|max)?_?len(?:gth)?$|policy|_?age$"
    rb"|prompt|hint|reset|change|_?enabled?$|_?required$)"
)
_PROPER: Final = re.compile(
    rb"[_.-]|[a-z][A-Z]|^PG|^[A-Z]{6,}$|^(?i:password|passwd|secret|apikey|passphrase|credentials?)$"
)


def role_of(key: bytes) -> tuple[EntityType, bool] | None:
    """What the value of a key is, by the key's last word or two, and whether the key says so plainly."""
    plain = key.decode("ascii", "replace").replace(" ", "_")
    last = plain.replace("-", "_").replace(".", "_").rpartition("_")
    word = last[2]
    if not word:
        return None
    if plain.endswith("NAS-Identifier"):
        return EntityType.HOSTNAME, True
    if word.lower() == "id" and last[0].lower() == "user":
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


def read_user(text: bytes) -> str | None:
    """A user's name: a word, perhaps with a domain, that is not a word of the sentence."""
    if (
        _USERLIKE.fullmatch(text) is None
        or text.lower() in _PLACEHOLDER
        or (text.count(b".") > 1 and b"@" not in text)
        or text.startswith((b"self.", b"this."))
        or _FILED.search(text) is not None
    ):
        return None
    return text.decode()


def read_name(text: bytes) -> str | None:
    """The name of a database or a service."""
    if _NAMELIKE.fullmatch(text) is None or text.lower() in _PLACEHOLDER:
        return None
    return text.decode()


def read_service(text: bytes) -> str | None:
    """A service as Windows has them: several words, of which none is a word of the sentence."""
    words = text.split(b" ")
    if any(word.lower() in _PLACEHOLDER for word in words) or (len(words) > 1 and not text[:1].isupper()):
        return None
    return text.decode() if len(words) > 1 else read_name(text)


def dissect_assignment(
    text: bytes, read_code: Callable[[bytes, bytes], str | None], read_version: Callable[[bytes], str | None]
) -> list[Finding]:
    """What the value in ``key=value`` is, if the key tells."""
    head = text.rpartition(b"=")[0]
    if head and (outer := _ASSIGNMENT.match(head)) is not None:
        if outer.group(2).strip(b" \t\"'[") != b":":
            return dissect_assignment(head, read_code, read_version)
        at = outer.start(3)  # ``Failed login: username=anna``
        return shift(dissect_assignment(text[at:], read_code, read_version), at)
    if text[-1:].isdigit() and (listed := _LISTED.search(text)) is not None:
        return _dissect_listed(text, listed, read_code, read_version)
    parts = _ASSIGNMENT.match(text)
    if parts is None:
        return []
    key, value = parts.group(1), parts.group(3)
    start = parts.start(3)
    if parts.group(4) or (role := role_of(key)) is None:
        return []
    kind, plain = role
    bare = value.rstrip(b".,:;")
    end = start + len(bare)
    if bare[:1] == b":":  # ``Errno::ECONNREFUSED``
        start, bare = start + 1, bare[1:]
    quoted = parts.group(2)[-1:] in b"\"'"
    if parts.group(2) == b"=<" and kind is not EntityType.USERNAME and key != b"helo":
        return []  # what is left to be filled in
    assigned = quoted or parts.group(2).strip(b" \t[<") != b":"
    sure = plain and (assigned or b"_" in key or b"." in key)
    confidence = Confidence.HIGH if sure else Confidence.MEDIUM
    read: str | None = None
    match kind:
        case EntityType.PORT:
            read = read_port(bare)
        case EntityType.USERNAME if not assigned and key.endswith(b"-login"):
            return []  # a program: ``imap-login: Disconnected``
        case EntityType.USERNAME if plain or assigned:
            read = read_user(bare)
        case EntityType.DATABASE if (sure or quoted or (plain and _NUMBERED.search(bare))) and not _PATHLIKE.search(
            bare
        ):
            read = read_name(bare)
        case EntityType.SERVICE_NAME if (
            (plain or assigned) and not (key.endswith(b".service") and not assigned) and not _PATHLIKE.search(bare)
        ):
            read = read_name(bare)
        case EntityType.VERSION:
            read = read_version(bare)
        case EntityType.ERROR_CODE:
            read = read_code(key, bare)
        case EntityType.HOSTNAME if (
            (assigned and (quoted or parts.group(2).count(b" ") < 3 or _TELLING.search(bare)))
            or (plain and (key.lower().endswith(b"hostname") or _TELLING.search(bare)))
            or _MACHINE.fullmatch(bare)
        ):
            return _dissect_host(bare, start, confidence)
        case _:
            pass
    if read is None:
        return []
    return [found(kind, start, end, read, confidence)]


def _dissect_listed(
    text: bytes,
    listed: re.Match[bytes],
    read_code: Callable[[bytes, bytes], str | None],
    read_version: Callable[[bytes], str | None],
) -> list[Finding]:
    """``Server=db.example.net,1433``: a host has its port behind a comma, with Microsoft's SQL Server."""
    findings = dissect_assignment(text[: listed.start()], read_code, read_version)
    if len(findings) == 1 and findings[0][0] in _MACHINES:
        findings += perhaps(EntityType.PORT, *listed.span(1), read_port(listed.group(1)))
    return findings


def _dissect_host(value: bytes, start: int, confidence: Confidence) -> list[Finding]:
    if value.startswith(b"tcp:"):
        value, start = value[4:], start + 4
    name, _, port = value.partition(b":")
    if port and not port.isdigit() and port[:1] not in b"/~\\":  # ``hosts = [v2:10.0.0.4:3300``
        return []
    address = read_ipv4(name)
    host = None if address is not None or _HASH.fullmatch(name) else read_named(name)
    if address is None and host is None:
        return []
    kind = EntityType.IP_ADDRESS if address is not None else EntityType.HOSTNAME
    findings = [found(kind, start, start + len(name), address or host or "", confidence)]
    if port and (number := read_port(port)) is not None:
        findings.append(found(EntityType.PORT, start + len(name) + 1, start + len(value), number, Confidence.HIGH))
    return findings


def dissect_credential(text: bytes) -> list[Finding]:
    """The name of a secret: ``AWS_SECRET_ACCESS_KEY``, ``db.password``. Never what stands beside it."""
    parts = _CREDENTIAL.match(text)
    if parts is None:
        return []
    name = parts.group(1) or parts.group(4)
    if _SECRET_WORD.search(name) is None or _NOT_SECRET.search(name) is not None or _PROPER.search(name) is None:
        return []
    bare = name.strip(b"._-")
    if bare[:1].isupper() and not bare.isupper() and b"_" not in bare:  # a class
        return []
    start = name.index(bare)
    if parts.group(4) is not None:
        sure = b"_" in name or name.startswith(b"PG")
    else:
        sure = parts.group(2) != b":" or parts.group(3) is not None or not bare.isalpha()
    if not sure:
        return []
    return [found(EntityType.CREDENTIAL_REF, start, start + len(bare), bare.decode(), Confidence.HIGH)]
