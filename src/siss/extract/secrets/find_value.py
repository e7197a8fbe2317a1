# ruff: noqa: E501 - expressions are easier to read whole
"""Where the value of a name stands: behind a sign, in quotes, in an element, an attribute, or on the line below."""

import re
from dataclasses import dataclass, replace
from typing import Final

from siss.extract.secrets.unescape import decode_text, unescape_entities, unescape_string, unescape_url
from siss.extract.secrets.values import LONGEST

_LONGEST_BARE: Final = 512
_OPEN: Final = re.compile(rb"(?:[rbfuNLR@$]|!!?[\w/]+ +|&\w+ +)?(\\*)([\"'`])|(?:!!?[\w/]+ +|&\w+ +)")
_PERL: Final = re.compile(rb"q[qx]?[\[({]([^\[\](){}\s]{4,128})[\])}](?=[ \t]*[,;)\n])")
_SEPARATOR: Final = re.compile(
    rb"[ \t]*(?:(?:[:?]{1,2}|[Aa]s\b|)[ \t]*(?:str|[Ss]tring|&(?:'static )?str|Optional\[str\]|str \| None)[ \t]*(=)|:[ \t]*[A-Z][\w.\[\], |]{0,40} (=)(?=[ \t]*[\"'])|(=>|:=|:|=|,)(?:\*\*(?=[ \t]))?)[ \t]*"
)
_ATTRIBUTES: Final = re.compile(rb"(?:[ \t]+[\w:-]{1,40}=(?:\"[^\"<>\n]{0,200}\"|'[^'<>\n]{0,200}')){0,8}[ \t]*(/?)>")
_VALUE_ATTRIBUTE: Final = re.compile(rb"[\"']?[ \t]*[,;]?[ \t]*\r?\n?[ \t]*[\"']?(?i:value)[\"']?[ \t]*[=:][ \t]*")
_VALUE_CHILD: Final = re.compile(rb"[ \t]*\r?\n?[ \t]*<(?i:value|string)(?:[ \t][^<>\n]{0,80})?>")
_STRING_ELEMENT: Final = re.compile(rb"</(?i:key|name)>[ \t]*\r?\n?[ \t]*<(?i:string|value)(?:[ \t][^<>\n]{0,80})?>")
_NAME_BEFORE: Final = re.compile(
    rb"(?i:(?:name|key|id|option|property|variable|field)[\"']?[ \t]*[=:][ \t]*\\*[\"']?|<(?:key|name)>)[\w.\-$/]{0,80}$"
)
_UNQUOTED: Final = re.compile(rb"[^\s\"'`<>,;&|{}()\[\]\x00-\x1f]+")
_TO_LINE_END: Final = re.compile(rb"[^\r\n]*")
_TEXT: Final = re.compile(
    rb"[ \t]*(?:\r?\n[ \t]*)?(?:<!\[CDATA\[([^\r\n]{1,4096}?)\]\]>|([^<\r\n]{1,4096}))[ \t]*(?:\r?\n[ \t]*)?</"
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
_CONTINUED: Final = re.compile(rb"\r?\n[ \t]*([^\s\\]{1,256})")
_ARGUMENT: Final = re.compile(rb"[ \t]*\([ \t]*([\"'])")
_GETTER: Final = re.compile(rb"(?i)\bget\w*[ \t]*\([ \t]*[\"']$")
_COMPARED: Final = re.compile(rb"={1,2}[ \t]*([\"'])")
_FALLBACK: Final = re.compile(rb"[ \t]*(?:\|\||\?\?|\bor\b|\?:)[ \t]*([\"'])")
"""``process.env.TOKEN || "…"``: what is taken where nothing is set."""
_DEFAULT: Final = re.compile(rb":[-=]?([^\s\"'`${}?+|]{4,128})\}")
"""The same in a shell, Compose and Spring: ``${DB_PASSWORD:-…}``."""
_IN_TAG: Final = re.compile(rb"<[\w:.-]+(?:[ \t]+[\w:.-]+[ \t]*=[ \t]*(?:\"[^\"<>]*\"|'[^'<>]*'))*[ \t]+[\w:.-]*$")
_COMMENT: Final = re.compile(rb"[ \t]+[#;]|[ \t]+//")
_SCHEME: Final = re.compile(rb"(?i:basic|bearer|token|apikey|digest|key|negotiate|aws4-hmac-sha256)[ \t]+")
_USER_LINE: Final = re.compile(
    rb"(?m:^)[^\w\n]*(?i:user(?:name)?|login|benutzer(?:name)?|account)[ \t]*:[ \t]*[^\n]{1,80}\n\Z"
)
_CODE: Final = re.compile(rb"[(){}<>;,=\"'\[\]|]")
_QUOTES: Final = frozenset({b'"', b"'", b"`"})
_ENDS: Final = frozenset({b"", b"\n", b"\r"})
_LINE_KEY: Final = re.compile(
    rb"[ \t]*(?:[-*][ \t]+)?(?:(?:(?:public|private|protected|static|const|final|readonly|var|let|val|local|my|our)[ \t]+){1,4}|export[ \t]+|set[ \t]+|setenv[ \t]+|ENV[ \t]+|ARG[ \t]+|-e[ \t]+|-D)?[\w.\-$/:\[\]]*$"
)


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
            return None if tag[1] else _child(data, tag.end(), encoded=b"base64" in tag[0])
    opened, closers, at = _end_of_name(data, stop, before[-1:] if before[-1:] in _QUOTES else b"")
    if (percents := _IN_PERCENTS.match(data, at)) is not None:
        quoted = percents[1] is not None
        return FoundValue(*percents.span(2), unescape_url(percents[2]), config=quoted, bare=not quoted)
    if before.endswith(b"${") and not closers and (default := _DEFAULT.match(data, at)) is not None:
        return FoundValue(*default.span(1), default[1], config=True, bare=True, sign=b"=")
    if not (opened and closers) and (fallback := _FALLBACK.match(data, at)) is not None:
        return _quoted(data, fallback.end(), fallback[1], config=False)
    separator = _SEPARATOR.match(data, at)
    if separator is None:
        return _argument(data, at, raw, before) if not closers else None
    sign = separator[1] or separator[2] or separator[3]
    at = separator.end()
    if sign == b"=" and data[at : at + 1] in {b"=", b"~", b">"}:
        compared = _COMPARED.match(data, at)
        return _quoted(data, compared.end(), compared[1], config=False) if compared is not None else None
    if sign == b",":
        return _second_argument(data, at) if opened and closers and _begins_call(before) else None
    if sign == b":" and (data[at : at + 1] in {b":", b"="} or _has_passed(data, line, raw, closers)):
        return None  # a scope, or a test that passed
    if (entities := _IN_ENTITIES.match(data, at)) is not None:
        return FoundValue(*entities.span(2), unescape_entities(entities[2]), config=True)
    if closers == 2 and data[stop : stop + 2] == b'""' and data[at : at + 2] == b'""':
        end = data.find(b'""', at + 2, at + LONGEST)  # JSON in a cell of a table
        return FoundValue(at + 2, end, unescape_string(data[at + 2 : end]), config=True) if end > 0 else None
    if sign == b":":
        if opened and (inside := _INSIDE.match(data, at)) is not None:
            at = inside.end()
        if not closers and (below := _BELOW.match(data, at)) is not None and _LINE_KEY.match(before):
            return _below(below, before)
    config = bool(opened) or sign in {b":", b"=>"} or bool(_LINE_KEY.match(before))
    config = config or (sign == b"=" and b"<" in before and bool(_IN_TAG.search(before)))
    place = _quoted_or_bare(
        data,
        at,
        config=config and sign != b":=",
        key_quoted=bool(opened),
        sign=sign,
        spaced=separator[0] != sign,
        before=before,
        phrase=sign == b"=" and not closers and bool(_LINE_KEY.match(before)),
        option=raw.startswith(("--", "-D")),
    )
    if place is None or not place.bare or place.config or sign != b"=" or separator[0] != sign or closers:
        return place
    return replace(place, listed=_is_listed(data, before, raw, place.end))


def _paired(data: bytes, pair: re.Match[bytes]) -> FoundValue | None:
    """``name: TOKEN, value: …``, ``<key>token</key><string>…``: name and value are fields of one thing."""
    if pair[0].endswith(b">"):
        return _element(data, pair.end())
    if b"," in pair[0] and b'"' not in pair[0] and (flow := _UNQUOTED.match(data, pair.end())) is not None:
        return FoundValue(*flow.span(), flow[0], config=True, bare=True)
    return _quoted_or_bare(data, pair.end(), config=True, key_quoted=b'"' in pair[0])


def _child(data: bytes, at: int, *, encoded: bool = False) -> FoundValue | None:
    """The text of an element that begins here, or of the ``<value>`` in it. ``encoded``: it may be base64."""
    child = _VALUE_CHILD.match(data, at)
    return _element(data, child.end() if child else at, encoded=encoded)


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
    while at < len(data) and data[at] in b"\\\"'`])" and closers < 6:
        at += 1
        closers += 1
    return opened if closers and data[stop : stop + 1] != b"*" else b"", closers, at


def _begins_call(before: bytes) -> bool:
    """Whether a quoted name is the first argument of a call that does not ask for its value."""
    return before[:-1].rstrip().endswith(b"(") and not _GETTER.search(before)


def _second_argument(data: bytes, at: int) -> FoundValue | None:
    """``define('DB_PASSWORD', '…')``: the last of two arguments, not one of a list."""
    place = _quoted_or_bare(data, at, config=True)
    if place is None or place.bare or not data[place.end + 1 : place.end + 8].lstrip().startswith(b")"):
        return None
    return place


_ENVIRONMENT: Final = re.compile(r"[A-Z][A-Z0-9_]+")
_BESIDE: Final = re.compile(
    rb"(?i:(?:^|[\s,;\"'(])(?:user(?:_?name|_?id)?|uid|login|host(?:name|addr)?|server|db_?name|database|domain|name)=[^\s=,;)])"
)


def _is_listed(data: bytes, before: bytes, raw: str, end: int) -> bool:
    if _ENVIRONMENT.fullmatch(raw):
        return not before or before[-1:] in b" \t\"';"
    stop = data.find(b"\n", end, end + 100)
    return bool(_BESIDE.search(before) or _BESIDE.search(data, end, stop if stop >= 0 else end + 100))


def _has_passed(data: bytes, line: int, raw: str, closers: int) -> bool:
    """``Pass: …`` says that a test did, unless the line above it names a user."""
    if closers or raw not in {"PASS", "Pass"}:
        return False
    return raw == "PASS" or _USER_LINE.search(data, max(line - 200, 0), line) is None


def _below(found: re.Match[bytes], before: bytes) -> FoundValue | None:
    """YAML: the first line of a block, or a plain value on a line of its own, further in than its name."""
    block, indent, value = found.groups()
    value = value.rstrip()
    start, end = found.start(3), found.start(3) + len(value)
    if len(indent) <= len(before):
        return None
    if value[:1] in {b'"', b"'"}:
        return _quoted(found.string, start + 1, value[:1], config=True) if block is None else None
    if block is None and (
        not any(48 <= byte < 58 for byte in value)
        or b" " in value
        or value.endswith(b":")
        or value[:1] in b"-[{&*!%@`|>"
    ):
        return None
    return FoundValue(start, end, value, config=True, bare=True)


def _argument(data: bytes, at: int, raw: str, before: bytes) -> FoundValue | None:
    """``setPassword("…")``, ``.password("…")``."""
    opening = _ARGUMENT.match(data, at)
    owner, _, called = raw.rpartition(".")
    if opening is None or not (called.startswith(("set", "with", "Set", "With")) or owner or before.endswith(b".")):
        return None
    place = _quoted(data, opening.end(), opening[1], config=False)
    if place is None or b" " in place.value or place.value.endswith(b":"):
        return None  # what a prompt says
    after = data[place.end + 1 : place.end + 2]
    return place if after == b")" or (after == b"," and not called.lower().startswith("user")) else None


def _quoted_or_bare(
    data: bytes,
    at: int,
    *,
    config: bool,
    key_quoted: bool = False,
    sign: bytes = b"=",
    spaced: bool = False,
    before: bytes = b"",
    phrase: bool = False,
    option: bool = False,
) -> FoundValue | None:
    if (listed := _PERL.match(data, at)) is not None:
        return FoundValue(*listed.span(1), listed[1], config=True)
    opening = _OPEN.match(data, at)
    if opening is not None and opening[2]:
        if before[-1:] in {b"?", b"&"}:
            return None  # the end of a string that is put together
        return _quoted(
            data, opening.end(), opening[1] + opening[2], config=config, phrase=phrase and opening[2] != b"`"
        )
    if opening is not None:
        at = opening.end()
    if (scheme := _SCHEME.match(data, at)) is not None:
        at = scheme.end()
    bare = _UNQUOTED.match(data, at, min(len(data), at + _LONGEST_BARE + 1))
    if bare is None or bare.end() - at > _LONGEST_BARE:
        return None
    end = bare.end()
    if data[end : end + 1] == b"(" and bare[0].replace(b".", b"").replace(b"_", b"").isalnum() and not config:
        return None  # a call
    url = bool(before) and before[-1:] in b"?&;" and sign == b"="
    if url:
        sign = b";" if before.endswith(b";") else b"?"
        return FoundValue(at, end, unescape_url(bare[0]), config=False, bare=True, sign=sign)
    if key_quoted and sign == b":":
        # JSON: only a number stands without quotes, and it needs some when it is text.
        return FoundValue(at, end, bare[0], config=True, bare=True, numeric=True) if bare[0].isdigit() else None
    if _LINE_KEY.match(before) and not key_quoted:
        rest = _TO_LINE_END.match(data, at, min(len(data), at + 257))
        if rest is not None and rest[0].endswith(b"\\") and (whole := _continued(data, at, rest[0])) is not None:
            return whole
        text = _COMMENT.split(rest[0], maxsplit=1)[0].rstrip() if rest else b""
        code = text.endswith((b";", b",", b"(", b"[", b"{", b"\\")) or (
            _is_balanced(text) and text != bare[0] and spaced
        )
        if code and data[end : end + 1] == b"(" and _MEMBER.fullmatch(bare[0]):
            return None  # a call
        if b" " in text or code:
            return FoundValue(at, end, bare[0], config=False, bare=True)
        return FoundValue(at, at + len(text), text, config=config, bare=True, sign=sign)
    noted = sign == b":" and spaced and data[end : end + 1] in _ENDS and not _CODE.search(before)
    return FoundValue(at, end, bare[0], config=False, bare=True, sign=b"?" if option else b"", listed=noted)


_MEMBER: Final = re.compile(rb"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+")


def _continued(data: bytes, at: int, text: bytes) -> FoundValue | None:
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


def _quoted(data: bytes, at: int, quote: bytes, *, config: bool, phrase: bool = False) -> FoundValue | None:
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


def _element(data: bytes, at: int, *, encoded: bool = False) -> FoundValue | None:
    text = _TEXT.match(data, at)
    if text is None:
        return None
    raw = (text[1] or text[2]).strip()
    start = text.start(text.lastindex or 2) + (text[1] or text[2]).index(raw) if raw else at
    value = raw if text[1] else unescape_entities(raw)
    if encoded and (decoded := decode_text(raw)) is not None:
        value = decoded
    return FoundValue(start, start + len(raw), value, config=True)
