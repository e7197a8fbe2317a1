# ruff: noqa: E501 - expressions are easier to read whole
"""Whether what stands at a place that the form of a line names is a secret, and which value it has."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from siss.extract.secrets.names import read_name
from siss.extract.secrets.unescape import decode_base64, decode_text, unescape_entities, unescape_string, unescape_url
from siss.extract.secrets.values import (
    character_classes,
    is_chain,
    is_compound,
    is_identifier,
    is_password,
    is_placeholder,
    is_random,
    is_reference,
    is_wordlike,
)

Match = re.Match[bytes]
Judge = Callable[[bytes, Match, bytes], bytes | None]
"""The unescaped value, or None if it is no secret; of the text, the exact match and the raw value."""


@dataclass(frozen=True, slots=True)
class Line:
    """One rule. ``exact`` matches where ``proposal`` does; ``judge`` decides on the value."""

    rule: str
    proposal: bytes
    exact: bytes
    judge: Judge
    group: int = 0
    """Of the exact expression, the value; 0: the last one that took part."""


def text_of(raw: bytes) -> str:
    """A raw value as text."""
    return raw.decode("utf-8", "replace")


def is_literal(raw: bytes) -> bool:
    """Whether a raw value is what it says: no placeholder, nothing that leads elsewhere."""
    text = text_of(raw)
    return bool(text) and not is_placeholder(text) and not is_reference(text)


def any_value(_data: bytes, _found: Match, raw: bytes) -> bytes | None:
    """A form that holds nothing but secrets."""
    return raw if len(set(raw)) > 3 else None


def typed(_data: bytes, _found: Match, raw: bytes) -> bytes | None:
    """What somebody typed where a password is asked for: any word is one."""
    return raw if len(raw) > 2 else None


def stated(_data: bytes, _found: Match, raw: bytes) -> bytes | None:
    """A place where nothing but a secret or a word for one can stand."""
    return raw if is_literal(raw) else None


def chosen(_data: bytes, _found: Match, raw: bytes) -> bytes | None:
    """A password that a person chose."""
    value = unescape_string(raw)
    return value if is_literal(value) and is_password(text_of(value), config=True) else None


def argument(data: bytes, found: Match, raw: bytes) -> bytes | None:
    """An argument of a command: words after it may be prose, so it needs a digit."""
    if not any(48 <= byte < 58 for byte in raw) or raw.endswith((b".", b",", b":", b")")) or raw.startswith(b"("):
        return None
    return chosen(data, found, raw)


def worded(data: bytes, found: Match, raw: bytes) -> bytes | None:
    """A plain word that a person chose; one that ends as ``sqlpass`` does stands for a password in a manual."""
    return None if raw.lower().endswith((b"pass", b"pw", b"pwd")) else chosen(data, found, raw)


_NEIGHBOUR: Final = re.compile(
    rb"[ \t]*(?i:machine|default[ \t]+login|poll|server|login|user(?:name)?|account|identity|host(?:name)?)[ \t]*(?:=|[ \t][\"\w]|$)"
)


_ENTRY: Final = re.compile(rb"(?i)^[ \t]*(?:machine|poll|user)\b.*[ \t]$")
"""The entry of one account on a line: what stands behind ``password`` there can be nothing else."""


def netrc(data: bytes, found: Match, raw: bytes) -> bytes | None:
    """``password`` and one word, near a machine or a login: else it is prose."""
    near = data[max(found.start() - 300, 0) : found.start()].split(b"\n")[-4:]
    if near[-1].rstrip().endswith((b" and", b" or")) and raw.rstrip(b".").isalpha():
        return None  # "user and password method"
    if not any(_NEIGHBOUR.match(part) and len(part.split()) <= 12 for part in near) or b"example" in b"".join(near):
        return None
    return stated(data, found, raw) if _ENTRY.search(near[-1]) else chosen(data, found, raw)


_HOSTS: Final = re.compile(
    r"(?:^|[.@])(?:example|invalid|localdomain)(?:$|[.:/?])|example|\.\.\.|^\W|^(?:host|hostname|server|domain|address|url|"
    r"site|hoge|addr|ip|your[\w-]*|myhost|foo|bar|h)(?:$|[:/])"
)
_USERS: Final = frozenset(
    {"user", "username", "usr", "name", "login", "x", "foo", "alice", "bob", "me", "u", "joe", "john", "scott"}
)


def url_password(_data: bytes, found: Match, raw: bytes) -> bytes | None:
    """The password of ``scheme://user:password@host``: groups 1 and 3 are the user and the host."""
    value = unescape_url(raw)
    text, user, host = text_of(value), text_of(found[1]).lower(), text_of(found[3]).lower()
    if not is_literal(value) or len(value) < 3 or (text.isdigit() and len(text) < 6) or not text.isprintable():
        return None
    if (
        (not user and ":" in text)
        or (_HOSTS.search(host) and not _is_real(text))
        or (_PROXY.match(host) and not (_is_real(text) or _is_made_up(user, text)))
        or text.lower() in {user, "pw", "p", "x"}
        or (user in _USERS and text.isalpha())
        or (is_identifier(text) and not any(map(str.isdigit, text)))
    ):
        return None
    return value


_PROXY: Final = re.compile(r"proxy(?:$|[:/])")
_SPEAKING: Final = re.compile(r"pass|word|secret|pwd|pw$|^my|^your|user|name|login")


def _is_made_up(user: str, text: str) -> bool:
    """A user and a password that speak of nothing of the kind, as those of manuals do."""
    return len(text) >= 6 and user not in _USERS and not _SPEAKING.search(user) and not _SPEAKING.search(text.lower())


def _is_real(text: str) -> bool:
    """Nobody writes it into an example: ``Harbour2024!``, ``x7Kp9qLw2e``."""
    return (
        len(text) >= 8 and any(map(str.isdigit, text)) and (character_classes(text) >= 3 or is_random(text, least=10))
    ) or is_random(text, least=20)


def nested_url(data: bytes, found: Match, raw: bytes) -> bytes | None:
    """The same in a URL that is a parameter of another, so escaped once more."""
    return url_password(data, found, unescape_url(raw))


def url_token(_data: bytes, found: Match, raw: bytes) -> bytes | None:
    """A token in a user's place: ``https://0f4a…@github.com``. Group 2 is the host."""
    return raw if not _HOSTS.search(text_of(found[2]).lower()) and is_random(text_of(raw), least=20) else None


def _speaks(raw: bytes) -> bool:
    """A word that speaks of what it stands for: ``xpassword``, ``mysecret``."""
    return raw.isalpha() and is_identifier(text_of(raw))


def basic(_data: bytes, _found: Match, raw: bytes) -> bytes | None:
    """``user:password`` in base64: the password is the secret."""
    inner = decode_text(raw)
    secret = b"" if inner is None else inner.partition(b":")[2]
    return secret if len(secret) >= 3 and is_literal(secret) and not _speaks(secret) else None


def sasl_plain(_data: bytes, _found: Match, raw: bytes) -> bytes | None:
    """A user and a password, each behind a NUL, in base64 (RFC 4616): the password is the secret."""
    parts = (decode_base64(raw) or b"").split(b"\0")
    return parts[2] if len(parts) == 3 and parts[1] and len(parts[2]) >= 3 and not _speaks(parts[2]) else None


def random_value(_data: bytes, _found: Match, raw: bytes) -> bytes | None:
    """A key that a machine made."""
    return raw if is_literal(raw) and is_random(text_of(raw)) else None


def beside(_data: bytes, _found: Match, raw: bytes) -> bytes | None:
    """The secret half of a pair whose other half stands beside it: one that begins with a stroke is no path."""
    text = text_of(raw)
    return raw if not is_placeholder(text) and is_random(text) else None


def of_jwk(data: bytes, found: Match, raw: bytes) -> bytes | None:
    """A member that only private and shared JSON Web Keys have (RFC 7518, section 6)."""
    begin, end = data.rfind(b"{", 0, found.start()), data.find(b"}", found.end(), found.end() + 4096)
    near = data[max(begin, found.start() - 4096, 0) : end if end >= 0 else found.end() + 4096]
    return random_value(data, found, raw) if b'"kty"' in near else None


def descrypt(_data: bytes, _found: Match, raw: bytes) -> bytes | None:
    """Thirteen characters as ``crypt(3)`` made them."""
    text = text_of(raw)
    mixed = any(map(str.isupper, text)) and any(map(str.islower, text)) and any(map(str.isdigit, text))
    return raw if mixed and is_random(text, least=13) else None


def pgpass(_data: bytes, _found: Match, raw: bytes) -> bytes | None:
    """A field of ``.pgpass``: colons and backslashes have one before them."""
    value = re.sub(rb"\\(.)", rb"\1", raw)
    return value if is_literal(value) and not value.isdigit() else None


_SERVER: Final = re.compile(
    rb"(?i:(?:server|data source|host|database|user ?id|uid|endpoint|dsn|initial catalog)[ \t]*=)"
)


def connection(data: bytes, found: Match, raw: bytes) -> bytes | None:
    """Part of a list that names a server too."""
    near = data[max(found.start() - 300, 0) : found.end() + 300]
    value = unescape_entities(raw)
    return value if is_literal(value) and not raw.startswith(b"&") and _SERVER.search(near) else None


def called(data: bytes, found: Match, raw: bytes) -> bytes | None:
    """The second string of a call that logs in."""
    return None if raw.startswith(b"/") or raw.count(b".") > 2 or b"anonymous" in raw else chosen(data, found, raw)


_DIRECTIVES: Final = re.compile(
    rb"(?i:requirepass|masterauth|primaryauth|(?:root)?bindpw|rootpw|adminpw|auth_pass|auth-pass|proxypass(?:word)?)"
)


_CAMEL: Final = re.compile(rb"[a-z]Passw(?:or)?d$")
_PROXIES: Final = re.compile(rb"(?:proxy|fastcgi|uwsgi|scgi|grpc|memcached)_pass")
_STATEMENT: Final = re.compile(
    rb"(?i)\b(?:alter|create|grant|set|update)\b.*\b(?:user|role|login|group|password|to|server|mapping)\b"
)


def directive(data: bytes, found: Match, raw: bytes) -> bytes | None:
    """``requirepass foobared`` and the like: a name and one value fill a line."""
    name, bare = found[1], found[4] is not None
    define = found[0].lstrip().startswith(b"#")
    kind = read_name(name.decode("latin-1"))
    if define and not bare and kind is not None and not kind.password:
        return random_value(data, found, raw)
    if (kind is None or not kind.password) and not _DIRECTIVES.fullmatch(name):
        return None
    worded = name.isalpha() and not _CAMEL.search(name)
    if bare and not _DIRECTIVES.fullmatch(name) and (define or worded or not any(48 <= byte < 58 for byte in raw)):
        return None
    return None if _PROXIES.fullmatch(name) else chosen(data, found, raw)


def variable(data: bytes, found: Match, raw: bytes) -> bytes | None:
    """``setenv DB_PASSWORD …``: group 1 is the name."""
    kind = read_name(found[1].decode("latin-1"))
    if kind is None:
        return None
    return chosen(data, found, raw) if kind.password else random_value(data, found, raw)


def signing(_data: bytes, _found: Match, raw: bytes) -> bytes | None:
    """What signs tokens and cookies: made by a machine, or letters and digits that somebody typed."""
    text = text_of(raw)
    typed = text.isalnum() and any(map(str.isdigit, text)) and not text.isdigit() and not is_identifier(text)
    return raw if is_literal(raw) and (typed or is_random(text)) else None


def entry(data: bytes, found: Match, raw: bytes) -> bytes | None:
    """A field of a list of accounts: with a digit, or words in a chain, as no word of prose is."""
    text = text_of(raw)
    worded = is_chain(text) or is_compound(text) or (len(text) == 16 and text.isalpha() and not is_wordlike(text))
    return stated(data, found, raw) if worded else argument(data, found, raw)


def drawn(data: bytes, found: Match, raw: bytes) -> bytes | None:
    """What Terraform drew: the resource is named shortly before."""
    return raw if b"random_password" in data[max(found.start() - 1500, 0) : found.start()] else None


def cookie(data: bytes, found: Match, raw: bytes) -> bytes | None:
    """A session in a header for cookies."""
    before = data[max(data.rfind(b"\n", 0, found.start()) + 1, found.start() - 400, 0) : found.start()]
    return random_value(data, found, raw) if b"ookie" in before else None


_ACCOUNTS: Final = re.compile(rb"(?i)\b(?:alter|create|grant|set|change)\b")
"""What a statement begins with that gives somebody a password, a few lines before it at most."""


OF_MANUALS: Final = re.compile(rb"[a-z]{2,8}(?:pass|passwd|pw|pwd)")
"""What stands for a password there: ``radpass``."""


def sql(data: bytes, found: Match, raw: bytes) -> bytes | None:
    """``PASSWORD '…'`` of a role that the statement names; in prose it is a word in quotes."""
    before = data[max(data.rfind(b"\n", 0, found.start()) + 1, found.start() - 400, 0) : found.start()]
    value = raw.replace(b"''", b"'")
    return stated(data, found, value) if _STATEMENT.search(before) and not OF_MANUALS.fullmatch(value) else None


def identified(data: bytes, found: Match, raw: bytes) -> bytes | None:
    """``IDENTIFIED BY "…"``: in double quotes it may be prose, so the statement must stand before it."""
    if found[0].endswith(b'"'):
        return sql(data, found, raw)
    before = data[max(found.start() - 400, 0) : found.start()]
    return worded(data, found, raw.replace(b"''", b"'")) if _ACCOUNTS.search(before) else None


def monitored(data: bytes, found: Match, raw: bytes) -> bytes | None:
    """A community of Junos or the second password of a user of SNMP: what it belongs to stands before it."""
    before = data[max(found.start() - 300, 0) : found.start()]
    user = b"createUser" in before[before.rfind(b"\n") + 1 :]
    return stated(data, found, raw) if user or (found[0].lstrip().startswith(b"c") and b"snmp" in before) else None


_OF_SNMP: Final = re.compile(rb"\bsnmp[a-z]{3,10}[ \t]")
_BINDING: Final = re.compile(rb"\b(?:binddn|bindmethod)=")


def _line_before(data: bytes, at: int) -> bytes:
    return data[max(data.rfind(b"\n", 0, at) + 1, at - 400, 0) : at]


def private(data: bytes, found: Match, raw: bytes) -> bytes | None:
    """``-X``: what encrypts the traffic of SNMP, an option of other commands too."""
    return chosen(data, found, raw) if _OF_SNMP.search(_line_before(data, found.start())) else None


def bound(data: bytes, found: Match, raw: bytes) -> bytes | None:
    """``credentials=``: what a replica logs in with at its LDAP server, whose account stands before it or behind it."""
    line = data.find(b"\n", found.end(), found.end() + 400)
    near = _line_before(data, found.start()) + data[found.end() : line if line >= 0 else found.end() + 400]
    return stated(data, found, raw) if _BINDING.search(near) else None


_SERVERS: Final = re.compile(
    rb"(?i)(?:radius|tacacs|ldap)|(?:^|\n)line (?:vty|con|aux)|\b(?:username \S+|local-users?)[^\n]*\{"
)


def nested(data: bytes, found: Match, raw: bytes) -> bytes | None:
    """The key of a server or the password of a line, on a line of its own below what it belongs to."""
    if raw.endswith(b"."):
        return None  # a sentence
    return stated(data, found, raw) if _SERVERS.search(data, max(found.start() - 300, 0), found.start()) else None


def passphrase(_data: bytes, _found: Match, raw: bytes) -> bytes | None:
    """Of a wireless network: any words, but not the name of a method."""
    return raw if is_literal(raw) and not raw.startswith((b"WPA", b"wpa")) else None


QUOTED_OR_BARE: Final = rb"(?:\"([^\"\n]{4,128})\"|'([^'\n]{4,128})'|([^\s\"'|<>;&]{4,4096}))"
"""An argument or a value, in quotes or without."""
