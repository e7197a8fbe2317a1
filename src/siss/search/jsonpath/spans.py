r"""Where values stand in JSON text: a walk along the wanted paths that passes over everything else whole.

What lies beside the paths is matched by one possessive expression that counts brackets, or, deeper than that counts,
token by token; so no text takes more than linear time. Of a name that comes twice the last one counts, as decoding
has it.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from siss.model.json_text import STRING

Location = tuple[int | str, ...]
Span = tuple[int, int]

_LEVELS: Final = 8
_BLANK: Final = re.compile(rb"[ \t\r\n]*+")
_ONE_STRING: Final = re.compile(STRING, re.DOTALL)
_WORD: Final = re.compile(rb'[^\s\[\]{}",:]++')
_TO_BRACKET: Final = re.compile(rb'(?:[^\[\]{}"]++|' + STRING + rb")*+", re.DOTALL)


def _container(levels: int) -> bytes:
    inner = rb"(?!)"
    for _ in range(levels):
        inner = rb"[\[{](?:[^\[\]{}\"]++|" + STRING + rb"|" + inner + rb")*+[\]}]"
    return inner


_CONTAINER: Final = re.compile(_container(_LEVELS), re.DOTALL)


@dataclass(slots=True)
class _Wanted:
    """A trie of locations. ``here``: the place itself is wanted."""

    here: bool = False
    below: "dict[int | str, _Wanted]" = field(default_factory=dict)


def find_spans(text: bytes, locations: Iterable[Location], at: int = 0) -> dict[Location, Span]:
    """Half-open byte offsets of the values at some places of a document that begins at ``at``.

    ``text``: as ``siss.model.json_text.decode_json`` gives it. Places that are not there are left out.
    """
    top = _Wanted()
    for location in locations:
        node = top
        for step in location:
            node = node.below.setdefault(step, _Wanted())
        node.here = True
    found: dict[Location, Span] = {}
    _walk(text, _pass_blank(text, at), top, (), found)
    return found


def _walk(text: bytes, at: int, wanted: _Wanted, location: Location, found: dict[Location, Span]) -> int:
    """Walk the value at an offset; returns the offset after it."""
    # Recursion goes no deeper than a wanted place, and decoders go no deeper than a thousand levels.
    opening = text[at : at + 1]
    if not wanted.below or opening not in {b"[", b"{"}:
        end = _after_value(text, at)
    elif opening == b"[":
        end = _walk_array(text, at + 1, wanted, location, found)
    else:
        end = _walk_object(text, at + 1, wanted, location, found)
    if wanted.here:
        found[location] = at, end
    return end


def _walk_array(text: bytes, at: int, wanted: _Wanted, location: Location, found: dict[Location, Span]) -> int:
    index = 0
    while True:
        at = _pass_blank(text, at)
        byte = text[at : at + 1]
        if byte == b"," or not byte:
            index += 1
            at += 1
        elif byte == b"]":
            return at + 1
        elif (inner := wanted.below.get(index)) is not None:
            at = _walk(text, at, inner, (*location, index), found)
        else:
            at = _after_value(text, at)
        if at > len(text):
            return len(text)


def _walk_object(text: bytes, at: int, wanted: _Wanted, location: Location, found: dict[Location, Span]) -> int:
    while True:
        at = _pass_blank(text, at)
        byte = text[at : at + 1]
        if byte == b"}":
            return at + 1
        name = _ONE_STRING.match(text, at)
        if byte == b"," or name is None:
            at += 1
            if at > len(text):
                return len(text)
            continue
        at = _pass_blank(text, name.end())
        at = _pass_blank(text, at + 1)  # the colon
        inner = wanted.below.get(_name_of(name[0]))
        at = (
            _after_value(text, at) if inner is None else _walk(text, at, inner, (*location, _name_of(name[0])), found)
        )


def _name_of(raw: bytes) -> str:
    if b"\\" in raw:
        return str(json.loads(raw, strict=False))
    return raw[1:-1].decode("utf-8", "replace")


def _pass_blank(text: bytes, at: int) -> int:
    found = _BLANK.match(text, at)
    return found.end() if found else at


def _after_value(text: bytes, at: int) -> int:
    byte = text[at : at + 1]
    if byte == b'"':
        found = _ONE_STRING.match(text, at)
    elif byte in {b"[", b"{"}:
        found = _CONTAINER.match(text, at)
        if found is None:
            return _after_deep(text, at)
    else:
        found = _WORD.match(text, at)
    return found.end() if found else at + 1


def _after_deep(text: bytes, at: int) -> int:
    """After a container that is nested deeper than one expression counts."""
    depth = 0
    while at < len(text):
        depth += 1 if text[at] in b"[{" else -1
        at += 1
        if not depth:
            return at
        found = _TO_BRACKET.match(text, at)
        assert found is not None
        at = found.end()
    return len(text)
