"""JSON as it is found: strict where it is, and with comments, trailing commas and NaN where it is not.

What is repaired keeps its length, so that offsets in the repaired text are offsets in the original.
"""

import json
import re
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from siss.possessive import compile_possessive

STRING: Final = rb'"(?:[^"\\]++|\\.)*+"'
COMMENT: Final = rb"/(?:/[^\n]*+|\*(?:[^*]++|\*(?!/))*+\*/)"
_LOOSE: Final = compile_possessive(STRING + rb"|" + COMMENT + rb"|,(?=(?:\s|" + COMMENT + rb")*+[\]}])", re.DOTALL)
_HEX: Final = rb"[0-9a-fA-F]"
_ESCAPE: Final = compile_possessive(
    rb"\\u[dD][89abAB]" + _HEX * 2 + rb"\\u[dD][c-fC-F]" + _HEX * 2 + rb"|(\\u[dD][89a-fA-F]" + _HEX * 2 + rb")|\\.",
    re.DOTALL,
)
_decode: Final = msgspec.json.Decoder().decode


@dataclass(frozen=True, slots=True)
class DecodedJson:
    """A value, and the text that it was decoded from (repaired, if it had to be)."""

    value: Any
    text: bytes


def decode_json(text: bytes) -> DecodedJson | None:
    """Decode one document; None where it is no JSON even with comments and commas overlooked.

    Of names that come twice in an object the last one counts. Integers are exact, up to the 4,300 digits that Python
    reads; a longer one is infinite. Half a surrogate pair, which is no text and could not be stored, becomes U+FFFD.
    """
    try:
        return DecodedJson(_decode(text), text)
    except (msgspec.MsgspecError, RecursionError):
        pass
    whole = _ESCAPE.sub(_replace_half, text) if b"\\u" in text else text
    for spelling in (whole, _LOOSE.sub(_blank, whole)):
        try:
            return DecodedJson(json.loads(spelling.decode("utf-8"), parse_int=_integer), spelling)
        except (ValueError, RecursionError):
            continue
    return None


def _integer(digits: str) -> int | float:
    try:
        return int(digits)
    except ValueError:
        return float(digits)


def _blank(found: re.Match[bytes]) -> bytes:
    piece = found[0]
    return piece if piece.startswith(b'"') else re.sub(rb"[^\n]", b" ", piece)


def _replace_half(found: re.Match[bytes]) -> bytes:
    return found[0] if found[1] is None else rb"\ufffd"
