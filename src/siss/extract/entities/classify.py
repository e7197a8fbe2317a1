"""What a candidate names: the order of tests follows the order of the alternatives in ``patterns``.

A pure function of the candidate's bytes, so that its answers can be kept: logs say the same things again and again.
"""

import re
from typing import Final

from siss.extract.entities import moments
from siss.extract.entities.addresses import read_ipv4, read_port
from siss.extract.entities.assignments import dissect_assignment
from siss.extract.entities.codes import dissect_failure, read_bare_version
from siss.extract.entities.endpoints import dissect_colons, dissect_dotted, dissect_spelt
from siss.extract.entities.findings import TO_THE_END, Finding, Kept, found, keep, perhaps, shift
from siss.extract.entities.hosts import read_named, read_numbered, read_ported
from siss.extract.entities.invocations import dissect_invocation
from siss.extract.entities.logins import dissect_login
from siss.extract.entities.names import dissect_credential, read_name, read_user
from siss.extract.entities.paths import dissect_slashed
from siss.extract.entities.phrases import OF_PORTS, dissect_phrase, is_machine
from siss.extract.entities.rows import dissect_row
from siss.extract.entities.spoken import LEVELS, dissect_spoken
from siss.extract.entities.urls import dissect_mailbox, dissect_url, trim_url
from siss.extract.entities.windows import dissect_account, dissect_quoted, dissect_windows_path
from siss.model.entity import Confidence, EntityType

LONGEST: Final = 2000
"""Bytes of the longest candidate that is looked at. What is longer names nothing."""

_MARK: Final = 0xC2
"""What a fingerprint begins with (``«secret:…»``), and no other candidate."""

_DIGITS: Final = frozenset(b"0123456789")
_SPACE, _TAB, _SLASH, _BACKSLASH, _COLON, _DOT, _AT, _LESS, _DASH, _UNDERSCORE, _PERCENT, _P = b" \t/\\:.@<-_%p"
_OPENING: Final = frozenset(b"\"'[")
_CLOSING: Final = frozenset(b"\"']")
"""A byte is looked for as a number in a tenth of the time of a text of one byte."""

_UUID: Final = re.compile(
    rb"(?:[A-Za-z]+-)?[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}"
)
_UUID_BYTES: Final = 36
_CARD: Final = re.compile(rb"[0-9A-Fa-f]{2}(?:-[0-9A-Fa-f]{2}){5}|[0-9A-Fa-f]{4}(?:\.[0-9A-Fa-f]{4}){2}")
_LOGGED: Final = re.compile(rb"([A-Z]+ \"?/\S*) \S+ ([0-9]{2,5}) (\S+) ([0-9.]+)")
_CARD_BYTES: Final = frozenset({14, 17})
_STAMP: Final = re.compile(rb"[0-9]{2}/[A-Z][a-z]{2}/[0-9]{4}:[0-9]{2}:[0-9]{2}:[0-9]{2}$|[0-9]+\.[0-9]+Z$")
"""A web server's stamp, and the end of another: new in each line, and told by ``DAYS``."""

_MAIL_STATUS: Final = re.compile(rb"^(?:dsn=|[245][0-9]{2}[ -])([245]\.[0-7]\.[0-9]{1,3})$")
_STATUSES: Final = frozenset(b"245d")
"""How they begin."""

_NUMBERS: Final = re.compile(
    rb"(?:[0-9]{4}:[0-9]{2}:[0-9]{2}[ -][0-9:]+|[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[Tt ].*)?"
    rb"|[0-9]{4}/[0-9]{1,2}/[0-9]{1,2}|[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}"
    rb"|[0-9]{2}/[0-9]{2}/[0-9]{2}[ ,][0-9:]+)"
)
_DOTTED_DAY: Final = re.compile(
    rb"[0-3]?[0-9]\.[01]?[0-9]\.(?:19|20)[0-9]{2}|(?:19|20)[0-9]{2}\.[01][0-9]\.[0-3][0-9]"
)
_SHORT_DAY: Final = re.compile(rb"([0-9]{2})\.([0-9]{2})\.([0-9]{2}) [0-9:]+$")
_PACKED: Final = re.compile(rb"\[?(?:19|20)[0-9]{6}(?:T[0-9]{6}|-[0-9:]+|:[0-9]{6}\.| [0-9]{6})|[0-9]{6} [0-9]{6} ")
_MONTH_DAY: Final = re.compile(rb"[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}")
_NAMED_DAY: Final = re.compile(
    rb"^((?:[A-Z][a-z]+,? )?(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.? [ 0-9]?[0-9](?:st|nd|rd|th)?"
    rb"(?:,? [0-9]{4}| [0-9]{2}:[0-9:.]+(?: [A-Z]{3,4})?(?: [0-9]{4}\b)?)|[0-9]{1,2}[ /-][A-Z][A-Za-z]+[ /-][0-9]{4}"
    rb"|[0-9]{2}[ -][A-Z][a-z]+ [0-9]{2}:[0-9]{2})"
    rb"(?: {1,2}(?:([\w.-]+) "
    rb"(?:(?:alert|crit|debug|emerg|err|error|info|notice|warning) )?)?(%?[\w./-]+?)"
    rb"(?:\([\w:.-]+\))?(?:\[[0-9]+\])?(?:\([a-z]+\))?:| ([\w.-]+) [a-z]+(?:,[a-z!]+)+ )?$"
)
_SPOKEN_DAY: Final = re.compile(rb"(?i)(?:last|next) [a-z]+|yesterday|tomorrow")
_ENTRY: Final = re.compile(rb"^uid=([\w.-]+),[A-Za-z]+=$")
"""Whose entry of a directory."""

_ENVIRONMENT: Final = re.compile(rb"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+=")
_SETTING: Final = frozenset(b"=:>")
_UNITS: Final = (b".service", b".timer", b".socket", b".target", b".mount")
_UNIT: Final = re.compile(rb"([\w@:-][\w@.:-]*)\.(?:service|timer|socket|target|mount)")
_ANYWHERE: Final = b"0.0.0.0"
"""Where a server listens, and nobody logs in."""

_PART: Final = re.compile(rb"^[A-Za-z]+ [0-9.]+$")
"""Of a book: ``section 4.2.1``."""

_COPIED: Final = re.compile(rb"^([A-Za-z_][\w.+-]*@[\w.-]+):(/.*)$")
"""Who copies to where: ``deploy@web.example.net:/srv``."""

_PORTED: Final = re.compile(rb"^[\"'\[]([a-z][a-z0-9-]*)\]?:([0-9]{4,5})[\"']?$")
_TRANSPORT: Final = re.compile(rb"^([0-9]{1,5})[/:](?:tcp|udp)$")


def classify_day(text: bytes) -> tuple[Kept, ...]:
    """What a candidate of ``DAYS`` names."""
    if text[0] == _MARK or len(text) > LONGEST:
        return ()
    findings = _dissect_numeric_day(text) if text[0] in _DIGITS and text[:2] != b"0x" else None
    return keep(_dissect_named_day(text) if findings is None else findings)


def classify_words(text: bytes) -> tuple[Kept, ...]:
    """What a candidate of ``WORDS`` names."""
    if text[0] == _MARK or len(text) > LONGEST:
        return ()
    if (row := dissect_row(text)) is not None:
        return keep(row)
    if (text[-1] in _SETTING or text.endswith(b"\xc2\xbb")) and (key := _dissect_key(text)) is not None:
        return keep(key)
    if _SPACE in text or _TAB in text:
        if (findings := dissect_login(text)) is not None:
            return keep(findings)
        if (findings := dissect_spoken(text)) is not None:
            return keep(findings)
        if (findings := dissect_invocation(text)) is not None:
            return keep(findings)
    if (findings := dissect_phrase(text)) is not None:
        return keep(findings)
    return keep(dissect_failure(text) or dissect_credential(text) or _dissect_assignment(text))


def classify_form(text: bytes) -> tuple[Kept, ...]:
    """What a candidate of ``FORMS`` names."""
    if text[0] == _MARK or len(text) > LONGEST:
        return ()
    return keep(_dissect_form(text))


def passes(text: bytes) -> bool:
    """Whether a candidate of ``FORMS`` that begins with a digit names nothing, and is new each time."""
    return _STAMP.match(text) is not None


def _dissect_form(text: bytes) -> list[Finding]:
    slashed, colon = _SLASH in text, _COLON in text
    if slashed and colon and text.find(b"://") >= 0:
        return dissect_url(text)
    if text[0] == _LESS:
        return []
    if text[-1] == _P and text[0] in _DIGITS and (transport := _TRANSPORT.match(text)) is not None:
        return perhaps(EntityType.PORT, 0, transport.end(1), read_port(transport.group(1)))
    if slashed and _SPACE in text:
        method, _, asked = text.partition(b" ")
        if (logged := _LOGGED.match(text)) is not None:
            return _dissect_request(logged)
        path = asked.lstrip(b'"')
        if method.isalpha() and method.isupper() and path.startswith(b"/"):
            start, path = len(text) - len(path), trim_url(path)
            if len(path) < 2:
                return []
            value = path.decode("utf-8", "replace")
            return [found(EntityType.URL, start, start + len(path), value, Confidence.MEDIUM)]
    if text[0] in _OPENING and not slashed and (ported := _PORTED.match(text)) is not None:
        return _dissect_ported(ported)
    if text[0] in _OPENING and text[-1] in _CLOSING:
        return dissect_quoted(text)
    if not slashed and _SPACE in text and _PART.match(text) is not None:
        return []
    if colon and text[0] in _DIGITS and (short := _SHORT_DAY.match(text)) is not None:
        day, month, year = (int(part) for part in short.groups())
        return perhaps(EntityType.DATE, 0, len(text), moments.day_of(moments.full_year(year), month, day))
    if (length := len(text)) in _CARD_BYTES and _CARD.fullmatch(text):
        return []
    if length >= _UUID_BYTES and text[-13] == _DASH and _UUID.fullmatch(text):
        value = text[-_UUID_BYTES:].decode().lower()
        return [found(EntityType.UUID, length - _UUID_BYTES, length, value, Confidence.HIGH)]
    if _BACKSLASH in text:
        if text[0] == _UNDERSCORE:  # ``file:_C:\temp\a.exe``
            return shift(_dissect_form(text[1:]), 1)
        return dissect_windows_path(text) if text[0] == _PERCENT or text[1] in b":\\" else dissect_account(text)
    if colon and (text.find(b"::") >= 0 or text.count(b":") >= 7):
        if (spelt := dissect_spelt(text)) is not None:
            return spelt
        if _AT not in text:
            return dissect_colons(text)
    if slashed:
        if colon and _AT in text and (copied := _COPIED.match(text)) is not None:
            at = copied.start(2)
            return [*_dissect_login(copied.group(1)), *shift(dissect_slashed(copied.group(2)), at)]
        return dissect_slashed(text)
    if _AT in text and text.find(b"@", 1) > 0:
        return _dissect_at(text)
    return _dissect_plain(text)


def _dissect_ported(ported: re.Match[bytes]) -> list[Finding]:
    """Between quotes or brackets: a name and a port of four digits or five."""
    host, port = read_named(ported.group(1)), read_port(ported.group(2))
    if host is None or port is None or ported.group(1) in OF_PORTS:
        return []
    return [
        found(EntityType.HOSTNAME, *ported.span(1), host, Confidence.MEDIUM),
        found(EntityType.PORT, *ported.span(2), port, Confidence.HIGH),
    ]


def _dissect_request(logged: re.Match[bytes]) -> list[Finding]:
    """A request as IIS logs it, with what was asked first."""
    return [
        *_dissect_form(logged.group(1)),
        *perhaps(EntityType.PORT, *logged.span(2), read_port(logged.group(2))),
        *perhaps(EntityType.USERNAME, *logged.span(3), read_user(logged.group(3))),
        *perhaps(EntityType.IP_ADDRESS, *logged.span(4), read_ipv4(logged.group(4))),
    ]


def _dissect_at(text: bytes) -> list[Finding]:
    if b"[" in text:
        return dissect_mailbox(text)
    if text.endswith(_UNITS):
        return _dissect_plain(text)
    name, _, number = text.partition(b"@")
    if number.startswith(_ANYWHERE):  # ``ServerConnector@0.0.0.0:8080``
        return shift(_dissect_plain(number), len(name) + 1)
    if number.partition(b":")[0] == b"vserver":  # a volume of ONTAP's
        return []
    if text[1] == _AT and not name:  # ``@@logs.example.net:514``
        return _dissect_plain(text)
    if b"." not in number and (address := read_ipv4(name)) is not None:
        # As Unbound has a port, and Lustre a network: ``10.0.0.4@53``, ``10.0.0.4@o2ib``.
        own = found(EntityType.IP_ADDRESS, 0, len(name), address, Confidence.HIGH)
        return [own, *perhaps(EntityType.PORT, len(name) + 1, len(text), read_port(number))]
    box, _, port = text.rstrip(b"(").partition(b":")
    findings = dissect_mailbox(box)
    target = read_port(port) if port else None
    if target is not None and len(findings) == 1:  # no mail goes to a port
        findings = _dissect_login(box)
        findings += perhaps(EntityType.PORT, len(box) + 1, len(box) + 1 + len(port), target if findings else None)
    elif target is not None and len(findings) == 2:  # a user and a host
        findings.append(found(EntityType.PORT, len(box) + 1, len(box) + 1 + len(port), target, Confidence.HIGH))
    return findings


def _dissect_login(box: bytes) -> list[Finding]:
    """Who is a user of which machine, in the form of a mail address."""
    local, _, domain = box.partition(b"@")
    at = len(local) + 1
    machine = perhaps(EntityType.IP_ADDRESS, at, len(box), read_ipv4(domain))
    machine = machine or perhaps(EntityType.HOSTNAME, at, len(box), read_named(domain))
    return machine and [*perhaps(EntityType.USERNAME, 0, len(local), read_user(local)), *machine]


def _dissect_numeric_day(text: bytes) -> list[Finding] | None:
    if _NUMBERS.fullmatch(text):
        day = moments.read_numeric(text[:10])
        end = TO_THE_END if text[4:5] == b"-" or b" " in text else len(text)
        sure = text[:4].isdigit()
        confidence = Confidence.HIGH if sure else Confidence.MEDIUM
        return [] if day is None else [found(EntityType.DATE, 0, end, day, confidence)]
    if _PACKED.fullmatch(text):
        day = moments.read_packed(text)
        return (
            []
            if day is None
            else [
                found(
                    EntityType.DATE,
                    text[:1] == b"[",
                    len(text.split()[0]) if text[6:7] == b" " else 8 + (text[:1] == b"["),
                    day,
                    Confidence.MEDIUM,
                )
            ]
        )
    if _MONTH_DAY.fullmatch(text):
        day = moments.read_month_day(text[:5])
        return [] if day is None else [found(EntityType.DATE, 0, 5, day, Confidence.MEDIUM)]
    return None


def _dissect_named_day(text: bytes) -> list[Finding]:
    named = _NAMED_DAY.match(text)
    if named is None:
        if _SPOKEN_DAY.fullmatch(text):
            return [found(EntityType.DATE, 0, len(text), text.decode().lower(), Confidence.LOW)]
        return []
    day = moments.read_named(named.group(1))
    if day is None:
        return []
    program, sender = named.group(3, 4)
    findings = [found(EntityType.DATE, 0, named.end(1) if program or sender else TO_THE_END, day, Confidence.HIGH)]
    if sender:
        return [*findings, *perhaps(EntityType.HOSTNAME, *named.span(4), read_named(sender))]
    if program and (named.group(2) or b"").lower() not in LEVELS:
        if named.group(2) and (host := read_named(named.group(2))) is not None:
            findings.append(found(EntityType.HOSTNAME, named.start(2), named.end(2), host, Confidence.HIGH))
        if (service := read_name(program.rpartition(b"/")[2])) is not None:
            findings.append(
                found(EntityType.SERVICE_NAME, named.end(3) - len(service), named.end(3), service, Confidence.HIGH)
            )
    return findings


def _dissect_key(text: bytes) -> list[Finding] | None:
    if findings := dissect_credential(text):
        return findings
    if _ENVIRONMENT.fullmatch(text):
        return [found(EntityType.CONFIG_KEY, 0, len(text) - 1, text[:-1].decode(), Confidence.HIGH)]
    if (entry := _ENTRY.match(text)) is not None:
        return perhaps(EntityType.USERNAME, *entry.span(1), read_user(entry.group(1)))
    return None


def _dissect_assignment(text: bytes) -> list[Finding]:
    findings = dissect_assignment(text)
    key = text.partition(b"=")[0]
    if len(key) < len(text) and _ENVIRONMENT.fullmatch(key + b"="):
        findings.append(found(EntityType.CONFIG_KEY, 0, len(key), key.decode(), Confidence.HIGH))
    return findings


def _dissect_mail_status(status: re.Match[bytes]) -> list[Finding]:
    """``451 4.7.1``, ``dsn=5.1.1``: a code where it says that something failed."""
    code = status.group(1).decode()
    start = status.start() if status.group()[:1].isdigit() else status.start(1)
    return (
        [] if code[0] == "2" else [found(EntityType.ERROR_CODE, start, status.end(), f"SMTP {code}", Confidence.HIGH)]
    )


def _dissect_plain(text: bytes) -> list[Finding]:
    if text.endswith(b"("):
        return dissect_dotted(text)
    if text[0] in _STATUSES and (status := _MAIL_STATUS.match(text)) is not None:
        return _dissect_mail_status(status)
    if text.startswith(b"*:"):
        return perhaps(EntityType.PORT, 2, len(text), read_port(text[2:]))
    if text.endswith(_UNITS) and (unit := _UNIT.fullmatch(text)) is not None:
        name = unit.group(1)
        return perhaps(EntityType.SERVICE_NAME, 0, len(name), name.decode())
    if _DOT in text:
        if text[0] in _DIGITS and _DOTTED_DAY.fullmatch(text) and (day := moments.read_numeric(text)) is not None:
            return [found(EntityType.DATE, 0, len(text), day, Confidence.MEDIUM)]
        if findings := dissect_dotted(text):
            return findings
        version = read_bare_version(text)
        return [] if version is None else [version]
    name, _, port = text.partition(b":")
    if port:
        number = read_port(port)
        host = read_ported(name) or (read_named(name) if len(port) > 3 and is_machine(name) else None)
        if host is None or number is None:
            return []
        return [
            found(EntityType.HOSTNAME, 0, len(name), host, Confidence.MEDIUM),
            found(EntityType.PORT, len(name) + 1, len(text), number, Confidence.HIGH),
        ]
    host = "localhost" if text == b"localhost" else read_numbered(text)
    return [] if host is None else [found(EntityType.HOSTNAME, 0, len(text), host, Confidence.MEDIUM)]
