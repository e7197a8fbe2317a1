"""Names, texts and numbers as a JSONPath expression writes them (RFC 9535, sections 2.3.1.1 and 2.3.3.1)."""

import math
import re
from typing import Final

from siss.errors import InvalidQueryError
from siss.possessive import compile_possessive

BLANK: Final = re.compile(r"[ \t\r\n]*+")
SHORTHAND: Final = re.compile(r"[A-Za-z_\x80-\ud7ff\ue000-\U0010ffff][A-Za-z0-9_\x80-\ud7ff\ue000-\U0010ffff]*+")
INTEGER: Final = re.compile(r"-?+[0-9]++")
LARGEST: Final = 2**53 - 1
"""The largest integer that I-JSON (RFC 7493) is sure to carry."""

_NUMBER: Final = compile_possessive(r"-?+[0-9]++(\.[0-9]++)?+([eE][+-]?+[0-9]++)?+")
_LEADING_ZERO: Final = re.compile(r"-?0[0-9]")
_PLAIN: Final = {
    "'": re.compile(r"[^\x00-\x1f'\\\ud800-\udfff]*+"),
    '"': re.compile(r'[^\x00-\x1f"\\\ud800-\udfff]*+'),
}
_ESCAPED: Final = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "/": "/", "\\": "\\"}
_HEX: Final = re.compile(r"u([0-9A-Fa-f]{4})")
_LOW_HALF: Final = re.compile(r"\\u([Dd][C-Fc-f][0-9A-Fa-f]{2})")


def fail(expression: str, position: int, what: str, expected: str) -> InvalidQueryError:
    """The error for an expression that does not parse. ``position``: its offset in characters, from 0."""
    return InvalidQueryError(
        f"Invalid JSONPath expression at position {position + 1}: {what}",
        expression=expression,
        position=position + 1,
        expected=expected,
    )


def read_text(expression: str, at: int) -> tuple[str, int]:
    """The text whose opening quote stands at an offset, and the offset after its closing quote."""
    quote = expression[at]
    plain = _PLAIN[quote]
    parts: list[str] = []
    here = at + 1
    while True:
        found = plain.match(expression, here)
        assert found is not None
        parts.append(found[0])
        here = found.end()
        match expression[here : here + 1]:
            case "":
                raise fail(expression, at, "unclosed text", "a closing quote")
            case "\\":
                part, here = _read_escape(expression, here, quote)
                parts.append(part)
            case character if character == quote:
                return "".join(parts), here + 1
            case character:
                raise fail(expression, here, f"{character!r} in a text", "an escape of JSON")


def _read_escape(expression: str, at: int, quote: str) -> tuple[str, int]:
    letter = expression[at + 1 : at + 2]
    if letter == quote:
        return quote, at + 2
    if letter in _ESCAPED:
        return _ESCAPED[letter], at + 2
    found = _HEX.match(expression, at + 1)
    if found is None:
        raise fail(expression, at, "no escape", "an escape of JSON")
    code = int(found[1], 16)
    if 0xDC00 <= code <= 0xDFFF:
        raise fail(expression, at, "the second half of a surrogate pair alone", "an escape of JSON")
    if not 0xD800 <= code <= 0xDBFF:
        return chr(code), found.end()
    low = _LOW_HALF.match(expression, found.end())
    if low is None:
        raise fail(expression, at, "the first half of a surrogate pair alone", "an escape of JSON")
    return chr(0x10000 + ((code - 0xD800) << 10) + int(low[1], 16) - 0xDC00), low.end()


def read_index(expression: str, at: int) -> tuple[int, int]:
    """The integer of an index or slice at an offset, and the offset after it."""
    found = INTEGER.match(expression, at)
    if found is None:
        raise fail(expression, at, "no integer", "an integer")
    if found[0] != str(int(found[0])):
        raise fail(expression, at, f"{found[0]!r} is no integer here", "an index without leading zeros")
    if abs(int(found[0])) > LARGEST:
        raise fail(expression, at, "out of range", "an integer between -(2**53)+1 and (2**53)-1")
    return int(found[0]), found.end()


def read_number(expression: str, at: int) -> tuple[int | float, int]:
    """The number at an offset, and the offset after it."""
    found = _NUMBER.match(expression, at)
    if found is None:
        raise fail(expression, at, f"unexpected {expression[at : at + 1]!r}", "a value, a query or a function")
    if _LEADING_ZERO.match(found[0]):
        raise fail(expression, at, "a leading zero", "a number without leading zeros")
    value = int(found[0]) if found[1] is None and found[2] is None else float(found[0])
    if math.isinf(value):
        raise fail(expression, at, "the number is too large", "a number of 64 bits, at most 1.8e308")
    return value, found.end()
