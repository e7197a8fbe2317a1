"""What words of a sentence name: ``session opened for user otto``, ``remote db-3 5432``, ``on node esx04``."""

import re
from collections.abc import Callable
from typing import Final

from siss.extract.entities.addresses import read_ipv4, read_ipv6, read_port
from siss.extract.entities.codes import read_version
from siss.extract.entities.findings import Finding, found, listed_bytes, perhaps
from siss.extract.entities.hosts import read_dotted, read_named, read_role
from siss.extract.entities.names import read_name, read_service, read_user
from siss.extract.entities.patterns import SPOKEN
from siss.extract.entities.phrases import BELONGINGS, TERMS
from siss.matching import compile_matcher
from siss.model.entity import Confidence, EntityType

_SPOKEN: Final = compile_matcher(SPOKEN)
_PORT: Final = re.compile(
    rb"^(?i:[ds]?ports?)(?:\(s\):)?[ \t]+(?:to |number |no\. ?|\{ ?|[\"'\[])?([0-9]{1,5}(?:, ?[0-9]{1,5})*)$"
)
_NUMBER: Final = re.compile(rb"[0-9]+")
_PUBLISHED: Final = re.compile(rb"^- [\"']?([0-9]{2,5}):[0-9]{2,5}$")
_MAPPED: Final = re.compile(rb"^[ \t]--?p(?:ublish)?[ =]([0-9]{2,5}(?=:)):([0-9]{2,5})$")
"""A port of a container and where it is reached, as Docker and Podman are told."""

_VERSION: Final = re.compile(rb"^(?i:version|ver|release)\.?[ \t]{1,2}[\"']?(v?[0-9].*)$")
_PRODUCT: Final = re.compile(rb"^([A-Za-z.]+) v?([0-9]+(?:\.[0-9]+)+[\w.+-]*)$")
_USER: Final = re.compile(
    rb"^(?i:invalid user|(?:session opened )?for user|by user|as user|of user"
    rb"|(?:logged (?:in|on)|log ?in|log ?on|connect(?:ed|ing)|authenticat(?:ed|ing)) as"
    rb"|(?:password|publickey|login|keyboard-interactive/pam|authentication|none|access) (?:failed )?for"
    rb"(?: invalid user| user)?) (?:unix-user:)?\\?[\"']?([\w.@$\\-]+?)\\?"
    rb"(?:\(uid=[0-9]+\) by ([\w.@$\\-]+)\(uid|'@'([\w.-]+)')?$"
)
_ACTING: Final = re.compile(
    rb"^(?i:user|benutzer|utilisateur|usuario) ([\w.@$\\-]+)() (?:from|logged|authenticated|connected|by|failed"
    rb"|does not exist|locked|disconnected|executed|joined|signed|login|logout"
    rb"|(uploaded|downloaded|deleted|created|changed|opened|renamed|modified|tried|attempted))$"
)
_ASKING: Final = re.compile(rb"^- ([\w.@$+-]+) \[[0-9]{2}/[A-Z]$|^User@Host: ([\w.@$-]+)\[$|^User <(\S+)> IP$")
"""Who asked a web server, in the common log format; whose slow query in MySQL."""

_COLUMNS: Final = re.compile(rb"^(?:[0-9.]+\t([0-9]+)\t[0-9.]+\t([0-9]+)|[A-Z]+ [0-9.]+ [0-9.]+ ([0-9]+) ([0-9]+))$")
"""Both ends of a connection as columns, as Zeek and the firewall of Windows write them."""

_REMOTE: Final = re.compile(
    rb"^(?:replicaof|slaveof|remote|telnet|nc|virtual_server|real_server) ([\w.-]+) ([0-9]{2,5})$"
)

_QUOTED: Final = re.compile(
    rb"^(?i:(user|role|account|login|caller|peer|[a-z]+ for)|(database)|(service)"
    rb"|(?:host|host ?name|server|domain|zone|agent|host ?name to|server (?:on|at)|(?:computer|host|server) name is))"
    rb" [\"'`\[]([\w.@$\\-]+)[\"'`\]](?:(?:\\| -> )\[([\w.$\\-]+)\])?(?:@[\"'`]([\w.%-]+)[\"'`])?$"
)
_SUDO: Final = re.compile(rb"^([\w.@-]+) : TTY=$")
_WHO: Final = re.compile(rb"^\(to ([\w.-]+)\) ([\w.-]+) on$|^by ([\w.@-]+) on [a-z]+$")
"""Who becomes whom (``su``), who configured a device."""

_HEAD: Final = re.compile(
    rb"^(?:[+-][0-9]{2}:[0-9]{2}|:[0-9.]+Z|<[0-9]+>1 \S+|-[0-9T :.,]+) "
    rb"([\w.-]+) ([\w./-]+?)(?:\([\w:.-]+\))?(\[[0-9]+\]:?|: | )$"
)
"""Host and program at the head of a line, as rsyslog writes it, and as RFC 5424 has it."""

_MACHINE: Final = re.compile(
    rb"^(?i:host|hostname|node|server|machine|computer|client|terminal|workstation|endpoint|peer|agent"
    rb"|station|hypervisor|standby|panel|rechner|arbeitsplatz):?"
    rb" ([A-Za-z]{2}[\w-]*)\.?$"
)
"""A name without dots, with a number in it. What has dots tells itself."""

_PAIR: Final = re.compile(rb"^[A-Za-z ]+=(?:tcp:)?([\w.-]+)(?:\\[\w.-]+)?, ?([0-9]{2,5})$")
"""A server and its port as Microsoft's SQL Server has them."""

_PACKET: Final = re.compile(rb"^IP6? ([0-9A-Fa-f.:]+) > ([0-9A-Fa-f.:]+)$")
_LISTENS: Final = re.compile(rb"^(?i:[a-z]+ (?:on|to)) [\"']?(?:\[::\]|\*)?:([0-9]{2,5})$")
_SERVICE: Final = re.compile(
    rb"^(?:systemctl \w+|service) ([\w@.-]+)(?: [\w ]+)?$|^The ([A-Za-z][\w.$@-]*(?: [\w.$()-]+)*) service [a-z]+$"
)
_TELLING: Final = re.compile(rb"[a-z][0-9]|-[0-9]|\.[a-z]")
_DAEMONS: Final = listed_bytes("cron CRON kernel rsyslogd su sudo systemd")
LEVELS: Final = listed_bytes(
    """
    alert crit critical debug emerg err error fatal info notice trace warn warning
    """
)
"""What stands where a host does in logs that are not syslog's."""


def dissect_spoken(text: bytes) -> list[Finding] | None:
    """What such words name; None if they are others, as a key and its value with a blank between them."""
    if _SPOKEN.fullmatch(text) is None:
        return None
    for match, dissect in _FORMS:
        if (words := match(text)) is not None:
            return dissect(words)
    return None


def _dissect_ports(words: re.Match[bytes]) -> list[Finding]:
    each = [(words.start(1) + one.start(), one.group()) for one in _NUMBER.finditer(words.group(1))]
    return [told for at, one in each for told in perhaps(EntityType.PORT, at, at + len(one), read_port(one))]


def _dissect_port(words: re.Match[bytes]) -> list[Finding]:
    return perhaps(EntityType.PORT, *words.span(1), read_port(words.group(1)))


def _dissect_mapped(words: re.Match[bytes]) -> list[Finding]:
    return [told for at in (1, 2) for told in perhaps(EntityType.PORT, *words.span(at), read_port(words.group(at)))]


def _dissect_version(words: re.Match[bytes]) -> list[Finding]:
    end = words.start(1) + len(words.group(1).rstrip(b".,;:+-"))
    return perhaps(EntityType.VERSION, words.start(1), end, read_version(words.group(1)))


def _dissect_product(words: re.Match[bytes]) -> list[Finding]:
    value = read_version(words.group(2))
    end = words.start(2) + len(words.group(2).rstrip(b".,;:+-"))
    return perhaps(EntityType.VERSION, 0, end, value and f"{words.group(1).decode().lower()} {value}")


def _dissect_user(words: re.Match[bytes]) -> list[Finding]:
    name = words.group(1).rstrip(b".")
    if words.re is _ACTING and words.group(3) and name.lower() in BELONGINGS:
        return []
    if (machine := name.rpartition(b"@"))[0] and read_ipv4(machine[2]) is not None:
        name = machine[0]
    findings = perhaps(EntityType.USERNAME, words.start(1), words.start(1) + len(name), read_user(name))
    if words.group(2):
        findings += perhaps(EntityType.USERNAME, words.start(2), words.end(2), read_user(words.group(2)))
    if words.re is _USER and words.group(3):  # ``'shop'@'web-2'``
        findings += perhaps(EntityType.HOSTNAME, *words.span(3), read_named(words.group(3)))
    return findings


def _dissect_quoted(words: re.Match[bytes]) -> list[Finding]:
    kind = next(
        (
            kind
            for group, kind in ((1, EntityType.USERNAME), (2, EntityType.DATABASE), (3, EntityType.SERVICE_NAME))
            if words.group(group)
        ),
        EntityType.HOSTNAME,
    )
    if kind is EntityType.SERVICE_NAME and words.group(4).isdigit():  # ``service '30015'``
        return perhaps(EntityType.PORT, *words.span(4), read_port(words.group(4)))
    read = read_user if kind is EntityType.USERNAME else read_named if kind is EntityType.HOSTNAME else read_name
    own = 5 if words.group(5) else 4  # ``user [CORP]\[anna]``
    findings = perhaps(kind, *words.span(own), read(words.group(own)))
    if own == 5 and b"] -> [" in words.group():  # who was asked for, and whom that was mapped to
        findings += perhaps(kind, *words.span(4), read(words.group(4)))
    if words.group(6) and (host := read_named(words.group(6))) is not None:
        findings.append(found(EntityType.HOSTNAME, *words.span(6), host, Confidence.HIGH))
    return findings


def _dissect_asking(words: re.Match[bytes]) -> list[Finding]:
    group = words.lastindex or 1
    return perhaps(EntityType.USERNAME, *words.span(group), read_user(words.group(group)))


def _dissect_columns(words: re.Match[bytes]) -> list[Finding]:
    groups = (1, 2) if words.group(1) else (3, 4)
    ends = (perhaps(EntityType.PORT, *words.span(n), read_port(words.group(n))) for n in groups)
    return [port for end in ends for port in end]


def _dissect_sudo(words: re.Match[bytes]) -> list[Finding]:
    return perhaps(EntityType.USERNAME, 0, words.end(1), read_user(words.group(1)))


def _dissect_packet(words: re.Match[bytes]) -> list[Finding]:
    return [*_dissect_end(words, 1), *_dissect_end(words, 2)]


def _dissect_who(words: re.Match[bytes]) -> list[Finding]:
    named = (perhaps(EntityType.USERNAME, *words.span(n), read_user(words[n])) for n in (1, 2, 3) if words[n])
    return [user for users in named for user in users]


def _dissect_machine(words: re.Match[bytes]) -> list[Finding]:
    name = words.group(1)
    host = None if name.lower() in TERMS else read_named(name)
    return perhaps(EntityType.HOSTNAME, *words.span(1), host)


def _dissect_service(words: re.Match[bytes]) -> list[Finding]:
    at, name = words.start(words.lastindex or 1), words.group(words.lastindex or 1)
    name = name.removesuffix(b".service")
    return perhaps(EntityType.SERVICE_NAME, at, at + len(name), read_service(name))


def _dissect_head(head: re.Match[bytes]) -> list[Finding]:
    """Without a zone or a colon before what is said, two words and a number are as often a sentence."""
    host, program, end = head.group(1), head.group(2), head.group(3)
    if host.lower() in LEVELS or (
        end != b" " and not end.endswith(b"]:") and program not in _DAEMONS and not _TELLING.search(host)
    ):
        return []
    findings = perhaps(EntityType.HOSTNAME, *head.span(1), read_named(host))
    if findings and (service := read_name(program.rpartition(b"/")[2])) is not None:
        findings += perhaps(EntityType.SERVICE_NAME, head.end(2) - len(service), head.end(2), service)
    return findings


def _dissect_end(packet: re.Match[bytes], group: int) -> list[Finding]:
    """One end of a packet as tcpdump shows it: the port is behind the last dot."""
    text, start = packet.group(group).rstrip(b":"), packet.start(group)
    address, dot, port = text.rpartition(b".")
    if read_ipv4(text) is not None or not dot:
        address, port = text, b""
    value = read_ipv4(address) or read_ipv6(address)
    findings = perhaps(EntityType.IP_ADDRESS, start, start + len(address), value)
    if findings and port:
        findings += perhaps(EntityType.PORT, start + len(address) + 1, start + len(text), read_port(port))
    return findings


def _dissect_remote(words: re.Match[bytes]) -> list[Finding]:
    """A server and its port with a blank between them (``replicaof``, ``remote``), if the one is sure."""
    (named, numbered), text = words.regs[1:], words.string
    name, number = text[slice(*named)], read_port(text[slice(*numbered)])
    address = read_ipv4(name)
    value = address or read_dotted(name) or read_role(name)
    if value is None or number is None:
        return []
    kind = EntityType.HOSTNAME if address is None else EntityType.IP_ADDRESS
    return [found(kind, *named, value, Confidence.HIGH), found(EntityType.PORT, *numbered, number, Confidence.HIGH)]


_Match = Callable[[bytes], re.Match[bytes] | None]
_Dissect = Callable[[re.Match[bytes]], list[Finding]]

_FORMS: Final[tuple[tuple[_Match, _Dissect], ...]] = (
    (_PORT.match, _dissect_ports),
    (_PUBLISHED.match, _dissect_port),
    (_MAPPED.match, _dissect_mapped),
    (_VERSION.match, _dissect_version),
    (_PRODUCT.match, _dissect_product),
    (_USER.match, _dissect_user),
    (_ACTING.match, _dissect_user),
    (_QUOTED.match, _dissect_quoted),
    (_ASKING.match, _dissect_asking),
    (_COLUMNS.match, _dissect_columns),
    (_REMOTE.match, _dissect_remote),
    (_SUDO.match, _dissect_sudo),
    (_PACKET.match, _dissect_packet),
    (_WHO.match, _dissect_who),
    (_MACHINE.match, _dissect_machine),
    (_HEAD.match, _dissect_head),
    (_PAIR.match, _dissect_remote),
    (_LISTENS.match, _dissect_port),
    (_SERVICE.match, _dissect_service),
)
"""What each form of words is recognised by, and what takes it apart. The first that matches decides."""
