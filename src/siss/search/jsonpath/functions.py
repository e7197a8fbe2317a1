"""``match`` and ``search`` through RE2: linear time, whatever the pattern and the text.

I-Regexp (RFC 9485) is a part of RE2's syntax, but that ``.`` is neither line feed nor carriage return.
"""

from functools import lru_cache
from typing import Any, ClassVar

import re2
from iregexp_check import check
from jsonpath_rfc9535.function_extensions import ExpressionType, FilterFunction

_OPTIONS = re2.Options()
_OPTIONS.log_errors = False
_OPTIONS.max_mem = 8 << 20


class Match(FilterFunction):
    """``match(value, pattern)``: the whole of a string."""

    arg_types: ClassVar = [ExpressionType.VALUE, ExpressionType.VALUE]
    return_type = ExpressionType.LOGICAL

    def __call__(self, value: object, pattern: object) -> bool:
        """Whether it matches; false where either is no string, or the pattern is none."""
        compiled = _compile(pattern) if isinstance(pattern, str) else None
        return compiled is not None and isinstance(value, str) and compiled.fullmatch(value) is not None


class Search(FilterFunction):
    """``search(value, pattern)``: some part of a string."""

    arg_types: ClassVar = [ExpressionType.VALUE, ExpressionType.VALUE]
    return_type = ExpressionType.LOGICAL

    def __call__(self, value: object, pattern: object) -> bool:
        """Whether it is found; false where either is no string, or the pattern is none."""
        compiled = _compile(pattern) if isinstance(pattern, str) else None
        return compiled is not None and isinstance(value, str) and compiled.search(value) is not None


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
