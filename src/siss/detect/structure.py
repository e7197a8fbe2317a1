"""Tells the structure of text by trying its first characters. Each test is linear and bounded."""

import json
import re
from typing import Final
from xml.parsers.expat import ExpatError, ParserCreate

import orjson

_XML_NAME: Final = r"[A-Za-z_:\u00c0-\U0010ffff][\w:.\-]{0,200}"
_XML_START: Final = re.compile(rf"<\?xml[\s?]|<!DOCTYPE\s|<!--|<(?:{_XML_NAME})(?=[\s/>])")
_XML_CLOSED: Final = re.compile(rf"</{_XML_NAME}\s?>|/>|<\?xml\s")
_HTML: Final = re.compile(r"(?i)<!doctype\s+html|<html[\s>]|<(?:head|body|table|div)[\s>]")

_JSON_TOKEN: Final = re.compile(
    r'[ \t\r\n]*(?:(?P<open>[{\[])|(?P<close>[}\]])|(?P<comma>,)|(?P<colon>:)|(?P<string>"(?:[^"\\]|\\.)*")'
    r"|(?P<value>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.:-])|true\b|false\b|null\b))",
    re.DOTALL,
)
_JSON_TOKENS: Final = 64
_OPENING: Final = frozenset("{[")
_CLOSING: Final = frozenset("}]")

# A line that begins a log record: a time stamp in one of the usual spellings, behind at most a bracket, a
# priority or an address, or else a level. ``siss.parse.timestamps`` reads them; here it is enough to know them.
_DATE: Final = (
    r"\d{4}[-/.]\d\d?[-/.]\d\d?[T ,_-]{1,2}\d\d?:\d\d"  # 2026-11-21 03:04
    r"|\d{8}[-T ]?\d\d?:?\d\d?:?\d\d?"  # 20171223-22:15:29
    r"|\d\d?[-/.]\d\d?[-/.]\d{2,4}[T ,:-]{1,2}\d\d?:\d\d"  # 17/06/09 20:10
    r"|\d\d-\d\d \d\d:\d\d:\d\d\.\d"  # 03-17 16:13:38.811
    r"|\d{6} (?:\d{6} \d|[ \d]\d:\d\d:\d\d)"  # 081109 203518 143, 081109 20:35:18
    r"|(?<=\[)\d\d\.\d\d \d\d:\d\d:\d\d\]"  # [07.27 10:28:10]
    r"|(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? )?(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) {1,2}\d\d?"
    r",? (?:\d{4} )?\d\d:\d\d"  # Nov 21 03:04
    r"|\d\d?[-/.](?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[-/.]\d{4}[: ]\d\d:\d\d"  # 21/Nov/2026:03:04
    r"|\d{10}(?:\d{3})?(?:\.\d{1,9})?[\]: ]"  # seconds or milliseconds since the epoch
    r"|\d\d:\d\d:\d\d(?:[.,]\d+)? "
)
_LEVEL: Final = (
    r"(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|ERR|FATAL|CRITICAL|SEVERE|PANIC|EMERG|ALERT)(?:[\]:| ]|\s)"
)
_LOG_LINE: Final = re.compile(
    rf"(?:<\d{{1,3}}>1? ?)?[\[(\"]?(?:{_DATE})"
    r"|[IWEFD]\d{4} \d\d:\d\d:\d\d\."  # klog
    r"|[^\s,;|]{1,64} [^\s,;|]{1,64} [^\s,;|]{1,64} \[\d\d?/[A-Z][a-z]{2}/\d{4}:\d\d"  # access logs
    r"|[-\d]{1,12} \d{10} \d{4}\.\d\d\.\d\d "  # supercomputers
    r"|\d{1,10}:[A-Z] \d\d [A-Z][a-z]{2} \d{4} \d\d:"  # Redis
    r"|\[?[DIWEFCAU](?:, \[| )(?:\d{4}-\d\d-\d\d|\d{6} \d\d:)"  # Ruby, Tornado
    r"|(?:\d{1,9}: [*.]?|[*.])[A-Z][a-z]{2} {1,2}\d\d? \d\d:\d\d:\d\d"  # Cisco
    r"|=[A-Z]{4,10} REPORT==|%[A-Z0-9_]+-[0-7]-[A-Z0-9_]+: "  # Erlang, Cisco without a time
    r"|(?:node=\S{1,64} )?type=[A-Z_]{3,40} msg=audit\(|(?:<\d{1,3}>)?date=\d{4}-\d\d-\d\d time="  # auditd, Fortinet
    rf"|\[?{_LEVEL}"
    r"|(?:time|ts|timestamp|t|level|lvl)=\S"
)
_CONTINUED: Final = re.compile(r"\s|at |Caused by|\.\.\. \d|Traceback|[}\])]")
_PAIR: Final = re.compile(r"\s{0,16}(?:export\s|set\s)?[\w.$/@*-]{1,120}(?:\[[\w.*-]{0,60}\])?\s{0,40}(?:=|:\s)")
_COMMENT: Final = re.compile(r"\s{0,16}[#;!]|\s{0,16}$|\s{0,16}//")

_INTERPRETER: Final = re.compile(r"#![ \t]*(?:/\S{0,200}/)?(?:env[ \t]+(?:-\S+[ \t]+)?)?([a-z]+)")
_INTERPRETERS: Final = {
    **dict.fromkeys(("sh", "bash", "dash", "ksh", "zsh", "ash", "fish"), "text/x-shellscript"),
    "make": "text/x-makefile",
    "python": "text/x-python",
    "perl": "text/x-perl",
    "ruby": "text/x-ruby",
    "node": "text/javascript",
    "php": "text/x-php",
    "lua": "text/x-lua",
    "pwsh": "text/x-powershell",
    **dict.fromkeys(("awk", "gawk", "mawk"), "text/x-awk"),
    **dict.fromkeys(("tclsh", "expect", "wish"), "text/x-tcl"),
}
_SECTION: Final = re.compile(r"\s{0,16}\[[^\]\n]{1,200}\]\s{0,16}(?:[#;]|$)")


def is_json(text: str, *, complete: bool) -> bool:
    """Whether text is one JSON document: an object or an array, whole or as far as it can be seen."""
    if complete:
        try:
            return isinstance(orjson.loads(text), dict | list)
        except orjson.JSONDecodeError:
            pass
    return _begins_json(text, cut=not complete)


def _begins_json(text: str, *, cut: bool) -> bool:
    """Whether the first tokens are in an order that JSON allows; a document may break later and still be JSON."""
    stack: list[str] = []
    at, expect = 0, "value"
    for count in range(_JSON_TOKENS):
        found = _JSON_TOKEN.match(text, at)
        if found is None:
            # Seen enough, or the string that was cut is the last token.
            return count >= 8 or (cut and count >= 2 and text.find('"', at) >= 0)
        kind, at = found.lastgroup, found.end()
        if kind == "open" and expect in {"value", "value or close"}:
            stack.append(found["open"])
            expect = "key or close" if found["open"] == "{" else "value or close"
        elif kind == "close" and stack and (expect.endswith("close") or expect == "comma"):
            if stack.pop() != {"}": "{", "]": "["}[found["close"]]:
                return False
            expect = "comma"
            if not stack:
                return not text[at:].strip()
        elif kind == "string" and expect in {"key", "key or close"}:
            expect = "colon"
        elif kind in {"string", "value"} and stack and expect in {"value", "value or close"}:
            expect = "comma"
        elif kind == "colon" and expect == "colon":
            expect = "value"
        elif kind == "comma" and expect == "comma":
            expect = "key" if stack[-1] == "{" else "value"
        else:
            return count >= 8
    return True


def is_any_json(text: str) -> bool:
    """Whether a whole text is one JSON value of any kind, the standard library's extensions included."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def is_jsonl(lines: list[str], *, named: bool) -> bool:
    """Whether lines are JSON values of their own; without a name that says so, objects or arrays."""
    checked = [line for line in lines[:50] if line.strip()]
    if not checked or (not named and len(checked) < 2):
        return False
    if not named and checked[0].lstrip()[:1] not in {"{", "["}:
        return False
    good = sum(_is_value(line, containers=not named) for line in checked)
    return good * 2 > len(checked) or (named and good > 0)


def _is_value(line: str, *, containers: bool) -> bool:
    if containers:
        bare = line.strip()
        if bare[:1] not in _OPENING or bare[-1:] not in _CLOSING:
            return False
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError:
        return False
    return not containers or isinstance(value, dict | list)


def is_xml(text: str, *, complete: bool, named: bool) -> bool:
    """Whether text begins as XML does, and goes on so where nothing but its bytes speaks for it.

    ``named``: its name says that it is XML, so that malformed XML is meant to be XML too.
    """
    text = text.lstrip()
    if named:
        return text.startswith("<")
    found = _XML_START.match(text)
    if found is None:
        return False
    if found[0].startswith(("<?xml", "<!DOCTYPE")):
        return True
    return (_XML_CLOSED.search(text) is not None or not complete) and _goes_on_as_xml(text)


def _goes_on_as_xml(text: str) -> bool:
    """Whether nothing in text without a DTD is against XML's rules, as in settings of Apache and Fluentd.

    ``<VirtualHost *:80>`` and ``<source>`` with a second element behind it look alike at first.
    """
    parser = ParserCreate("utf-8")
    try:
        parser.Parse(text.encode("utf-8", "replace"), False)
    except ExpatError:
        return False
    return True


def script_mime(text: str) -> str | None:
    """The MIME type of a script by the interpreter that its first line names, None where it names none."""
    found = _INTERPRETER.match(text)
    return None if found is None else _INTERPRETERS.get(found[1], "text/x-script")


def is_ini(lines: list[str]) -> bool:
    """Whether text begins with the name of a section and sets a key in it."""
    told = [line for line in lines if not _COMMENT.match(line)]
    return len(told) > 1 and _SECTION.match(told[0]) is not None and any("=" in line for line in told[1:20])


def is_html(text: str) -> bool:
    """Whether text begins as HTML does."""
    text = text[:2048].lstrip()
    if not text.startswith("<"):
        return False
    if text.startswith("<!--"):
        text = text[text.find("-->") + 3 :].lstrip()
    return _HTML.match(text) is not None


def log_share(lines: list[str]) -> tuple[float, int]:
    """The share of lines that begin a log record, of those that do not continue one; and their number."""
    begun = other = 0
    for line in lines:
        if _LOG_LINE.match(line):
            begun += 1
        elif line.strip() and not _CONTINUED.match(line):
            other += 1
    return begun / (begun + other) if begun else 0.0, begun


def is_keyvalue(lines: list[str], *, named: bool) -> bool:
    """Whether nearly all lines that are not comments set a key to a value."""
    if named:
        return True
    if not any("=" in line for line in lines):
        return False
    counted = [line for line in lines if not _COMMENT.match(line)]
    equals = sum("=" in line[:160] for line in counted)
    if len(counted) < 2 or equals < 0.8 * len(counted):
        return False
    return sum(_PAIR.match(line) is not None for line in counted) >= 0.9 * len(counted)
