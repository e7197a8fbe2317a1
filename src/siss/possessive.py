r"""Regular expressions with possessive quantifiers, which Python before 3.11.5 matches wrongly behind a group.

There a repetition that fails half-way may leave what it had read in the match: ``(?:[.]+\w)++`` takes all of ``.a.``
(CPython's issue 106052). An atomic group around a greedy quantifier means the same and is sound everywhere, but
remembers each repetition, so it takes the place only where it must.
"""

import re
from typing import AnyStr, Final

SOUND: Final = re.match(r"(?:[.]+\w)++", ".a.").end() == 2  # type: ignore[union-attr]
_QUANTIFIER: Final = re.compile(r"(?:[*+?]|\{\d*,?\d*\})(?=\+)")


def compile_possessive(pattern: AnyStr, flags: int = 0) -> "re.Pattern[AnyStr]":
    """Compile a pattern that has a possessive quantifier behind a group. Raises ``re.error``."""
    if SOUND:
        return re.compile(pattern, flags)
    if isinstance(pattern, bytes):
        return re.compile(make_atomic(pattern.decode("latin-1")).encode("latin-1"), flags)
    return re.compile(make_atomic(pattern), flags)


def make_atomic(pattern: str) -> str:
    """The same with atomic groups in place of possessive quantifiers behind groups."""
    made: list[str] = []
    opened: list[int] = []
    at = 0
    while at < len(pattern):
        piece = _piece(pattern, at)
        at += len(piece)
        if piece == "(":
            opened.append(len(made))
        made.append(piece)
        if piece == ")":
            begin = opened.pop()
            if found := _QUANTIFIER.match(pattern, at):
                made.insert(begin, "(?>")
                made.append(found[0] + ")")
                at = found.end() + 1
    return "".join(made)


def _piece(pattern: str, at: int) -> str:
    """What stands there: an escape, a class in brackets, or one character."""
    if pattern[at] == "\\":
        return pattern[at : at + 2]
    if pattern[at] != "[":
        return pattern[at]
    end = at + 1 + pattern.startswith("^", at + 1)
    end += pattern.startswith("]", end)
    while pattern[end] != "]":
        end += 2 if pattern[end] == "\\" else 1
    return pattern[at : end + 1]
