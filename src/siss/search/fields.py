"""The table of fields: names, aliases, and what a value compiles to. A new field is a row here.

``siss.search.lexer`` asks which words are fields, ``siss.search.language`` and ``siss.search.dsl`` compile values.
"""

import re
import unicodedata
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from rapidfuzz.distance import OSA

from siss.model.anomaly import Severity
from siss.model.content import Kind, Level
from siss.model.entity import EntityType
from siss.model.query import Field, Match, Node, Range
from siss.search.entities import EXPECTED_NETWORK, is_network
from siss.search.tree import any_of
from siss.search.values import (
    EXPECTED_MOMENT,
    EXPECTED_SIZE,
    Period,
    UnfitValueError,
    nearest,
    parse_bytes,
    parse_period,
)


@dataclass(frozen=True, slots=True)
class FieldRule:
    """One field.

    ``compile`` takes a value as typed, and now (microseconds since the epoch); it raises ``UnfitValueError``.
    ``expected`` describes a value for error messages.
    """

    field: Field
    aliases: tuple[str, ...]
    expected: str
    compile: Callable[[str, int], Node]


_COMPARISON: Final = re.compile(r"(>=|<=|>|<|=)?(.*)", re.DOTALL)
_MEDIA: Final = frozenset(
    {"text", "application", "image", "audio", "video", "font", "message", "multipart", "model", "inode"}
)
_LEVELS: Final = {
    **{level.value: level for level in Level},
    **dict.fromkeys(("t", "finest", "finer"), Level.TRACE),
    **dict.fromkeys(("d", "dbg", "fine"), Level.DEBUG),
    **dict.fromkeys(("i", "information", "informational"), Level.INFO),
    "n": Level.NOTICE,
    **dict.fromkeys(("w", "warn"), Level.WARNING),
    **dict.fromkeys(("e", "err", "severe"), Level.ERROR),
    **dict.fromkeys(("c", "crit", "f", "fatal", "alert", "emerg", "emergency", "panic"), Level.CRITICAL),
}


MAX_MIME: Final = 255
"""Characters of a media type: 127 on each side of the slash (RFC 6838, section 4.2)."""


def _match(field: Field, value: str) -> Match:
    return Match(field, value, glob="*" in value or "?" in value)


def _compile_text(field: Field) -> Callable[[str, int], Node]:
    return lambda value, _: _match(field, unicodedata.normalize("NFC", value.strip()))


def _compile_path(value: str, _: int) -> Node:
    path = unicodedata.normalize("NFC", value.strip())
    return _match(Field.PATH, path.rstrip("/") or "/")


def _compile_mime(value: str, _: int) -> Node:
    """``application/json`` is itself, ``text`` is ``text/*``, and ``json`` is every type that ends in it."""
    mime = value.strip().lower()
    if len(mime) > MAX_MIME:
        raise UnfitValueError(
            f"{value[:60]!r}… is no media type", "a media type such as application/json, text/* or json"
        )
    if "/" in mime or mime == "*":
        return _match(Field.MIME, mime)
    return _match(Field.MIME, f"{mime}/*" if mime in _MEDIA else f"*/*{mime}")


def _compile_ext(value: str, _: int) -> Node:
    ext = unicodedata.normalize("NFC", value.strip().lower()).lstrip(".")
    if not ext:
        raise UnfitValueError(f"{value[:60]!r} is not an extension", "an extension such as log")
    return _match(Field.EXT, ext)


def _compile_kind(value: str, _: int) -> Node:
    kinds = [kind.value for kind in Kind]
    if value.strip().lower() not in kinds:
        raise _no_such("kind", value, kinds)
    return Match(Field.KIND, value.strip().lower())


def _compile_id(value: str, _: int) -> Node:
    try:
        return Match(Field.ID, str(uuid.UUID(value.strip())))
    except ValueError:
        raise UnfitValueError(f"{value[:60]!r} is not the id of a file", "an id as results show it") from None


def _compile_level(value: str, _: int) -> Node:
    """One level, a comparison (``>=warning``) or a range (``info..error``): any of those levels."""
    first, until, last = value.partition("..")
    levels = list(Level)
    if until:
        low = levels.index(_level(first)) if first.strip() else 0
        high = levels.index(_level(last)) if last.strip() else len(levels) - 1
    else:
        sign, rest = _compared(value)
        at = levels.index(_level(rest))
        low = {">": at + 1, ">=": at}.get(sign, 0 if sign in {"<", "<="} else at)
        high = {"<": at - 1, "<=": at}.get(sign, len(levels) - 1 if sign in {">", ">="} else at)
    node = any_of(Match(Field.LEVEL, level.value) for level in levels[low : high + 1])
    if node is None:
        raise UnfitValueError(f"no level is {value[:60]!r}", f"one of {', '.join(levels)}, least first")
    return node


def _level(value: str) -> Level:
    if level := _LEVELS.get(value.strip().lower()):
        return level
    raise _no_such("level", value, [level.value for level in Level])


def _compile_schema(value: str, _: int) -> Node:
    try:
        return Match(Field.SCHEMA, str(uuid.UUID(value.strip())))
    except ValueError:
        raise UnfitValueError(f"{value[:60]!r} is not the id of a schema", "an id as siss schemas shows it") from None


def _compile_severity(value: str, _: int) -> Node:
    severities = [severity.value for severity in Severity]
    if value.strip().lower() not in severities:
        raise _no_such("severity", value, severities)
    return Match(Field.SEVERITY, value.strip().lower())


def _compile_host(value: str, _: int) -> Node:
    """A name of a host, with or without its domain; an address or a network is asked for as ``ip:`` does."""
    host = value.strip().lower()
    if is_network(host):
        return Match(Field.IP, host)
    return _match(Field.HOST, host)


def _compile_ip(value: str, _: int) -> Node:
    network = value.strip()
    if not is_network(network):
        raise UnfitValueError(f"{value[:60]!r} is neither an address nor a network", EXPECTED_NETWORK)
    return Match(Field.IP, network)


def _compile_email(value: str, _: int) -> Node:
    """A whole address, or all of a domain."""
    mail = value.strip().lower()
    return _match(Field.EMAIL, mail if "@" in mail[1:] else f"*@{mail.removeprefix('@')}")


def _compile_entity(value: str, _: int) -> Node:
    kind, sign, name = value.strip().partition("=")
    types = [kind.value for kind in EntityType]
    if sign and kind.lower() in types:
        return _match(Field.ENTITY, f"{kind.lower()}={name.strip()}")
    if sign and (near := nearest(kind, types)):
        raise UnfitValueError(f"there is no type {kind[:60]!r}; did you mean {near}?", f"one of {', '.join(types)}")
    if not value.strip(" ="):
        raise UnfitValueError(f"{value[:60]!r} names nothing", "a name, or type=name such as username=alice")
    return _match(Field.ENTITY, f"={value.strip()}")


def _compile_size(value: str, _: int) -> Node:
    def period(text: str) -> Period:
        size = parse_bytes(text)
        return Period(size, size + 1)

    return _compile_range(Field.SIZE, value, period, EXPECTED_SIZE)


def _compile_moment(field: Field) -> Callable[[str, int], Node]:
    return lambda value, now: _compile_range(field, value, lambda text: parse_period(text, now), EXPECTED_MOMENT)


def _compile_range(field: Field, value: str, period: Callable[[str], Period], expected: str) -> Node:
    first, until, last = value.partition("..")
    if until:
        if not first.strip() and not last.strip():
            raise UnfitValueError(f"{value[:60]!r} has no bounds", expected)
        lower = period(first).start if first.strip() else None
        upper = period(last).end if last.strip() else None
        if lower is not None and upper is not None and lower >= upper:
            raise UnfitValueError(f"{value[:60]!r} ends before it begins", "the lower bound first")
        return Range(field, lower, upper)
    sign, rest = _compared(value)
    found = period(rest)
    match sign:
        case ">":
            return Range(field, found.end, None)
        case ">=":
            return Range(field, found.start, None)
        case "<":
            return Range(field, None, found.start)
        case "<=":
            return Range(field, None, found.end)
        case _:
            return Range(field, found.start, None if found.age else found.end)


def _compared(value: str) -> tuple[str, str]:
    found = _COMPARISON.fullmatch(value.strip())
    assert found is not None, "every string matches"
    return found[1] or "=", found[2]


def _no_such(what: str, value: str, names: list[str]) -> UnfitValueError:
    near = nearest(value.strip(), names)
    hint = f"; did you mean {near}?" if near else ""
    return UnfitValueError(f"there is no {what} {value.strip()[:60]!r}{hint}", f"one of {', '.join(names)}")


RULES: Final = (
    FieldRule(Field.MIME, ("type",), "a media type such as application/json, text/* or json", _compile_mime),
    FieldRule(Field.KIND, (), "a kind such as log, json or xml", _compile_kind),
    FieldRule(Field.TAG, ("tags",), "a tag", _compile_text(Field.TAG)),
    FieldRule(Field.PATH, ("folder", "dir"), "a folder, a file or a pattern such as */nginx/*", _compile_path),
    FieldRule(Field.NAME, ("filename",), "a file name or a pattern such as *.log", _compile_text(Field.NAME)),
    FieldRule(Field.EXT, ("extension",), "an extension such as log", _compile_ext),
    FieldRule(Field.SIZE, (), EXPECTED_SIZE, _compile_size),
    FieldRule(Field.MODIFIED, ("mtime",), EXPECTED_MOMENT, _compile_moment(Field.MODIFIED)),
    FieldRule(Field.INDEXED, (), EXPECTED_MOMENT, _compile_moment(Field.INDEXED)),
    FieldRule(Field.TIME, (), EXPECTED_MOMENT, _compile_moment(Field.TIME)),
    FieldRule(Field.LEVEL, (), "a level such as error, or >=warning", _compile_level),
    FieldRule(Field.ID, (), "the id of a file, as results show it", _compile_id),
    FieldRule(Field.HOST, ("hostname",), "a host such as db-prod-01 or *.example.com", _compile_host),
    FieldRule(Field.IP, (), EXPECTED_NETWORK, _compile_ip),
    FieldRule(Field.EMAIL, (), "a mail address or a domain, such as ops@example.com", _compile_email),
    FieldRule(Field.ENTITY, (), "a name, or type=name such as username=alice", _compile_entity),
    FieldRule(Field.SCHEMA, (), "the id of a schema, as siss schemas shows it", _compile_schema),
    FieldRule(Field.SEVERITY, (), "how bad an anomaly of the file is, such as high", _compile_severity),
)

_NO_SLIPS: Final = frozenset({"entry", "scheme"})
"""Words with a colon in logs that are near a field and mean none."""

_BY_NAME: Final = {name: rule for rule in RULES for name in (rule.field.value, *rule.aliases)}
FIELD_NAMES: Final = tuple(_BY_NAME)


def field_rule(name: str) -> FieldRule | None:
    """The rule of a field by name or alias, in any case."""
    return _BY_NAME.get(name.lower())


def level_spellings(level: Level) -> list[str]:
    """How logs spell a level, single letters aside."""
    return [spelling for spelling, meant in _LEVELS.items() if meant is level and len(spelling) > 1]


def misspelt_field(name: str) -> str | None:
    """The field that a misspelt name means: one edit away, or two for names of six letters and more.

    The first letter must be right, and short names must not be edited at all: in logs ``pid:``, ``uid:``, ``exit:``,
    ``text:`` and ``line:`` are much commoner than such slips for ``id:``, ``ext:`` and ``time:``.
    """
    asked = name.lower()
    if asked in _NO_SLIPS:
        return None
    found = [
        (OSA.distance(asked, field), field)
        for field in FIELD_NAMES
        if len(field) > 3 and field[0] == asked[0] and abs(len(field) - len(asked)) < 2
    ]
    near = [(distance, field) for distance, field in found if distance <= (1 if len(field) < 6 else 2)]
    return min(near)[1] if near else None
