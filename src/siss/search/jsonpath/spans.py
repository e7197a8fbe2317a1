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
from siss.possessive import compile_possessive

Location = tuple[int | str, ...]
Span = tuple[int, int]

_LEVELS: Final = 8
_BLANK: Final = compile_possessive(rb"[ \t\r\n]*+")
_ONE_STRING: Final = compile_possessive(STRING, re.DOTALL)
_WORD: Final = compile_possessive(rb'[^\s\[\]{}",:]++')
_TO_BRACKET: Final = compile_possessive(rb'(?:[^\[\]{}"]++|' + STRING + rb")*+", re.DOTALL)


def _container(levels: int) -> bytes:
    inner = rb"(?!)"
    for _ in range(levels):
        inner = rb"[\[{](?:[^\[\]{}\"]++|" + STRING + rb"|" + inner + rb")*+[\]}]"
    return inner


_CONTAINER: Final = compile_possessive(_container(_LEVELS), re.DOTALL)


@dataclass(slots=True)
class _Wanted:
    """A trie of locations. ``here``: the place itself is wanted."""

    here: bool = False
    below: "dict[int | str, _Wanted]" = field(default_factory=dict)


@dataclass(slots=True)
class _Open:
    """A container that the walk is in. ``index``: of the element that comes next."""

    start: int
    wanted: _Wanted
    location: Location
    array: bool
    index: int = 0


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
    opened: list[_Open] = []
    at = _take_value(text, _pass_blank(text, at), top, (), opened, found)
    # A stack of its own: documents are deeper than calls may be.
    while opened:
        here = opened[-1]
        at = _pass_blank(text, at)
        byte = text[at : at + 1]
        if not byte or byte == (b"]" if here.array else b"}"):
            at = min(at + 1, len(text))
            opened.pop()
            if here.wanted.here:
                found[here.location] = here.start, at
        elif byte == b",":
            here.index += 1
            at += 1
        elif here.array:
            at = _take_child(text, at, here, here.index, opened, found)
        elif (name := _ONE_STRING.match(text, at)) is None:
            at += 1
        else:
            colon = _pass_blank(text, name.end())
            at = _take_child(text, _pass_blank(text, colon + 1), here, _name_of(name[0]), opened, found)
    return found


def _take_child(
    text: bytes, at: int, parent: _Open, step: int | str, opened: list[_Open], found: dict[Location, Span]
) -> int:
    """The offset from which the walk goes on, at a value of a container."""
    wanted = parent.wanted.below.get(step)
    if wanted is None:
        return _after_value(text, at)
    return _take_value(text, at, wanted, (*parent.location, step), opened, found)


def _take_value(
    text: bytes, at: int, wanted: _Wanted, location: Location, opened: list[_Open], found: dict[Location, Span]
) -> int:
    """The same at a wanted value: one with wanted ones in it is gone into, any other is passed over whole."""
    opening = text[at : at + 1]
    if wanted.below and opening in {b"[", b"{"}:
        opened.append(_Open(at, wanted, location, opening == b"["))
        return at + 1
    end = _after_value(text, at)
    if wanted.here:
        found[location] = at, end
    return end


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
    """The offset after a container that is nested too deeply for one expression."""
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
