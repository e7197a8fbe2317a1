"""A tree as text in the query language: ``parse_query(render(node)).where == node`` for every tree that it makes."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from siss.model.query import And, Field, Match, Node, Not, Or, Phrase, Range, Word

_BARE: Final = re.compile(r"[\w./*?@+][\w./*?@+-]*", re.ASCII)
_ESCAPED: Final = re.compile('([\\\\"\u201c\u201d\u201e])')


def render(node: Node) -> str:
    """The text of a tree."""
    match node:
        case Word(text, prefix):
            return f"{text}*" if prefix else text
        case Phrase(text):
            return _quote(text)
        case Match(field, value):
            return f"{field}:{value if _BARE.fullmatch(value) else _quote(value)}"
        case Range(field, lower, upper):
            return _render_range(field, lower, upper)
        case Not(inner):
            return f"NOT {_nested(inner)}"
        case And(nodes):
            return " ".join(_nested(inner) for inner in nodes)
        case Or(nodes):
            return " OR ".join(_nested(inner) for inner in nodes)


def _nested(node: Node) -> str:
    text = render(node)
    return f"({text})" if isinstance(node, And | Or) else text


def _quote(text: str) -> str:
    escaped = _ESCAPED.sub(r"\\\1", text)
    return f'"{escaped}"'


def _render_range(field: Field, lower: int | None, upper: int | None) -> str:
    last = None if upper is None else _bound(field, upper - 1)
    if lower is None:
        return f"{field}:<={last}"
    first = _bound(field, lower)
    return f"{field}:>={first}" if last is None else f"{field}:{first}..{last}"


def _bound(field: Field, value: int) -> str:
    if field is Field.SIZE:
        return str(value)
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=value)
    return moment.replace(tzinfo=None).isoformat(timespec="microseconds")
