# ruff: noqa: E501 - expressions are easier to read whole
"""Values under a name that says secret: ``db_password = "…"``, in code, configuration, JSON, XML, YAML, URLs, logs.

An RE2 expression proposes names; the name is then read whole, the separator and quotes say where the value ends and how
it is escaped, and ``values`` judges it.
"""

import re
from typing import Final

from siss.extract.secrets.candidate import Candidate
from siss.extract.secrets.find_value import COLOUR, find_value
from siss.extract.secrets.names import NAMES, Name, read_name
from siss.extract.secrets.read_value import FoundValue
from siss.extract.secrets.unescape import decode_text
from siss.extract.secrets.values import (
    LONGEST,
    LONGEST_PASSWORD,
    character_classes,
    is_compound,
    is_identifier,
    is_key_material,
    is_password,
    is_phrase,
    is_placeholder,
    is_random,
    is_reference,
    is_wordlike,
)

PROPOSAL: Final = (
    rb"(?i:(?:"
    + NAMES
    + rb")(?:[_.-]?[a-z0-9_.-]*)(?:\\*[\"'`]{0,2}|\*\*|&quot;|&#34;|%22)\[?\]?\\*[\"'`]?(?:"
    + COLOUR
    + rb")?[ \t]*"
    rb"(?:=>|:=|:|=|>|%3[ad]|\|\|[ \t]*[\"']|\?[?:][ \t]*[\"']|or[ \t]+[\"']|(?:as[ \t]+)?string[ \t]*=|\([ \t]*[\"']|</(?:key|name)>|,[ \t]*(?:\\*[\"']|value:|\r?\n[ \t]*\"value\")|[ \t](?:value|encoding)=|[ \t][a-z]+:?[a-z]*=[\"']|\r?\n[ \t]*(?:\"?value|<(?:string|value))))"
)

_COLOURED: Final = re.compile(COLOUR + rb"([\w.$-]*)\Z")

_NAME_BYTES: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.$"
_LONGEST_NAME: Final = 80


def classify_assignment(data: bytes, start: int, end: int) -> Candidate | None:  # noqa: ARG001 - one form for all detectors
    """The value that a proposed name stands before, if it is a secret."""
    left = data[max(data.rfind(b"\n", max(start - _LONGEST_NAME, 0), start) + 1, start - _LONGEST_NAME, 0) : start]
    stem = left.rstrip(_NAME_BYTES)
    begin = start - (len(left) - len(stem))
    if stem.endswith(b"[") and (colour := _COLOURED.search(left)) is not None:
        begin = start - len(colour[1])
    stop = start
    most = min(len(data), start + _LONGEST_NAME)
    while stop < most and (data[stop] in _NAME_SET or data[stop : stop + 2] in _LETTERS):
        stop += 1 if data[stop] in _NAME_SET else 2
    while stop > start and data[stop - 1] in b".-":
        stop -= 1
    raw = data[begin:stop].decode("utf-8", "replace")
    if stem.endswith((b"\xab", b"!")):
        return None  # inside a fingerprint, or in a list of ciphers
    if stem.endswith(b"/") and raw in {"passwd", "pw"}:
        return None  # part of a path: ``/etc/passwd: 429b22…``
    name = read_name(raw)
    if name is None:
        return None
    found = find_value(data, begin, stop, raw)
    if found is None or found.end - found.start > LONGEST:
        return None
    candidate = judge_value(name, found)
    return None if candidate is not None and _is_of_a_test(data, candidate) else candidate


_OF_TESTS: Final = re.compile(
    rb"(?m:^[ \t]*(?:async[ \t]+)?def test_\w|^[ \t]*(?:describe|it|test)(?:\.\w+)?[ \t]*\([ \t]*[\"'`]|^[ \t]*@Test\b|^[ \t]*func Test[A-Z]"
    rb"|^[ \t]*(?:self\.)?assert(?:[A-Z]\w*|\.\w+)?[ \t(]|^[ \t]*(?:import|from) (?:unittest|pytest)\b|\bexpect\([^\n]{1,200}\)\.|(?:public )?void test[A-Z]|^[ \t]*class \w*Test(?:s|Case)?\b)"
)
"""What only the code of a test has."""

_BEFORE_TEST: Final = 2500


def _is_of_a_test(data: bytes, candidate: Candidate) -> bool:
    """A password in the code of a test, made up in passing: a word, perhaps with a number."""
    if candidate.rule != "password":
        return False
    text = candidate.value.decode("utf-8", "replace")
    if len(text) > 20 or is_random(text, least=10) or (character_classes(text) > 2 and not is_identifier(text)):
        return False
    start = max(candidate.start - _BEFORE_TEST, 0)
    return _OF_TESTS.search(data, start, candidate.start) is not None


_NAME_SET: Final = frozenset(_NAME_BYTES)
_LETTERS: Final = frozenset({"\u00f1".encode(), "\u00f6".encode(), "\u0142".encode()})
"""Of the words for a password in other languages."""


_ASSIGNED: Final = re.compile(
    r"[A-Za-z_$][\w$]*\.(?:[A-Za-z_$][\w$]*=|value|val|text)(?:\W|\Z)|\d:[A-Za-z_$][\w$]*\."
)
"""What code says of its fields: ``a.password=b.password=""``, ``c28.value``, the end of ``x ? a.Pass : 0``."""

_SIGNS: Final = re.compile(r"[\W_]")
_SERVICE: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)+")
"""What Kubernetes and its like call things: ``tls-secret-2``."""

_MIGRATION: Final = re.compile(r"\d{4}_[a-z]\w*")
"""A step of Django's for its module ``social_auth``: ``0005_auto_20160727``."""


def judge_value(name: Name, found: FoundValue) -> Candidate | None:
    """The secret that a value is under this name; None if it is none."""
    value = found.value.strip()
    text = value.decode("utf-8", "replace")
    material = is_key_material(text)
    if name.password and len(text) > LONGEST_PASSWORD and not material:
        return None
    if not text or is_placeholder(text) or b"\xc2\xabsecret:" in value or (is_reference(text) and not material):
        return None
    if _SIGNS.sub("", name.text.lower()).endswith(_SIGNS.sub("", text.lower()) or "-"):
        return None  # ``Wpa2Psk = "WPA2_PSK"``
    if found.bare and not found.config and _ASSIGNED.match(text) is not None:
        return None
    if found.bare and is_identifier(text.rstrip(")];,")) and not any(map(str.isdigit, text)):
        return None
    if name.password or _is_shared(name, found, text):
        if not (_is_chosen(name, found, text) or material):
            return None
        rule = "password"
    else:
        if not (is_random(text, least=_least(name, found)) or material):
            return None
        rule = "password-hash" if name.digest else "secret-key"
        if name.text.lower().endswith("auth"):
            inner = decode_text(value)
            if inner is not None and b":" in inner:
                value, rule = inner.partition(b":")[2], "docker-auth"
            elif " " in text or _SERVICE.fullmatch(text) or _MIGRATION.fullmatch(text):
                return None
    quote = b'"' if found.numeric else b""
    return Candidate(rule, found.start, found.end, value, edits=found.edits, quote=quote)


def _least(name: Name, found: FoundValue) -> int:
    """How long a key must be there; a header of HTTP holds nothing else (``-H "X-Api-Key: …"``)."""
    if name.digest:
        return 24
    return 16 if found.config or name.text[:2].lower() == "x-" else 20


_SESSION: Final = re.compile(r"(?:session|cookie)[_.-]?secret$")
"""What signs the sessions of a web application, whose authors mostly make it up."""


def _is_shared(name: Name, found: FoundValue, text: str) -> bool:
    """A secret that people choose as they do a password: RADIUS, SIP, the signature of a session."""
    if found.config and not found.bare and _SESSION.search(name.text.lower()) is not None:
        return not is_random(text)
    if not found.config or len(text) < 7 or not any(map(str.isdigit, text)):
        return False
    if found.bare:
        return name.text.lower().endswith("secret") and found.sign == b"=" and not _SERVICE.fullmatch(text)
    return name.text.lower().endswith("secret") and not is_random(text) and not _SERVICE.fullmatch(text)


def _is_chosen(name: Name, found: FoundValue, text: str) -> bool:
    telling = name.text.startswith("ansible_") or found.listed
    if found.listed and _ATTRIBUTE.fullmatch(text) and not any(map(str.isdigit, text)):
        return False
    if " " in text and found.phrase:
        own = name.text.lower() == "psk" or (_ENVIRONMENT.fullmatch(name.text) and not _SAID.search(text))
        return is_phrase(text, digits=not own)
    if found.config and is_compound(text) and (not found.bare or (found.sign == b"=" and "-" in text)):
        return True
    # In code, too, quotes say that it is no name; in a URL nothing else can stand.
    literal = text.isalpha() and (not found.bare or (found.sign == b"?" and len(text) >= 8))
    if not is_password(text, config=found.config or telling or literal):
        return False
    if found.sign in {b"?", b";"} and len(text) >= 8 and not is_identifier(text):
        return literal or (any(map(str.isdigit, text)) and any(map(str.isalpha, text)))
    return not found.bare or found.config or telling or _stands_alone(text)


_ENVIRONMENT: Final = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+")
_SAID: Final = re.compile(
    r"(?i)[.!?:]$|"
    + NAMES.decode("utf-8")
    + r"|\b(?:invalid|incorrect|wrong|failed|login|user|key|error|enter|type|missing|empty|mismatch)\b"
)
"""In what a script says about passwords; several words that stand as a value are a passphrase else."""

_ATTRIBUTE: Final = re.compile(r"[A-Za-z_]\w*(?:[.-][A-Za-z_]\w*)*[);]*")


def _stands_alone(text: str) -> bool:
    """An unquoted password between other things has digits and letters, and is no expression."""
    if len(text) < 6 or not any(map(str.isdigit, text)) or not any(map(str.isalpha, text)):
        return False
    if not re.fullmatch(r"[\w$]+(?:[.:/-]+[\w$]*)*", text):
        return True
    if text.isalnum() and character_classes(text) == 3 and len(text) >= 8:
        return not is_identifier(text)
    return not is_wordlike(text) and (is_random(text, least=8) or (text.isalnum() and character_classes(text) == 3))
