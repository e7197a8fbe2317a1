r"""The expressions that find the pieces of JSON text.

All are possessive: what they took they never give back, so no text costs more than linear time. They take a little
more than JSON (any word for a number, any bracket for its partner); what they matched is checked strictly afterwards.
"""

import re
from typing import Final

from siss.possessive import compile_possessive

MATCHED_LEVELS: Final = 8
"""Levels that one expression counts. Deeper containers are walked, whatever their size."""

_STRING = rb'"(?:[^"\\]++|\\.)*+"'
_COMMENT = rb"/(?:/[^\n]*+|\*(?:[^*]++|\*(?!/))*+\*/)"
_WORD = rb'[^\s\[\]{}",:/]++'


def _container(levels: int) -> bytes:
    inner = rb"(?!)"
    for _ in range(levels):
        parts = (rb'[^\[\]{}"/]++', _STRING, inner, _COMMENT, rb"/")
        inner = rb"[\[{](?:" + rb"|".join(parts) + rb")*+[\]}]"
    return inner


def _run(name: bytes, levels: int) -> re.Pattern[bytes]:
    value = rb"(?:" + _STRING + rb"|" + _WORD + rb"|" + _container(levels) + rb")"
    return compile_possessive(rb"(?:" + name + value + rb"\s*+,\s*+)++", re.DOTALL)


_LEVELS = range(MATCHED_LEVELS + 1)
CONTAINERS = [compile_possessive(_container(levels), re.DOTALL) for levels in _LEVELS]
ELEMENTS = [_run(b"", levels) for levels in _LEVELS]
MEMBERS = [_run(_STRING + rb"\s*+:\s*+", levels) for levels in _LEVELS]
ONE_STRING = compile_possessive(_STRING, re.DOTALL)
ONE_WORD = compile_possessive(_WORD)
ELEMENT = compile_possessive(
    rb"(?:" + _STRING + rb"|" + _WORD + rb"|" + _container(MATCHED_LEVELS) + rb")\s*+,", re.DOTALL
)
STRING_OR_COMMENT = compile_possessive(_STRING + rb"|" + _COMMENT, re.DOTALL)
IN_STRING = compile_possessive(rb'(?:[^"\\]++|\\.)*+', re.DOTALL)
TO_BRACKET = compile_possessive(rb'(?:[^\[\]{}"]++|' + _STRING + rb")*+", re.DOTALL)
BLANK = compile_possessive(rb"\s*+")
ONE_COMMENT = compile_possessive(_COMMENT)


def blank_comments(piece: bytes) -> bytes:
    """A piece of the same length without its comments."""
    return STRING_OR_COMMENT.sub(_blank, piece)


def _blank(found: re.Match[bytes]) -> bytes:
    return found[0] if found[0].startswith(b'"') else b" " * len(found[0])
