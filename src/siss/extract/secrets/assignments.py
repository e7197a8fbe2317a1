# ruff: noqa: E501, SIM905 - expressions and word lists are easier to read whole
"""Values under a name that says secret: ``db_password = "…"``, in code, configuration, JSON, XML, YAML, URLs, logs.

An RE2 expression proposes names; the name is then read whole (``dbPassword`` is password, ``password_file`` is not),
the separator and quotes say where the value ends and how it is escaped, and ``values`` judges it.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from siss.extract.secrets.candidate import Candidate
from siss.extract.secrets.unescape import decode_text, unescape_entities, unescape_string, unescape_url
from siss.extract.secrets.values import (
    LONGEST,
    LONGEST_PASSWORD,
    character_classes,
    is_identifier,
    is_key_material,
    is_password,
    is_placeholder,
    is_random,
    is_reference,
    is_wordlike,
)

_NAMES: Final = (
    rb"pass(?:w(?:or)?d|wort|phrase|code)?|pwd|pswd|psk|kennwort|contrase(?:n|\xc3\xb1)a|senha|wachtwoord|motdepasse|mot_de_passe"
    rb"|secret|token|api[_.-]?key|(?:access|private|auth|account|encrypt(?:ion)?|signing|shared|secret|master|app|nonce|logged_in|"
    rb"session|storage|consumer|client|service|deploy|license|webhook|jwt|cookie|hmac|crypt(?:o)?)[_.-]?key|credentials?|salt|_?auth|(?:bind|root|admin|user|db|my|sql|key|ldap)[_-]?pw"
)

PROPOSAL: Final = (
    rb"(?i:(?:" + _NAMES + rb")(?:[_.-]?[a-z0-9_.-]*)\\*[\"'`]?\]?\\*[\"'`]?[ \t]*"
    rb"(?:=>|:=|:|=|>|</(?:key|name)>|,[ \t]*\\*[\"']|[ \t](?:value|encoding)=|\r?\n[ \t]*(?:\"?value|<(?:string|value))))"
)

_NAME_BYTES: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.$"
_LONGEST_NAME: Final = 80
_LONGEST_BARE: Final = 512

_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_PASSWORDS: Final = re.compile(
    r"(?:\w*(?:password|passwd|passphrase|passwort|kennwort|contrasena|senha|wachtwoord|motdepasse|passcode)|pass|pwd|pswd|psk|"
    r"(?:db|my|root|user|admin|smtp|ftp|mail|sql|rcon|bind)(?:pass|pwd|pw)|pw)"
)
_KEYS: Final = re.compile(
    r"(?:secret|secrets|(?:client|app|consumer|auth|api|shared|jwt|session)secret|token|(?:access|auth|api|bot|oauth|refresh|id|bearer|private|personal)token|"
    r"(?:api|access|secret|private|auth|account|encryption|signing|shared|master|app|storage|consumer|client|service|deploy|license)key|"
    r"salt|credential|credentials|authtoken)"
)
_BEFORE_KEY: Final = frozenset(
    """api access private auth account encrypt encryption signing shared secret master app nonce in session storage
    consumer client service deploy license webhook jwt cookie hmac crypt crypto""".split()
)
_TAIL_WORDS: Final = frozenset(
    """prod production dev development staging stage test live sandbox new old current default value val base v x b64 base64
    encrypted enc string str text plain raw primary secondary main local""".split()
)
_OPEN: Final = re.compile(rb"(?:[rbfuNLR@$]|!!?[\w/]+ +)?(\\*)([\"'`])|(?:!!?[\w/]+ +)")
_SEPARATOR: Final = re.compile(
    rb"[ \t]*(?:[:?]{1,2}[ \t]*(?:str|[Ss]tring|&(?:'static )?str|Optional\[str\]|str \| None)[ \t]*(=)|(=>|:=|:|=|,))[ \t]*"
)
_ATTRIBUTES: Final = re.compile(rb"(?:[ \t]+[\w:-]{1,40}=(?:\"[^\"<>\n]{0,200}\"|'[^'<>\n]{0,200}')){0,8}[ \t]*(/?)>")
_VALUE_ATTRIBUTE: Final = re.compile(rb"[\"']?[ \t]*[,;]?[ \t]*\r?\n?[ \t]*[\"']?value[\"']?[ \t]*[=:][ \t]*")
_VALUE_CHILD: Final = re.compile(rb"[ \t]*\r?\n?[ \t]*<(?i:value|string)>")
_STRING_ELEMENT: Final = re.compile(rb"</(?:key|name)>[ \t]*\r?\n?[ \t]*<(?:string|value)>")
_NAME_BEFORE: Final = re.compile(
    rb"(?i:(?:name|key|id|option|property|variable|field)[\"']?[ \t]*[=:][ \t]*\\*[\"']?|<(?:key|name)>)[\w.\-$/]{0,80}$"
)
_UNQUOTED: Final = re.compile(rb"[^\s\"'`<>,;&|{}()\[\]\x00-\x1f]+")
_TO_LINE_END: Final = re.compile(rb"[^\r\n]*")
_TEXT: Final = re.compile(rb"[^<\r\n]{1,4096}")
_COMPARED: Final = re.compile(rb"={1,2}[ \t]*([\"'])")
_COMMENT: Final = re.compile(rb"[ \t]+[#;]|[ \t]+//")
_SCHEME: Final = re.compile(rb"(?i:basic|bearer|token|apikey|digest|key|negotiate|aws4-hmac-sha256)[ \t]+")
_LINE_KEY: Final = re.compile(
    rb"[ \t]*(?:[-*][ \t]+)?(?:export[ \t]+|set[ \t]+|setenv[ \t]+|ENV[ \t]+|ARG[ \t]+|-e[ \t]+|-D)?[\w.\-$/:\[\]]*$"
)


@dataclass(frozen=True, slots=True)
class Name:
    """What a name promises: a password that people choose, or a key that machines make."""

    text: str
    password: bool
    salt: bool = False


@lru_cache(maxsize=4096)
def read_name(raw: str) -> Name | None:
    """The kind of secret that a whole name speaks of; None where it speaks of something about one."""
    words = [word.lower() for word in _WORD.findall(raw)]
    while words and (words[-1].isdigit() or words[-1] in _TAIL_WORDS):
        words.pop()
    if not words or re.search(r"\.\d$", raw) or words[-1] in {"chpasswd", "htpasswd", "smbpasswd", "kpasswd"}:
        return None
    last = words[-1]
    if _PASSWORDS.fullmatch(last) or words[-2:] in (["pass", "word"], ["pass", "phrase"], ["pass", "code"]):
        return Name(raw, password=True)
    if _KEYS.fullmatch(last) or last == "auth" or (last == "key" and len(words) > 1 and words[-2] in _BEFORE_KEY):
        return Name(raw, password=False, salt=last == "salt" or words[-2:] in (["nonce", "key"], ["in", "key"]))
    return None


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a value stands. ``config``: only values stand there; ``bare``: without quotes; ``url``: as in a query."""

    start: int
    end: int
    value: bytes
    config: bool
    bare: bool = False
    numeric: bool = False
    sign: bytes = b""


def classify_assignment(data: bytes, start: int, end: int) -> Candidate | None:  # noqa: ARG001 - one form for all detectors
    """The value that a proposed name stands before, if it is a secret."""
    left = data[max(data.rfind(b"\n", max(start - _LONGEST_NAME, 0), start) + 1, start - _LONGEST_NAME, 0) : start]
    stem = left.rstrip(_NAME_BYTES)
    begin = start - (len(left) - len(stem))
    stop = start
    most = min(len(data), start + _LONGEST_NAME)
    while stop < most and data[stop] in _NAME_SET:
        stop += 1
    while stop > start and data[stop - 1] in b".-":
        stop -= 1
    raw = data[begin:stop].decode("latin-1")
    if stem.endswith(b"\xab"):
        return None  # inside a fingerprint
    name = read_name(raw)
    if name is None:
        return None
    place = _find_value(data, begin, stop, raw)
    if place is None or place.end - place.start > LONGEST:
        return None
    return _judge(name, place)


_NAME_SET: Final = frozenset(_NAME_BYTES)


def _find_value(data: bytes, begin: int, stop: int, raw: str) -> _Place | None:
    """The value after a name, however the two are written."""
    line = data.rfind(b"\n", max(begin - 400, 0), begin) + 1
    before = data[max(line, begin - 200, 0) : begin]
    opened = before[-1:] if before[-1:] in {b'"', b"'", b"`"} else b""
    at = stop
    if data[stop : stop + 1] not in {b"=", b":"} and _NAME_BEFORE.search(before):
        pair = _STRING_ELEMENT.match(data, stop) or _VALUE_ATTRIBUTE.match(data, stop)
        if pair is not None:
            if pair[0].endswith(b">"):
                return _element(data, pair.end())
            return _quoted_or_bare(data, pair.end(), config=True, key_quoted=b'"' in pair[0])
        if data[stop : stop + 2] in {b'">', b"'>"}:
            return _element(data, stop + 2)
    if before.endswith(b"<") or (before.endswith(b":") and b"<" in before[-40:]):
        tag = _ATTRIBUTES.match(data, stop)
        if tag is not None:
            if tag[1]:
                return None
            child = _VALUE_CHILD.match(data, tag.end())
            return _element(data, child.end() if child else tag.end(), encoded=b"base64" in tag[0])
    closers = 0
    while at < len(data) and data[at] in b"\\\"'`])" and closers < 6:
        at += 1
        closers += 1
    if not closers:
        opened = b""  # the name stands in a string with its value
    separator = _SEPARATOR.match(data, at)
    if separator is None:
        return None
    sign = separator[1] or separator[2]
    at = separator.end()
    if sign == b"=" and data[at : at + 1] in {b"=", b"~", b">"}:
        compared = _COMPARED.match(data, at)
        return _quoted(data, compared.end(), compared[1], config=False) if compared is not None else None
    if sign == b",":
        # define('DB_PASSWORD', '…'): the first of two arguments, not one of a list.
        place = (
            _quoted_or_bare(data, at, config=True)
            if opened and closers and before[:-1].rstrip().endswith(b"(")
            else None
        )
        return (
            place
            if place is not None and not place.bare and data[place.end + 1 : place.end + 8].lstrip().startswith(b")")
            else None
        )
    config = bool(opened) or sign in {b":", b"=>"} or bool(_LINE_KEY.match(before))
    if sign == b":" and (data[at : at + 1] in {b":", b"="} or (raw in {"PASS", "Pass"} and not closers)):
        return None  # a scope, or a test that passed
    return _quoted_or_bare(
        data,
        at,
        config=config and sign != b":=",
        key_quoted=bool(opened),
        sign=sign,
        spaced=separator[0] != sign,
        before=before,
    )


def _quoted_or_bare(
    data: bytes,
    at: int,
    *,
    config: bool,
    key_quoted: bool = False,
    sign: bytes = b"=",
    spaced: bool = False,
    before: bytes = b"",
) -> _Place | None:
    opening = _OPEN.match(data, at)
    if opening is not None and opening[2]:
        return _quoted(data, opening.end(), opening[1] + opening[2], config=config)
    if opening is not None:
        at = opening.end()
    if (scheme := _SCHEME.match(data, at)) is not None:
        at = scheme.end()
    bare = _UNQUOTED.match(data, at, min(len(data), at + _LONGEST_BARE + 1))
    if bare is None or bare.end() - at > _LONGEST_BARE:
        return None
    end = bare.end()
    url = bool(before) and before[-1:] in b"?&;" and sign == b"="
    if url:
        return _Place(at, end, unescape_url(bare[0]), config=False, bare=True)
    if key_quoted and sign == b":":
        # JSON: only a number stands without quotes, and it needs some when it is text.
        return _Place(at, end, bare[0], config=True, bare=True, numeric=True) if bare[0].isdigit() else None
    if _LINE_KEY.match(before) and not key_quoted:
        rest = _TO_LINE_END.match(data, at, min(len(data), at + 257))
        text = _COMMENT.split(rest[0], maxsplit=1)[0].rstrip() if rest else b""
        code = text.endswith((b";", b",", b"(", b"[", b"{", b"\\")) or (
            _is_balanced(text) and text != bare[0] and spaced
        )
        if b" " in text or code:
            return _Place(at, end, bare[0], config=False, bare=True)
        return _Place(at, at + len(text), text, config=config, bare=True, sign=sign)
    return _Place(at, end, bare[0], config=False, bare=True)


def _is_balanced(text: bytes) -> bool:
    """Whether every bracket is closed, as in code that fills a line; in a password that is chance."""
    waiting: list[int] = []
    for byte in text:
        if byte in b"([{":
            waiting.append(byte)
        elif byte in b")]}" and (not waiting or byte - waiting.pop() not in {1, 2}):
            return False
    return not waiting


def _quoted(data: bytes, at: int, quote: bytes, *, config: bool) -> _Place | None:
    """Up to the same quote again, behind as many backslashes."""
    limit = min(len(data), at + LONGEST + 8)
    line = data.find(b"\n", at, limit)
    limit = line if line >= 0 else limit
    depth, sign, end = len(quote) - 1, quote[-1:], at
    while True:
        end = data.find(sign, end, limit)
        if end < 0:
            return None
        slashes = end - at - len(data[at:end].rstrip(b"\\"))
        # In a string inside a string the end has as many backslashes as the beginning; else it has an even number.
        if slashes == depth if depth else slashes % 2 == 0:
            break
        if not depth and sign == b"'" and data[end + 1 : end + 2] in {b"", b"\n", b"\r", b")", b";"}:
            break  # a single quote in SQL, YAML or a shell, where a backslash is a character
        end += 1
    end -= depth
    raw = data[at:end]
    if (scheme := _SCHEME.match(raw)) is not None:
        at += scheme.end()
        raw = data[at:end]
    if b"\xc2\xabsecret:" in raw:
        return None
    value = unescape_string(raw)
    if len(quote) > 1:
        value = unescape_string(value)
    return _Place(at, end, value, config)


def _element(data: bytes, at: int, *, encoded: bool = False) -> _Place | None:
    text = _TEXT.match(data, at)
    if text is None or data[text.end() : text.end() + 2] != b"</":
        return None
    raw = text[0].strip()
    start = at + text[0].index(raw) if raw else at
    value = unescape_entities(raw)
    if encoded and (decoded := decode_text(raw)) is not None:
        value = decoded
    return _Place(start, start + len(raw), value, config=True)


def _judge(name: Name, place: _Place) -> Candidate | None:
    value = place.value.strip()
    text = value.decode("utf-8", "replace")
    material = is_key_material(text)
    if name.password and len(text) > LONGEST_PASSWORD and not material:
        return None
    if not text or is_placeholder(text) or b"\xc2\xabsecret:" in value or (is_reference(text) and not material):
        return None
    if text.lower().strip("_") == name.text.lower().strip("_$"):
        return None
    shared = (
        name.text == "secret" and place.config and place.bare and place.sign == b"=" and any(map(str.isdigit, text))
    )
    if name.password or (shared and len(text) >= 8):
        if not (is_password(text, config=place.config) or material):
            return None
        if place.bare and not place.config and not _stands_alone(text):
            return None
        rule = "password"
    else:
        if not (is_random(text, least=16 if place.config else 20) or material):
            return None
        rule = "secret-key"
        inner = decode_text(value) if name.text.lower().endswith("auth") else None
        if inner is not None and b":" in inner:
            value = inner.partition(b":")[2]
            rule = "docker-auth"
    quote = b'"' if place.numeric else b""
    return Candidate(rule, place.start, place.end, value, quote=quote)


def _stands_alone(text: str) -> bool:
    """An unquoted password between other things has digits and letters, and is no expression."""
    if len(text) < 6 or not any(map(str.isdigit, text)) or not any(map(str.isalpha, text)):
        return False
    if not re.fullmatch(r"[\w$]+(?:[.:/-]+[\w$]*)*", text):
        return True
    if text.isalnum() and character_classes(text) == 3 and len(text) >= 8:
        return not is_identifier(text)
    return not is_wordlike(text) and (is_random(text, least=8) or (text.isalnum() and character_classes(text) == 3))
