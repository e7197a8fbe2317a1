# ruff: noqa: E501 - expressions are easier to read whole
"""Secrets that the form of a line gives away: password files, netrc, URLs, headers, commands, routers, Wi-Fi.

Each rule has an RE2 expression that proposes a place and an exact one that takes the value out there.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from siss.extract.secrets.assignments import read_name
from siss.extract.secrets.candidate import Candidate
from siss.extract.secrets.unescape import decode_text, unescape_entities, unescape_string, unescape_url
from siss.extract.secrets.values import is_password, is_placeholder, is_random, is_reference

_Match = re.Match[bytes]
Judge = Callable[[bytes, _Match, bytes], bytes | None]
"""The unescaped value, or None if it is no secret; of the text, the exact match and the raw value."""


@dataclass(frozen=True, slots=True)
class Line:
    """One rule. ``exact`` matches where ``proposal`` does; its last group that took part is the value."""

    rule: str
    proposal: bytes
    exact: bytes
    judge: Judge


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


def _is_literal(raw: bytes) -> bool:
    text = _text(raw)
    return bool(text) and not is_placeholder(text) and not is_reference(text)


def _any(_data: bytes, _found: _Match, raw: bytes) -> bytes | None:
    """A form that holds nothing but secrets."""
    return raw if len(set(raw)) > 3 else None


def _stated(_data: bytes, _found: _Match, raw: bytes) -> bytes | None:
    """A place where nothing but a secret or a word for one can stand."""
    return raw if _is_literal(raw) else None


def _chosen(_data: bytes, _found: _Match, raw: bytes) -> bytes | None:
    """A password that a person chose."""
    value = unescape_string(raw)
    return value if _is_literal(value) and is_password(_text(value), config=True) else None


def _argument(data: bytes, found: _Match, raw: bytes) -> bytes | None:
    """An argument of a command: words after it may be prose, so it needs a digit."""
    if not any(48 <= byte < 58 for byte in raw) or raw.endswith((b".", b",", b":", b")")) or raw.startswith(b"("):
        return None
    return _chosen(data, found, raw)


_NEIGHBOUR: Final = re.compile(
    rb"[ \t]*(?i:machine|default|poll|server|login|user(?:name)?|account|identity|host(?:name)?)[ \t]*(?:=|[ \t][\"\w]|$)"
)


def _netrc(data: bytes, found: _Match, raw: bytes) -> bytes | None:
    """``password`` and one word, near a machine or a login: else it is prose."""
    near = data[max(found.start() - 300, 0) : found.start()].split(b"\n")[-4:]
    if not any(_NEIGHBOUR.match(part) and len(part.split()) <= 8 for part in near) or b"example" in b"".join(near):
        return None
    return _chosen(data, found, raw)


_HOSTS: Final = re.compile(
    r"(?:^|[.@])(?:example|invalid|localdomain)(?:$|[.:/?])|example|\.\.\.|^\W|^(?:host|hostname|server|domain|proxy|address|url|"
    r"site|hoge|addr|ip|your[\w-]*|myhost|foo|bar|h)(?:$|[:/])"
)
_USERS: Final = frozenset(
    {"user", "username", "usr", "name", "login", "x", "foo", "alice", "bob", "me", "u", "joe", "john"}
)


def _url(_data: bytes, found: _Match, raw: bytes) -> bytes | None:
    value = unescape_url(raw)
    text, user, host = _text(value), _text(found[1]).lower(), _text(found[3]).lower()
    if not _is_literal(value) or len(value) < 3 or (text.isdigit() and len(text) < 6) or not text.isprintable():
        return None
    if (
        (not user and ":" in text)
        or _HOSTS.search(host)
        or text.lower() in {user, "pw", "p", "x"}
        or (user in _USERS and text.isalpha())
    ):
        return None
    return value


def _basic(_data: bytes, _found: _Match, raw: bytes) -> bytes | None:
    inner = decode_text(raw)
    secret = b"" if inner is None else inner.partition(b":")[2]
    return secret if len(secret) >= 3 and _is_literal(secret) else None


def _random(_data: bytes, _found: _Match, raw: bytes) -> bytes | None:
    return raw if _is_literal(raw) and is_random(_text(raw)) else None


def _descrypt(_data: bytes, _found: _Match, raw: bytes) -> bytes | None:
    text = _text(raw)
    mixed = any(map(str.isupper, text)) and any(map(str.islower, text)) and any(map(str.isdigit, text))
    return raw if mixed and is_random(text, least=13) else None


def _pgpass(_data: bytes, _found: _Match, raw: bytes) -> bytes | None:
    value = re.sub(rb"\\(.)", rb"\1", raw)
    return value if _is_literal(value) and not value.isdigit() else None


_SERVER: Final = re.compile(
    rb"(?i:(?:server|data source|host|database|user ?id|uid|endpoint|dsn|initial catalog)[ \t]*=)"
)


def _connection(data: bytes, found: _Match, raw: bytes) -> bytes | None:
    """Part of a list that names a server too."""
    near = data[max(found.start() - 300, 0) : found.end() + 300]
    value = unescape_entities(raw)
    return value if _is_literal(value) and _SERVER.search(near) else None


def _called(data: bytes, found: _Match, raw: bytes) -> bytes | None:
    """The second string of a call that logs in."""
    return None if raw.startswith(b"/") or raw.count(b".") > 2 else _chosen(data, found, raw)


_DIRECTIVES: Final = re.compile(
    rb"(?i:requirepass|masterauth|(?:root)?bindpw|rootpw|adminpw|auth_pass|auth-pass|proxypass(?:word)?)"
)


def _directive(data: bytes, found: _Match, raw: bytes) -> bytes | None:
    """``requirepass foobared`` and the like: a name and one value fill a line."""
    name, bare = found[1], found[4] is not None
    define = found[0].lstrip().startswith(b"#")
    kind = read_name(name.decode("latin-1"))
    if (kind is None or not kind.password) and not _DIRECTIVES.fullmatch(name):
        return None
    if (
        bare
        and not _DIRECTIVES.fullmatch(name)
        and (define or name.isalpha() or not any(48 <= byte < 58 for byte in raw))
    ):
        return None
    return _chosen(data, found, raw)


_HASH: Final = (
    rb"\$(?:1|apr1|md5)\$[A-Za-z0-9./]{1,8}\$[A-Za-z0-9./]{22}|\$2[abxy]?\$\d\d\$[A-Za-z0-9./]{53}"
    rb"|\$[56]\$(?:rounds=\d+\$)?[A-Za-z0-9./]{1,16}\$[A-Za-z0-9./]{43,86}"
    rb"|\$(?:7|y|gy)\$[A-Za-z0-9./]+\$[A-Za-z0-9./]*\$[A-Za-z0-9./]{43}"
    rb"|\$(?:argon2(?:id?|d)|scrypt|pbkdf2-sha(?:1|256|512)|sha1)\$[A-Za-z0-9+/=,$.-]{30,200}|\$[PHS]\$[A-Za-z0-9./]{31,52}"
    rb"|\{(?i:S?SHA(?:256|512)?|S?MD5|CRYPT)\}[A-Za-z0-9+/]{22,200}={0,2}"
    rb"|pbkdf2_sha(?:1|256)\$\d+\$[A-Za-z0-9+/=]+\$[A-Za-z0-9+/]{20,100}=?"
)
_QUOTED_OR_BARE: Final = rb"(?:\"([^\"\n]{4,128})\"|'([^'\n]{4,128})'|([^\s\"'|<>;&]{4,4096}))"

LINES: Final = (
    Line(
        "url-password",
        rb"[A-Za-z][A-Za-z0-9+.-]*:(?:\\?/){2}[^\s/?#@:\"'<>`|\\(){}\[\],]*:[^\s/?#@\"'<>`|\\]+@[^\s\"'<>/@:]",
        rb"[A-Za-z][A-Za-z0-9+.-]*+:(?:\\?/){2}([^\s/?#@:\"'<>`|\\(){}\[\],]{0,128}):([^\s/?#@\"'<>`|\\]{1,512})@(?=([^\s\"'<>/@]{1,200}))",
        _url,
    ),
    Line(
        "authorization-basic",
        rb"(?i:\bbasic[ \t]+[a-z0-9+/_-]{8})",
        rb"(?i:basic)[ \t]+([A-Za-z0-9+/_-]{8,2000}={0,2})",
        _basic,
    ),
    Line(
        "authorization-bearer",
        rb"(?i:\bauthorization\\*[\"']?[ \t]*[:=,][ \t]*\\*[\"']?(?:bearer|token|apikey|oauth)[ \t]+[a-z0-9._~+/=-]{16})",
        rb"(?i:authorization\\*[\"']?[ \t]*[:=,][ \t]*\\*[\"']?(?:bearer|token|apikey|oauth)[ \t]+)([A-Za-z0-9._~+/=-]{16,4000})",
        _random,
    ),
    Line(
        "password-hash",
        rb"\$(?:1|2[abxy]?|5|6|7|y|gy|apr1|sha1|md5|argon2(?:id?|d)|scrypt|pbkdf2-sha(?:1|256|512)|P|H|S)\$[A-Za-z0-9./$=,+-]{20}"
        rb"|\{(?i:S?SHA(?:256|512)?|S?MD5|CRYPT)\}[A-Za-z0-9+/=]{22}|\bpbkdf2_sha(?:1|256)\$[0-9]+\$[A-Za-z0-9+/=]+\$[A-Za-z0-9+/=]{20}",
        rb"(" + _HASH + rb")(?![A-Za-z0-9./])",
        _any,
    ),
    Line(
        "password-hash",
        rb"(?m:^[\w.@-]+:[A-Za-z0-9./]{13}(?:\r?$|:))",
        rb"[\w.@-]{1,64}:([A-Za-z0-9./]{13})(?=\r?\n|:[0-9]|\Z)",
        _descrypt,
    ),
    Line(
        "pgpass",
        rb"(?m:^[^\s:#]+:(?:\*|[0-9]{2,5}):[^\s:/]+:[^\s:/]+:[^\s:/][^\s:]*\r?$)",
        rb"[^\s:#]{1,255}:(?:\*|\d{2,5}):(?:\*|[^\s:/]{1,64}):(?:\*|[^\s:/]{1,64}):((?:\\.|[^\s:\\]){4,128})(?=\r?\n|\r?\Z)",
        _pgpass,
    ),
    Line(
        "netrc",
        rb"(?i:\bpass(?:word|wd|phrase)?[ \t]+[\"']?)",
        rb"(?i:pass(?:word|wd|phrase)?)[ \t]+(?:\"([^\"\n]{4,128})\"|([^\s\"'=:,.()][^\s\"',()]{3,127}))"
        rb"(?=[ \t]*(?:\r?\n|\Z|#|login|account|port|macdef|machine))",
        _netrc,
    ),
    Line(
        "command-password",
        rb"(?i:\s--?(?:password|passwd|pass|passphrase|token|api-key|secret|secret-key|access-token|auth-token|pw|pwd)[ \t]+)",
        rb"\s(?:--?(?:password|passwd|pass|passphrase|token|api-key|secret|secret-key|access-token|auth-token)|-pw|-pwd)[ \t]+"
        + _QUOTED_OR_BARE,
        _argument,
    ),
    Line(
        "connection-string",
        rb"(?i:[;\"'][ \t]*(?:password|pwd|sharedaccesskey|accountkey)[ \t]*=[ \t]*[^\s;\"'{<$])",
        rb"[;\"'][ \t]*[A-Za-z]+[ \t]*=[ \t]*([^;\"'<>\n]{4,200})(?=[;\"'])",
        _connection,
    ),
    Line(
        "shared-secret",
        rb"(?m:^[ \t]*secret[ \t]+\")",
        rb"[ \t]*secret[ \t]+\"([^\"\n$]{8,200})\"[ \t]*;",
        _argument,
    ),
    Line(
        "mail-password",
        rb"(?m:^\[?[\w.-]+\]?(?::[0-9]+)?[ \t]+[^\s:@]+@[^\s:@]+:)",
        rb"\S{1,200}[ \t]+[^\s:]{1,200}:([^\s:]{4,128})[ \t]*(?=\r?\n|\Z)",
        _chosen,
    ),
    Line(
        "ldap-password",
        rb"(?im:^userPassword:)",
        rb"(?i:userPassword)(?:::[ \t]*([A-Za-z0-9+/]{6,400}={0,2})|:[ \t]*([^\s:{][^\r\n]{3,128}))",
        _stated,
    ),
    Line(
        "plain-password",
        rb"\{(?:PLAIN|CLEAR|CLEARTEXT|plain|cleartext)\}",
        rb"\{\w+\}([^\s:{}\"']{4,128})",
        _chosen,
    ),
    Line(
        "jenkins-secret",
        rb"\{AQAAAB[A-Za-z0-9+/]{20}",
        rb"\{(AQAAAB[A-Za-z0-9+/]{20,4000}={0,2})\}",
        _any,
    ),
    # Routers, switches, access points
    Line(
        "cisco-password",
        rb"\b(?:password|secret|authentication-key|md5|key-string|wpa-psk ascii) (?:level [0-9]+ )?[05789] ",
        rb"(?:password|secret|authentication-key|md5|key-string|wpa-psk ascii) (?:level \d+ )?[05789] (\S{4,200})(?=[ \t]*(?:\r?\n|\Z|address|encrypted))",
        _stated,
    ),
    Line(
        "cisco-password",
        rb"(?m:^[ \t]*(?:key-string|snmp-server community|(?:username[ \t]+\S+|enable)[ \t]+(?:privilege [0-9]+[ \t]+)?(?:password|secret)|crypto isakmp key|(?:tacacs|radius)-server[ \t][^\n]*key)[ \t]+)",
        rb"[ \t]*(?:key-string[ \t]+(\S{4,100})[ \t]*(?=\r?\n|\Z)|snmp-server community[ \t]+(\S{4,64})(?=[ \t]+(?:RO|RW|ro|rw|view|[0-9]))"
        rb"|(?:username[ \t]+\S+|enable)[ \t]+(?:privilege [0-9]+[ \t]+)?(?:password|secret)[ \t]+(?:[05789][ \t]+)?(\S{5,100})[ \t]*(?=\r?\n|\Z)"
        rb"|crypto isakmp key[ \t]+(?:[06][ \t]+)?(\S{4,100})[ \t]+address|(?:tacacs|radius)-server[ \t][^\n]{0,200}?\bkey[ \t]+(?:[067][ \t]+)?(\S{4,100})[ \t]*(?=\r?\n|\Z))",
        _stated,
    ),
    Line(
        "cisco-password",
        rb"\bkey [067] ",
        rb"key [067] (\S{4,200})(?=[ \t]*(?:\r?\n|\Z))",
        _argument,
    ),
    Line(
        "router-password",
        rb"(?m:^[ \t]*set [\w-]+ ENC )",
        rb"[ \t]*set [\w-]+ ENC (\S{8,300})",
        _any,
    ),
    Line(
        "router-password",
        rb"\bname=[^\s\"'<>]+[ \t]+(?:password|secret)=",
        rb"name=[^\s\"'<>]+[ \t]+(?:password|secret)=(?:\"([^\"\n]{4,128})\"|([^\s\"]{4,128}))",
        _stated,
    ),
    Line("juniper-secret", rb"\$9\$[A-Za-z0-9./-]{8}", rb"(\$9\$[A-Za-z0-9./-]{8,200})", _any),
    Line(
        "wifi-password",
        rb"(?i:\b(?:wpa2?-pre-shared-key|authentication-passphrase|wpa-psk|wpa_passphrase|ipsec-secret|private-pre-shared-key)[ \t]*=[ \t]*[\"']?[^\s\"'])",
        rb"(?i:wpa2?-pre-shared-key|authentication-passphrase|wpa-psk|wpa_passphrase|ipsec-secret|private-pre-shared-key)[ \t]*=[ \t]*"
        + _QUOTED_OR_BARE,
        _stated,
    ),
    Line(
        "wireguard-key",
        rb"\b(?:PrivateKey|PresharedKey|preshared-key|private-key)[ \t]*=?[ \t]*\"?[A-Za-z0-9+/]{43}=",
        rb"[A-Za-z-]+[ \t]*=?[ \t]*\"?([A-Za-z0-9+/]{43}=)",
        _any,
    ),
)

COMMANDS: Final = (
    Line(
        "command-password",
        rb"\b(?:sshpass[ \t]+-p|mysql(?:dump|admin|import)?[ \t](?:[^\n|;]*[ \t])?-p|(?:curl|wget|https?)[ \t](?:[^\n|;]*[ \t])?(?:-u|--user|--proxy-user|-U)"
        rb"|smbclient[ \t][^\n|;]*[ \t]-U|ldap(?:search|modify|add)[ \t][^\n|;]*[ \t]-w|plink[ \t][^\n|;]*-pw)[ \t=]*[\"']?[^\s\"'$<{]",
        rb"(?:sshpass[ \t]+-p[ \t]*|mysql(?:dump|admin|import)?[ \t](?:[^\n|;]{0,400}[ \t])?-p(?![ \t])|ldap(?:search|modify|add)[ \t][^\n|;]{0,400}[ \t]-w[ \t]+"
        rb"|plink[ \t][^\n|;]{0,400}-pw[ \t]+|(?:curl|wget|https?)[ \t](?:[^\n|;]{0,400}[ \t])?(?:-u|--user|--proxy-user|-U)[ \t=]*[\"']?[^\s\"':/]{1,64}:"
        rb"|smbclient[ \t][^\n|;]{0,400}[ \t]-U[ \t]*[\"']?[^\s%]{1,64}%)[\"']?([^\s\"'|<>]{4,200})",
        _chosen,
    ),
    Line(
        "command-password",
        rb"\b(?:ConvertTo-SecureString[ \t]+(?:-String[ \t]+)?[\"']|net use[ \t][^\n|;]*/user:\S+[ \t]+\w|echo[ \t]+[\"']?[^\s|\"']+[\"']?[ \t]*\|[ \t]*sudo[ \t]+-S)",
        rb"(?:ConvertTo-SecureString[ \t]+(?:-String[ \t]+)?[\"']([^\"'\n]{4,128})[\"']|net use[ \t][^\n|;]{0,200}/user:\S{1,64}[ \t]+(\S{4,128})"
        rb"|echo[ \t]+[\"']?([^\s|\"']{4,128})[\"']?[ \t]*\|)",
        _chosen,
    ),
    Line(
        "call-password",
        rb"(?:\.login|HTTPBasicAuth|NetworkCredential|\bauth[ \t]*=)[ \t]*\([ \t]*[\"'][^\"'\n]+[\"'][ \t]*,[ \t]*[\"']",
        rb"[\w.]+[ \t]*(?:=[ \t]*)?\([ \t]*[\"'][^\"'\n]{1,200}[\"'][ \t]*,[ \t]*[\"']([^\"'\n]{4,128})[\"'][ \t]*[,)]",
        _called,
    ),
    Line(
        "call-password",
        rb"\b(?:mysqli?_p?connect|mysqli|PDO|getConnection|connect|imap_open|ldap_bind|ftp_login|oci_p?connect)[ \t]*\([^()\n]*,[ \t]*[\"'][^\"'\n]*[\"'][ \t]*,[ \t]*[\"']",
        rb"\w+[ \t]*\([ \t]*(?:\"[^\"\n]{0,200}\"|'[^'\n]{0,200}'|[^(),\n]{1,200})[ \t]*,[ \t]*[\"'][^\"'\n]{0,200}[\"'][ \t]*,[ \t]*[\"']([^\"'\n]{4,128})[\"'][ \t]*[,)]",
        _called,
    ),
    Line(
        "directive-password",
        rb"(?m:^[ \t]*(?:#[ \t]*define[ \t]+|ENV[ \t]+)?[\w.-]*(?i:pass(?:word|wd|phrase)?|pw|psk|requirepass|masterauth)[\w]*[ \t]+[^\s=:])",
        rb"(?m:^)[ \t]*(?:#[ \t]*define[ \t]+|ENV[ \t]+)?([\w.-]{2,60})[ \t]+(?:\"([^\"\n]{4,128})\"|'([^'\n]{4,128})'|([^\s\"'=:(]\S{3,127}))[ \t]*;?[ \t]*(?=\r?\n|\r?\Z)",
        _directive,
    ),
    Line(
        "vpn-secret",
        rb"(?m::[ \t]*(?:PSK|EAP|XAUTH|NTLM|RSA|PIN)[ \t]+\")",
        rb":[ \t]*(?:PSK|EAP|XAUTH|NTLM|RSA|PIN)[ \t]+\"([^\"\n]{4,200})\"",
        _stated,
    ),
    Line(
        "vpn-secret",
        rb"(?m:^[^\s#]+[ \t]+\S+[ \t]+\"[^\"\n]+\"[ \t]+\*[ \t]*\r?$)",
        rb"\S{1,100}[ \t]+\S{1,100}[ \t]+\"([^\"\n]{4,100})\"[ \t]+\*",
        _stated,
    ),
)


def proposal(lines: Iterable[Line]) -> bytes:
    """The RE2 expression that proposes places for a group of rules."""
    return rb"|".join(b"(?:" + line.proposal + b")" for line in lines)


_EXACT: Final = tuple((line, re.compile(line.exact)) for line in (*LINES, *COMMANDS))


def classify_line(data: bytes, start: int, end: int) -> Candidate | None:  # noqa: ARG001 - one form for all detectors
    """The secret at a proposed place, if a rule takes one out."""
    for line, exact in _EXACT:
        found = exact.match(data, start)
        if found is None:
            continue
        group = 2 if line.rule == "url-password" else found.lastindex or 0
        if b"\xc2\xabsecret:" in found[group]:
            return None
        value = line.judge(data, found, found[group])
        if value is not None:
            return Candidate(line.rule, *found.span(group), value)
    return None
