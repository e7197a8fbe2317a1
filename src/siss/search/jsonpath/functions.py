"""The functions of RFC 9535 (section 2.4): what they take and give, and what they do.

``match`` and ``search`` go through RE2: linear time, whatever the pattern and the text. I-Regexp (RFC 9485) is a part
of RE2's syntax, but that ``.`` is neither line feed nor carriage return.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import re2
from iregexp_check import check

from siss.search.jsonpath.syntax import FunctionType

_OPTIONS = re2.Options()
_OPTIONS.log_errors = False
_OPTIONS.max_mem = 8 << 20


class Nothing:
    """What stands for a value that is not there: equal to itself alone."""

    __slots__ = ()


NOTHING: Final = Nothing()


def _length(value: object) -> object:
    # Characters of a text are code points, members of an object are names.
    return len(value) if isinstance(value, str | list | dict) else NOTHING


def _count(values: Sequence[object]) -> object:
    return len(values)


def _value(values: Sequence[object]) -> object:
    return values[0] if len(values) == 1 else NOTHING


def _match(value: object, pattern: object) -> bool:
    compiled = _compile(pattern) if isinstance(pattern, str) and isinstance(value, str) else None
    return compiled is not None and compiled.fullmatch(value) is not None


def _search(value: object, pattern: object) -> bool:
    compiled = _compile(pattern) if isinstance(pattern, str) and isinstance(value, str) else None
    return compiled is not None and compiled.search(value) is not None


@dataclass(frozen=True, slots=True)
class Signature:
    """A function. A NODES argument comes as the values of its nodes, any other as a value or ``NOTHING``."""

    takes: tuple[FunctionType, ...]
    gives: FunctionType
    call: Callable[..., object]


_V, _N, _L = FunctionType.VALUE, FunctionType.NODES, FunctionType.LOGICAL
SIGNATURES: Final = {
    "length": Signature((_V,), _V, _length),
    "count": Signature((_N,), _V, _count),
    "match": Signature((_V, _V), _L, _match),
    "search": Signature((_V, _V), _L, _search),
    "value": Signature((_N,), _V, _value),
}


@lru_cache(maxsize=64)
def _compile(pattern: str) -> Any:
    if not check(pattern):
        return None
    try:
        return re2.compile(to_re2(pattern), _OPTIONS)
    except re2.error:
        return None


def to_re2(pattern: str) -> str:
    """An I-Regexp in RE2's syntax."""
    parts: list[str] = []
    escaped = in_class = False
    for character in pattern:
        if escaped:
            escaped = False
        elif character == "\\":
            escaped = True
        elif in_class:
            in_class = character != "]"
        elif character == "[":
            in_class = True
        elif character == ".":
            parts.append(r"[^\n\r]")
            continue
        parts.append(character)
    return "".join(parts)
