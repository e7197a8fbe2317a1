# ruff: noqa: E501 - expressions are easier to read whole
"""A value that begins at a place: between quotes, bare, to the end of its line, over two lines, or as an element's text."""

import re
from dataclasses import dataclass
from typing import Final, NamedTuple

from siss.extract.secrets.unescape import decode_text, unescape_entities, unescape_string, unescape_url
from siss.extract.secrets.values import LONGEST

_LONGEST_BARE: Final = 512
_OPEN: Final = re.compile(rb"(?:[rbfuNLR@$]|!!?[\w/]+ +|&\w+ +)?(\\*)([\"'`])|(?:!!?[\w/]+ +|&\w+ +)")
_PERL: Final = re.compile(rb"q[qx]?[\[({]([^\[\](){}\s]{4,128})[\])}](?=[ \t]*[,;)\n])")
_JOINED: Final = re.compile(rb"`\+[A-Za-z_$][\w$.]*[);,+]")
_LONGEST_TICKED: Final = 64
"""Bytes of a password between backticks that might be code."""

_UNQUOTED: Final = re.compile(rb"[^\s\"'`<>,;&|{}()\[\]\x00-\x1f]+")
_TO_LINE_END: Final = re.compile(rb"[^\r\n]*")
_TEXT: Final = re.compile(
    rb"[ \t]*(?:\r?\n[ \t]*)?(?:<!\[CDATA\[([^\r\n]{1,4096}?)\]\]>|([^<\r\n]{1,4096}))[ \t]*(?:\r?\n[ \t]*)?</"
)
_CONTINUED: Final = re.compile(rb"\r?\n[ \t]*([^\s\\]{1,256})")
_COMMENT: Final = re.compile(rb"[ \t]+[#;]|[ \t]+//")
_SCHEME: Final = re.compile(rb"(?i:basic|bearer|token|apikey|digest|key|negotiate|aws4-hmac-sha256)[ \t]+")
_CODE: Final = re.compile(rb"[(){}<>;,=\"'\[\]|]")
_ENDS: Final = frozenset({b"", b"\n", b"\r"})
_MEMBER: Final = re.compile(rb"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
_FLOW: Final = re.compile(rb"[ \t]*(?:-[ \t]+)?(?:[\w.-]+:[ \t]+)?\{[ \t]*(?:[\w.-]+:[ \t]+[^{},\n]*,[ \t]*)*")
_FLOW_ENDS: Final = re.compile(rb"[ \t]*(?:,[ \t]*[\w.-]+:[ \t]+[^{}()\n]*)?\}[ \t]*(?:#[^\n]*)?(?=\r?\n|\Z)")
"""What stands around a value in a line of YAML: ``db: {user: shop, password: …, host: db1}``."""


@dataclass(frozen=True, slots=True)
class FoundValue:
    """Where a value stands. ``config``: only values stand there; ``bare``: without quotes.

    ``numeric``: a number in JSON, which needs quotes when it is text; ``sign``: what stands between name and value, or ``?``
    for a parameter of a URL and an option of a command, ``;`` for what may be one or code;
    ``listed``: among others of its kind, as ``user=… password=…`` or in an environment;
    ``phrase``: it may be several words; ``edits``: the stretches of a value that goes on in the next line.
    """

    start: int
    end: int
    value: bytes
    config: bool
    bare: bool = False
    numeric: bool = False
    sign: bytes = b""
    phrase: bool = False
    edits: tuple[tuple[int, int], ...] = ()
    listed: bool = False


class Written(NamedTuple):
    """What stands around a value.

    ``config``: only values stand there; ``before``: the line up to the value's name; ``alone``: at most keywords stand
    before the name; ``quoted``: the name is in quotes; ``sign``: what stands between name and value; ``spaced``: with
    blanks around it; ``phrase``: the value may be several words; ``option``: the name is that of a command's option.
    """

    config: bool
    before: bytes = b""
    alone: bool = True
    quoted: bool = False
    sign: bytes = b"="
    spaced: bool = False
    phrase: bool = False
    option: bool = False


def read_value(data: bytes, at: int, written: Written) -> FoundValue | None:
    """The value that begins at ``at``, quoted or bare; None where code stands, or more than a value can be."""
    if (listed := _PERL.match(data, at)) is not None:
        return FoundValue(*listed.span(1), listed[1], config=True)
    opening = _OPEN.match(data, at)
    if opening is not None and opening[2]:
        if written.before[-1:] in {b"?", b"&"}:
            return None  # the end of a string that is put together
        phrase = written.phrase and opening[2] != b"`"
        if opening[2] == b"`" and (joined := _JOINED.match(data, at)) is not None:
            closing = data.find(b"`", joined.end(), joined.end() + LONGEST)
            if closing < 0 or closing - at > _LONGEST_TICKED:
                return None  # the end of a string that something is added to, as minified code has it
        return read_quoted(data, opening.end(), opening[1] + opening[2], config=written.config, phrase=phrase)
    if opening is not None:
        at = opening.end()
    if (scheme := _SCHEME.match(data, at)) is not None:
        at = scheme.end()
    word = _UNQUOTED.match(data, at, min(len(data), at + _LONGEST_BARE + 1))
    if word is None or word.end() - at > _LONGEST_BARE:
        return None
    return _read_bare(data, word, written)


def _read_bare(data: bytes, word: re.Match[bytes], written: Written) -> FoundValue | None:
    """A value without quotes, of which the first word is given."""
    at, end = word.span()
    before, sign = written.before, written.sign
    if not written.config and data[end : end + 1] == b"(" and word[0].replace(b".", b"").replace(b"_", b"").isalnum():
        return None  # a call
    if sign == b"=" and before.endswith((b"?", b"&", b";")):  # a parameter of a URL
        sign = b";" if before.endswith(b";") else b"?"
        return FoundValue(at, end, unescape_url(word[0]), config=False, bare=True, sign=sign)
    if written.quoted and sign == b":":
        # JSON: only a number stands without quotes, and it needs some when it is text.
        return FoundValue(at, end, word[0], config=True, bare=True, numeric=True) if word[0].isdigit() else None
    if written.alone and not written.quoted:
        return _read_to_line_end(data, word, written)
    if sign == b":" and written.spaced and _FLOW.fullmatch(before) and _FLOW_ENDS.match(data, end) is not None:
        return FoundValue(at, end, word[0], config=True, bare=True, sign=sign)
    noted = sign == b":" and written.spaced and data[end : end + 1] in _ENDS and not _CODE.search(before)
    return FoundValue(at, end, word[0], config=False, bare=True, sign=b"?" if written.option else b"", listed=noted)


def _read_to_line_end(data: bytes, word: re.Match[bytes], written: Written) -> FoundValue | None:
    """A value that has its line to itself, up to a comment; of code only the first word."""
    at, end = word.span()
    rest = _TO_LINE_END.match(data, at, min(len(data), at + 257))
    if rest is not None and rest[0].endswith(b"\\") and (whole := _read_continued(data, at, rest[0])) is not None:
        return whole
    text = _COMMENT.split(rest[0], maxsplit=1)[0].rstrip() if rest else b""
    code = text.endswith((b";", b",", b"(", b"[", b"{", b"\\")) or (
        _is_balanced(text) and text != word[0] and written.spaced
    )
    if code and data[end : end + 1] == b"(" and _MEMBER.fullmatch(word[0]):
        return None  # a call
    if b" " in text or code:
        return FoundValue(at, end, word[0], config=False, bare=True)
    return FoundValue(at, at + len(text), text, config=written.config, bare=True, sign=written.sign)


def _read_continued(data: bytes, at: int, text: bytes) -> FoundValue | None:
    """Properties: a value that goes on, or begins, in the line below."""
    first = text[:-1]
    following = _CONTINUED.match(data, at + len(text))
    if following is None or b" " in first or first.endswith((b"\\", b";", b",")):
        return None
    start, end = following.span(1)
    edits = ((at, at + len(first)), (start, end)) if first else ()
    return FoundValue(
        at if first else start, end, first + following[1], config=True, bare=True, sign=b"\\", edits=edits
    )


def _is_balanced(text: bytes) -> bool:
    """Whether every bracket is closed, as in code that fills a line; in a password that is chance."""
    waiting: list[int] = []
    for byte in text:
        if byte in b"([{":
            waiting.append(byte)
        elif byte in b")]}" and (not waiting or byte - waiting.pop() not in {1, 2}):
            return False
    return not waiting


def read_quoted(data: bytes, at: int, quote: bytes, *, config: bool, phrase: bool = False) -> FoundValue | None:
    """Up to the same quote again, behind as many backslashes. A doubled one belongs to the value."""
    if data[at : at + 2] == quote * 2:
        # Three quotes, as in Python and TOML: the value may begin in the next line.
        begin = at + 2 + next((len(end) for end in (b"\n", b"\r\n") if data.startswith(end, at + 2)), 0)
        end = data.find(quote * 3, begin, begin + LONGEST)
        return FoundValue(begin, end, data[begin:end], config) if end >= 0 and b"\n" not in data[begin:end] else None
    doubled = False
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
            if depth or end == at or data[end + 1 : end + 2] != sign:
                break
            doubled, end = True, end + 2
            continue
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
    return FoundValue(at, end, value.replace(sign * 2, sign) if doubled else value, config, phrase=phrase)


def read_word(data: bytes, at: int) -> FoundValue | None:
    """A bare word in YAML's and its like's flow: ``{name: TOKEN, value: ...}``."""
    word = _UNQUOTED.match(data, at)
    return FoundValue(*word.span(), word[0], config=True, bare=True) if word is not None else None


def read_element(data: bytes, at: int, *, encoded: bool = False) -> FoundValue | None:
    """The text of an element that begins at ``at``, or its CDATA. ``encoded``: it may be base64."""
    text = _TEXT.match(data, at)
    if text is None:
        return None
    raw = (text[1] or text[2]).strip()
    start = text.start(text.lastindex or 2) + (text[1] or text[2]).index(raw) if raw else at
    value = raw if text[1] else unescape_entities(raw)
    if encoded and (decoded := decode_text(raw)) is not None:
        value = decoded
    return FoundValue(start, start + len(raw), value, config=True)
