"""Who came, or tried to, as the programs of every Unix machine write it: sshd, login, su, shadow, cron, FTP, RADIUS.

Their messages have kept one form for decades, so a name in them may be any: digits (``invalid user 0101``), or a word
that is part of the sentence elsewhere (``invalid user test``).
"""

import re
from typing import Final

from siss.extract.entities.addresses import read_port
from siss.extract.entities.findings import Finding, found, listed_bytes, perhaps
from siss.extract.entities.hosts import read_named
from siss.matching import compile_matcher
from siss.model.entity import Confidence, EntityType

_NAME: Final = r"[\w.@$\\+-]+"
_WRONG: Final = r"(?:[Ii]nvalid|[Ii]llegal)"

_SSHD: Final = (
    rf"\b(?:Accepted|Failed|Partial|Postponed) [a-z-]+(?:/[a-z]+)? for (?:{_WRONG} user )?{_NAME} from\b"
    rf"|\b{_WRONG} user {_NAME}(?: from [\w:]| \[preauth)"
    rf"|\b(?:attempts exceeded|authentication failures) for (?:{_WRONG} user )?{_NAME}"
    rf"|\b(?:authenticating |{_WRONG} )?user {_NAME} [0-9A-Fa-f]*[.:][0-9A-Fa-f.:]+ port [0-9]+\b"
    rf"|\bUser {_NAME} (?:from [\w.:-]+ )?not allowed\b"
    rf"|\bStarting session: [\w '/.()-]+ for {_NAME} from\b"
)
_ACCOUNTS: Final = (
    rf"\bnew user: name={_NAME}|\bpassword changed for {_NAME}"
    rf"|\bchanged password (?:expiry |aging )?for (?:user )?'?{_NAME}"
    rf"|\b(?:Successful|FAILED|BAD) su for {_NAME} by {_NAME}"
    rf"|\bFAILED LOGIN (?:SESSION |[0-9]+ )?FROM \S+ FOR {_NAME}|\bLOGIN ON [\w/]+ BY {_NAME}"
    rf"|\({_NAME}\) (?:CMD|RELOAD|REPLACE|LIST|DELETE|BEGIN EDIT|END EDIT)\b"
    rf"|\b(?i:username) [\"'`]{_NAME}[\"'`]"
)
_SERVERS: Final = (
    rf"\[{_NAME}\] (?:OK|FAIL) (?:LOGIN|UPLOAD|DOWNLOAD|DELETE|MKDIR|RMDIR|RENAME|CHMOD):"
    rf"|\bUSER {_NAME}(?:: Login successful| \(Login failed\)|: no such user found)"
    rf"|\bLogin (?:OK|incorrect)(?: \([^)\n]*\))?: \[[^\]/\n]+(?:/[^\]\n]*)?\](?: \(from client [\w.-]+ port [0-9]+)?"
    r"|\b[A-Za-z][\w.-]* \(ipv4:[0-9.]+:[0-9]+\)"
)
"""Of FTP and RADIUS, whose ``port`` is a line of a modem, and of Samba."""

LOGINS: Final = f"{_SSHD}|{_ACCOUNTS}|{_SERVERS}"
"""What this module reads: pure text, a part of ``WORDS``."""

_ANY: Final = compile_matcher(LOGINS)
_FORMS: Final = tuple(
    re.compile(pattern.encode())
    for pattern in (
        rf"^[A-Z][a-z]+ \S+ for (?:{_WRONG} user )?(?P<user>\S+) from$",
        rf"^(?:[a-z]+ )*for (?:{_WRONG} user )?(?P<user>\S+)$",
        rf"^{_WRONG} user (?P<user>\S+) (?:from .|\[preauth)$",
        r"^(?:[A-Za-z]+ )?user (?P<user>\S+) \S+ port (?P<port>[0-9]+)$",
        r"^User (?P<user>\S+) .*allowed$",
        r"^Starting session: .* for (?P<user>\S+) from$",
        r"^new user: name=(?P<user>\S+)$",
        r"^changed password .*?for (?:user )?'?(?P<user>[^\s']+)$",
        r"^[A-Za-z]+ su for (?P<user>\S+) by (?P<other>\S+)$",
        r"^FAILED LOGIN .* FOR (?P<user>\S+)$",
        r"^LOGIN ON \S+ BY (?P<user>\S+)$",
        r"^\((?P<user>\S+)\) [A-Z ]+$",
        r"^(?i:username) .(?P<user>\S+).$",
        r"^\[(?P<user>\S+)\] [A-Z]+ [A-Z]+:$",
        r"^USER (?P<user>\S+?):? ",
        r"^Login [^\[]*\[(?P<user>[^\]/]+)(?:/[^\]]*)?\](?: \(from client (?P<host>\S+) port [0-9]+)?$",
        r"^(?P<host>\S+) \(ipv4:[0-9.]+:(?P<port>[0-9]+)\)$",
    )
)
_NOBODY: Final = listed_bytes(
    "account agent and credentials crond data id illegal input invalid name names or system token user"
)
"""What is no name there: ``invalid user name from the form``."""


def dissect_login(text: bytes) -> list[Finding] | None:
    """Who it was, the port and the machine beside the name; None if this is no such message."""
    if _ANY.fullmatch(text) is None:
        return None
    said = next((said for form in _FORMS if (said := form.match(text)) is not None), None)
    if said is None:
        return None
    findings: list[Finding] = []
    for group, value in said.groupdict().items():
        span = said.span(group)
        if value is None:
            continue
        if group == "port":
            findings += perhaps(EntityType.PORT, *span, read_port(value))
        elif group == "host":
            findings += perhaps(EntityType.HOSTNAME, *span, read_named(value))
        elif value.strip(b"'\"`").lower() not in _NOBODY:
            name = value.rstrip(b".,")
            findings.append(
                found(
                    EntityType.USERNAME,
                    span[0],
                    span[0] + len(name),
                    name.decode("utf-8", "replace"),
                    Confidence.HIGH,
                )
            )
    return findings
