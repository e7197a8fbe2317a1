# ruff: noqa: E501 - expressions are easier to read whole
"""Where the value of a name stands: behind a sign, in quotes, in an element, an attribute, or on the line below."""

import re
from dataclasses import replace
from typing import Final, NamedTuple

from siss.extract.secrets.read_value import FoundValue, Written, read_element, read_quoted, read_value, read_word
from siss.extract.secrets.unescape import unescape_entities, unescape_string, unescape_url
from siss.extract.secrets.values import LONGEST

COLOUR: Final = rb"(?:\x1b|\\u001b)\[[0-9;]{0,16}m"
"""Of a terminal, also as JSON writes it: loggers set names and values apart so."""
_COLOUR: Final = re.compile(COLOUR)

_SEPARATOR: Final = re.compile(
    rb"[ \t]*(?:(?:[:?]{1,2}|[Aa]s\b|)[ \t]*(?:str|[Ss]tring|&(?:'static )?str|Optional\[str\]|str \| None)[ \t]*(=)|:[ \t]*[A-Z][\w.\[\], |]{0,40} (=)(?=[ \t]*[\"'])|(=>|:=|:|=|,)(?:\*\*(?=[ \t]))?)[ \t]*"
)
_ATTRIBUTES: Final = re.compile(rb"(?:[ \t]+[\w:-]{1,40}=(?:\"[^\"<>\n]{0,200}\"|'[^'<>\n]{0,200}')){0,8}[ \t]*(/?)>")
_OWN_VALUE: Final = re.compile(rb"(?i:[ \t]value=)([\"'])")
"""``<password value="…"/>``"""
_VALUE_ATTRIBUTE: Final = re.compile(rb"[\"']?[ \t]*[,;]?[ \t]*\r?\n?[ \t]*[\"']?(?i:value)[\"']?[ \t]*[=:][ \t]*")
_VALUE_CHILD: Final = re.compile(rb"[ \t]*\r?\n?[ \t]*<(?i:value|string)(?:[ \t][^<>\n]{0,80})?>")
_STRING_ELEMENT: Final = re.compile(rb"</(?i:key|name)>[ \t]*\r?\n?[ \t]*<(?i:string|value)(?:[ \t][^<>\n]{0,80})?>")
_NAME_BEFORE: Final = re.compile(
    rb"(?i:(?:name|key|id|option|property|variable|field)[\"']?[ \t]*[=:][ \t]*\\*[\"']?|<(?:key|name)>)[\w.\-$/]{0,80}$"
)
_ESCAPED_QUOTE: Final = re.compile(rb"&quot;|&#34;|%22")
_IN_ENTITIES: Final = re.compile(rb"(&quot;|&#34;)([^\r\n\"<>]{1,4096}?)(?:\1|(?=\"))")
_IN_PERCENTS: Final = re.compile(
    rb"%3[AaDd](%22)?((?:[^\s\"'<>&%]|%(?!22|26|2[cC]|5[dD]|7[dD])[0-9A-Fa-f]{2}){1,512})"
)
# What may stand between a quoted name and the string that is its value, or the first of them.
_INSIDE: Final = re.compile(
    rb"(?:\r?\n[ \t]*|\[[ \t]*(?:\r?\n[ \t]*)?|\{[ \t]*(?:\r?\n[ \t]*)?(?:\\*\"(?:sensitive|type)\\*\"[ \t]*:[ \t]*(?:true|false|\\*\"[a-z]{1,20}\\*\")[ \t]*,[ \t]*){0,2}"
    rb"\\*\"value\\*\"[ \t]*:[ \t]*)(?=\\*[\"'])"
)
_BELOW: Final = re.compile(rb"([|>][-+0-9]{0,2})?[ \t]*(?:#[^\r\n]{0,200})?\r?\n([ \t]{1,200})([^\s#][^\r\n]{0,255})")
_ARGUMENT: Final = re.compile(rb"[ \t]*\([ \t]*([\"'])")
_GETTER: Final = re.compile(rb"(?i)\bget\w*[ \t]*\([ \t]*[\"']$")
_COMPARED: Final = re.compile(rb"={1,2}[ \t]*([\"'])")
_FALLBACK: Final = re.compile(rb"[ \t]*(?:\|\||\?\?|\bor\b|\?:)[ \t]*([\"'])")
"""``process.env.TOKEN || "…"``: what is taken where nothing is set."""
_DEFAULT: Final = re.compile(rb":[-=]?([^\s\"'`${}?+|]{4,128})\}")
"""The same in a shell, Compose and Spring: ``${DB_PASSWORD:-…}``."""
_IN_TAG: Final = re.compile(rb"<[\w:.-]+(?:[ \t]+[\w:.-]+[ \t]*=[ \t]*(?:\"[^\"<>]*\"|'[^'<>]*'))*[ \t]+[\w:.-]*$")
_USER_LINE: Final = re.compile(
    rb"(?m:^)[^\w\n]*(?i:user(?:name)?|login|benutzer(?:name)?|account)[ \t]*:[ \t]*[^\n]{1,80}\n\Z"
)
_QUOTES: Final = frozenset({b'"', b"'", b"`"})
_LINE_KEY: Final = re.compile(
    rb"[ \t]*(?:[-*][ \t]+)?(?:(?:(?:public|private|protected|static|const|final|readonly|var|let|val|local|my|our)[ \t]+){1,4}|export[ \t]+|set[ \t]+|setenv[ \t]+|ENV[ \t]+|ARG[ \t]+|-e[ \t]+|-D)?[\w.\-$/:\[\]]*$"
)


class _Name(NamedTuple):
    """A name as it is written, and where.

    ``stop``: where it ends; ``line``: where its line begins; ``before``: what stands in it before the name, at most 200
    bytes; ``quote``: what opens and closes it, empty where nothing does; ``closers``: how many signs close it; ``end``:
    where they end.
    """

    raw: str
    stop: int
    line: int
    before: bytes
    quote: bytes
    closers: int
    end: int


def find_value(data: bytes, begin: int, stop: int, raw: str) -> FoundValue | None:
    """The value after a name, however the two are written; None where there is none, or where code stands.

    ``begin``, ``stop``: where the name is in ``data``; ``raw``: the name as it is written.
    """
    line = data.rfind(b"\n", max(begin - 400, 0), begin) + 1
    before = data[max(line, begin - 200, 0) : begin]
    if data[stop : stop + 1] not in {b"=", b":"} and _NAME_BEFORE.search(before):
        pair = _STRING_ELEMENT.match(data, stop) or _VALUE_ATTRIBUTE.match(data, stop)
        if pair is not None:
            return _paired(data, pair)
        if data[stop : stop + 2] in {b'">', b"'>"}:
            return _child(data, stop + 2)
    if before.endswith(b"<") or (before.endswith(b":") and b"<" in before[-40:]):
        tag = _ATTRIBUTES.match(data, stop)
        if tag is not None:
            if (own := _OWN_VALUE.search(tag[0])) is not None:
                return read_quoted(data, stop + own.end(), own[1], config=True)
            return None if tag[1] else _child(data, tag.end(), encoded=b"base64" in tag[0])
    closed = _end_of_name(data, stop, before[-1:] if before[-1:] in _QUOTES else b"")
    return _find_behind(data, _Name(raw, stop, line, before, *closed))


def _find_behind(data: bytes, name: _Name) -> FoundValue | None:
    """The value that stands behind a name in the same text: after a sign, as a default, or as an argument."""
    at = name.end
    if (percents := _IN_PERCENTS.match(data, at)) is not None:
        quoted = percents[1] is not None
        return FoundValue(*percents.span(2), unescape_url(percents[2]), config=quoted, bare=not quoted)
    if name.before.endswith(b"${") and not name.closers and (default := _DEFAULT.match(data, at)) is not None:
        return FoundValue(*default.span(1), default[1], config=True, bare=True, sign=b"=")
    if not name.quote and (fallback := _FALLBACK.match(data, at)) is not None:
        return read_quoted(data, fallback.end(), fallback[1], config=False)
    if (separator := _SEPARATOR.match(data, at)) is not None:
        return _find_behind_sign(data, name, separator)
    return _argument(data, name) if not name.closers else None


def _find_behind_sign(data: bytes, name: _Name, separator: re.Match[bytes]) -> FoundValue | None:
    sign = separator[1] or separator[2] or separator[3]
    at = separator.end()
    if (colour := _COLOUR.match(data, at)) is not None:
        at = colour.end()
    if sign == b"=" and data[at : at + 1] in {b"=", b"~", b">"}:
        compared = _COMPARED.match(data, at)
        return read_quoted(data, compared.end(), compared[1], config=False) if compared is not None else None
    if sign == b",":
        return _second_argument(data, at) if name.quote and _begins_call(name.before) else None
    if sign == b":" and (data[at : at + 1] in {b":", b"="} or _has_passed(data, name)):
        return None  # a scope, or a test that passed
    if (entities := _IN_ENTITIES.match(data, at)) is not None:
        return FoundValue(*entities.span(2), unescape_entities(entities[2]), config=True)
    if name.closers == 2 and data[name.stop : name.stop + 2] == b'""' and data[at : at + 2] == b'""':
        return _in_cell(data, at + 2)
    alone = bool(_LINE_KEY.match(name.before))
    if sign == b":":
        if name.quote and (inside := _INSIDE.match(data, at)) is not None:
            at = inside.end()
        if alone and not name.closers and (below := _BELOW.match(data, at)) is not None:
            return _below(below, name.before)
    written = Written(
        config=sign != b":=" and (bool(name.quote) or sign in {b":", b"=>"} or alone or _is_attribute(name, sign)),
        before=name.before,
        alone=alone,
        quoted=bool(name.quote),
        sign=sign,
        spaced=separator[0] != sign,
        phrase=sign == b"=" and not name.closers and alone,
        option=name.raw.startswith(("--", "-D")),
    )
    value = read_value(data, at, written)
    if value is not None and value.bare and not value.config and sign == separator[0] == b"=" and not name.closers:
        return replace(value, listed=_is_listed(data, name, value.end))
    return value


def _is_attribute(name: _Name, sign: bytes) -> bool:
    return sign == b"=" and b"<" in name.before and _IN_TAG.search(name.before) is not None


def _in_cell(data: bytes, at: int) -> FoundValue | None:
    """JSON in a cell of a table, where each quote is doubled."""
    end = data.find(b'""', at, at - 2 + LONGEST)
    return FoundValue(at, end, unescape_string(data[at:end]), config=True) if end > 0 else None


def _paired(data: bytes, pair: re.Match[bytes]) -> FoundValue | None:
    """``name: TOKEN, value: …``, ``<key>token</key><string>…``: name and value are fields of one thing."""
    if pair[0].endswith(b">"):
        return read_element(data, pair.end())
    quoted = b'"' in pair[0]
    if b"," in pair[0] and not quoted and (word := read_word(data, pair.end())) is not None:
        return word
    return read_value(data, pair.end(), Written(config=True, quoted=quoted))


def _child(data: bytes, at: int, *, encoded: bool = False) -> FoundValue | None:
    """The text of an element that begins here, or of the ``<value>`` in it. ``encoded``: it may be base64."""
    child = _VALUE_CHILD.match(data, at)
    return read_element(data, child.end() if child else at, encoded=encoded)


def _end_of_name(data: bytes, stop: int, opened: bytes) -> tuple[bytes, int, int]:
    """What closes a name that was ``opened`` by a quote: the quote, how many signs close it, and where they end.

    The quote is empty where the name stands in a string together with its value.
    """
    closers = 2 * (data[stop : stop + 2] == b"**")  # Markdown
    at = stop + closers
    if (escaped := _ESCAPED_QUOTE.match(data, at)) is not None:
        opened, at, closers = escaped[0], escaped.end(), 1
    if data.startswith(b"[]", at) and not opened:
        at += 2  # an array in C
    while at < len(data) and data[at] in b"\\\"'`])" and closers < 6 and not data.startswith(b"\\u001b", at):
        at += 1
        closers += 1
    if (colour := _COLOUR.match(data, at)) is not None:
        at = colour.end()
    return opened if closers and data[stop : stop + 1] != b"*" else b"", closers, at


def _begins_call(before: bytes) -> bool:
    """Whether a quoted name is the first argument of a call that does not ask for its value."""
    return before[:-1].rstrip().endswith(b"(") and not _GETTER.search(before)


def _second_argument(data: bytes, at: int) -> FoundValue | None:
    """``define('DB_PASSWORD', '…')``: the last of two arguments, not one of a list."""
    place = read_value(data, at, Written(config=True))
    if place is None or place.bare or not data[place.end + 1 : place.end + 8].lstrip().startswith(b")"):
        return None
    return place


_ENVIRONMENT: Final = re.compile(r"[A-Z][A-Z0-9_]+")
_BESIDE: Final = re.compile(
    rb"(?i:(?:^|[\s,;\"'(])(?:user(?:_?name|_?id)?|uid|login|host(?:name|addr)?|server|db_?name|database|domain|name)=[^\s=,;)])"
)


def _is_listed(data: bytes, name: _Name, end: int) -> bool:
    """Whether the value that ends at ``end`` stands among others of its kind."""
    if _ENVIRONMENT.fullmatch(name.raw):
        return not name.before or name.before[-1:] in b" \t\"';"
    stop = data.find(b"\n", end, end + 100)
    return bool(_BESIDE.search(name.before) or _BESIDE.search(data, end, stop if stop >= 0 else end + 100))


def _has_passed(data: bytes, name: _Name) -> bool:
    """``Pass: …`` says that a test did, unless the line above it names a user."""
    if name.closers or name.raw not in {"PASS", "Pass"}:
        return False
    return name.raw == "PASS" or _USER_LINE.search(data, max(name.line - 200, 0), name.line) is None


def _below(found: re.Match[bytes], before: bytes) -> FoundValue | None:
    """YAML: the first line of a block, or a plain value on a line of its own, further in than its name."""
    block, indent, value = found.groups()
    value = value.rstrip()
    start, end = found.start(3), found.start(3) + len(value)
    if len(indent) <= len(before):
        return None
    if value[:1] in {b'"', b"'"}:
        return read_quoted(found.string, start + 1, value[:1], config=True) if block is None else None
    if block is None and (
        not any(48 <= byte < 58 for byte in value)
        or b" " in value
        or value.endswith(b":")
        or value[:1] in b"-[{&*!%@`|>"
    ):
        return None
    return FoundValue(start, end, value, config=True, bare=True)


def _argument(data: bytes, name: _Name) -> FoundValue | None:
    """``setPassword("…")``, ``.password("…")``."""
    opening = _ARGUMENT.match(data, name.end)
    owner, _, called = name.raw.rpartition(".")
    if opening is None or not (
        called.startswith(("set", "with", "Set", "With")) or owner or name.before.endswith(b".")
    ):
        return None
    place = read_quoted(data, opening.end(), opening[1], config=False)
    if place is None or b" " in place.value or place.value.endswith(b":"):
        return None  # what a prompt says
    after = data[place.end + 1 : place.end + 2]
    return place if after == b")" or (after == b"," and not called.lower().startswith("user")) else None
