r"""Fields: places in structured documents, what stands there, and how a place is written.

A path is text. JSON, JSON Lines, delimited and ``key=value`` files: ``$``, ``.name`` or ``['odd name']`` (as in a
normalized path of RFC 9535), ``[*]`` for the elements of an array, ``.*`` for the members of a map. XML: ``/name`` or
``/{namespace}name``, ``/@name`` for an attribute. Rows of a delimited file are elements (``$[*].column``), lines of a
JSON Lines file are documents (``$.name``).
"""

import hashlib
import math
import re
import zlib
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from siss.possessive import compile_possessive

NULL: Final = 1
BOOLEAN: Final = 2
INTEGER: Final = 4
NUMBER: Final = 8
STRING: Final = 16
ARRAY: Final = 32
OBJECT: Final = 64
"""Types, as bits, so that a field of several types is one integer. XML: an element with attributes or children is
an ``OBJECT``, its own text has one of the scalar types."""

PARTIAL: Final = 128
"""Absent from some of the objects, in one document, that could hold it."""
OPEN: Final = 256
"""More is below it than was recorded."""
REPEATED: Final = 512
"""An XML element that comes more than once in its parent."""
BROKEN: Final = 1024
"""Of a root element: the document is not well-formed, and ends for its readers where that was noticed."""

SCALARS: Final = NULL | BOOLEAN | INTEGER | NUMBER | STRING
TYPES: Final = SCALARS | ARRAY | OBJECT
TYPE_NAMES: Final = {
    NULL: "null",
    BOOLEAN: "boolean",
    INTEGER: "integer",
    NUMBER: "number",
    STRING: "string",
    ARRAY: "array",
    OBJECT: "object",
}

ANY_ELEMENT: Final = "[*]"
ANY_MEMBER: Final = ".*"
PREFIX_CHARS: Final = 120
"""How much of a value is kept as text."""
INCOMPLETE: Final = b"\0more"
"""Stands, in value keys, for the values of a path that were not recorded."""
NESTED: Final = b"\0nested"
"""Stands, in value keys, for the text of an XML element with child elements: that of all of them, in one."""

_WORDS: Final = re.compile(r"[^ \t\r\n]+")
"""As XML knows white space: other blanks are letters."""
_COUNTED: Final = re.compile(r"-?[0-9]{1,15}")
_COUNTABLE: Final = re.compile(r"(-?[0-9.]+(?:[eE][-+]?[0-9]+)?)(?:[eE][-+]?)?")
"""What XPath may take for a number, as libxml2 reads it: with an exponent, even with one that is not there."""
_LARGEST_COUNT: Final = 1e15

_LONGEST_NAME: Final = 200
_CUT: Final = re.compile(rf"(?s:.{{{_LONGEST_NAME}}})…[0-9a-f]{{8}}")
_PLAIN: Final = re.compile(r"[^\W\d]\w*", re.ASCII)
_ESCAPED: Final = re.compile(r"['\\\x00-\x1f\ud800-\udfff]")


_STEP: Final = re.compile(r"\[\*\]|\.\*|\.\w+|\['(?:[^'\\]|\\.)*'\]|/@?(?:\{[^}]*\})?[^/{]+")
_SPELT: Final = r"[-+]?(?:0|[1-9][0-9]{0,17})"
_SPELT_NUMBER: Final = rf"{_SPELT}(?:\.[0-9]{{1,18}})?(?:[eE][-+]?[0-9]{{1,2}})?"
_INTEGER: Final = re.compile(_SPELT)
_NUMBER: Final = re.compile(_SPELT_NUMBER)
_INTEGERS: Final = compile_possessive(rf"(?:{_SPELT}\n)++")
_NUMBERS: Final = compile_possessive(rf"(?:{_SPELT_NUMBER}\n)++")
_ANY_INTEGER: Final = re.compile(rf"^{_SPELT}$", re.MULTILINE)
_NO_TEXT: Final = re.compile(r"^[-+0-9TtFf]", re.MULTILINE)
"""Lines that may be numbers or ``true`` and ``false``."""


@lru_cache(maxsize=1 << 13)
def member_step(name: str) -> str:
    """The step to a member of an object. Very long names are cut, and told apart by a checksum."""
    if _PLAIN.fullmatch(name) and len(name) <= _LONGEST_NAME:
        return "." + name
    if len(name) > _LONGEST_NAME:
        name = _cut(name)
    return "['" + _ESCAPED.sub(_escape, name) + "']"


def element_step(name: str) -> str:
    """The step to an XML element or attribute (``@name``); a name in a namespace is ``{uri}name``."""
    return "/" + (_cut(name) if len(name) > _LONGEST_NAME else name)


def _cut(name: str) -> str:
    return f"{name[:_LONGEST_NAME]}…{zlib.crc32(name.encode('utf-8', 'surrogatepass')):08x}"


def is_cut(name: str) -> bool:
    """Whether the name that a step gives stands for a longer one, which is not known."""
    return _CUT.fullmatch(name) is not None


def expanded_name(namespace: str, local: str) -> str:
    """The name of an XML element or attribute in a namespace; a brace that would end the namespace is escaped."""
    return f"{{{namespace.replace('}', '%7D')}}}{local}"


def _escape(found: re.Match[str]) -> str:
    character = found[0]
    return f"\\{character}" if character in "'\\" else f"\\u{ord(character):04x}"


@lru_cache(maxsize=1 << 13)
def split_path(path: str) -> tuple[str, ...]:
    """The steps of a path, as written; the root ``$`` is none."""
    return tuple(_STEP.findall(path, path.startswith("$")))


def parent_of(path: str) -> str:
    """The path above; empty above the root."""
    steps = split_path(path)
    return path[: -len(steps[-1])] if steps else ""


def type_names(mask: int) -> list[str]:
    """The names of the types in a mask, as JSON Schema spells them; an integer is a number, too."""
    if mask & NUMBER:
        mask &= ~INTEGER
    return [name for bit, name in TYPE_NAMES.items() if mask & bit]


_NUMBER_BEGINS: Final = frozenset("+-0123456789")

Scalar = str | int | float | bool | None
"""A value as JSON knows it."""


def kept_value(value: str) -> str:
    """A text as it is kept: whole up to ``PREFIX_CHARS``, else its beginning and a hash that tells it from others."""
    if len(value) <= PREFIX_CHARS:
        return value
    digest = hashlib.blake2b(value.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
    return f"{value[:PREFIX_CHARS]}…{digest}"


def value_key(path: str, canonical: bytes) -> int:
    """What values are looked up by: 32 signed bits of a path and a value (``canonical_value``).

    Different values may share a key: what is found by it must be looked at.
    """
    found = zlib.crc32(canonical, zlib.crc32(path.encode("utf-8", "surrogatepass")))
    return found - (1 << 32) if found & 0x80000000 else found


@lru_cache(maxsize=1 << 13)
def incomplete_key(path: str) -> int:
    """The key that says that there are more values of a path than were recorded."""
    return value_key(path, INCOMPLETE)


@lru_cache(maxsize=1 << 10)
def _incomplete_keys(paths: tuple[str, ...]) -> frozenset[int]:
    return frozenset(map(incomplete_key, paths))


def incomplete_paths(paths: tuple[str, ...], keys: frozenset[int]) -> frozenset[str]:
    """Those paths of which not all values were recorded, by the keys of a content's values."""
    if _incomplete_keys(paths).isdisjoint(keys):
        return frozenset()
    return frozenset(path for path in paths if incomplete_key(path) in keys)


def canonical_value(value: Scalar) -> bytes:
    """One spelling for all that compare equal in JSONPath: ``1``, ``1.0`` and ``1e0`` are the same number."""
    if isinstance(value, str):
        return b'"' + value.encode("utf-8", "surrogatepass")
    if value is None or isinstance(value, bool):
        return repr(value).encode()
    try:
        return repr(float(value) + 0.0).encode()  # -0.0 is 0.0
    except OverflowError:
        return b"inf" if value > 0 else b"-inf"


def spelt_values(text: str) -> tuple[bytes, ...]:
    """The canonical values that a text of XML may be asked for as, the first one as a text.

    They are the same for texts that differ in white space only, or are the same whole number: what is found by them
    must be looked at. Numbers with a fraction are asked for as texts only.
    """
    words = text if text.isalnum() else " ".join(_WORDS.findall(text))
    if _COUNTED.fullmatch(words):
        return (canonical_value(int(words)),)
    known = canonical_value(words)
    found = _COUNTABLE.fullmatch(words)
    number = None if found is None else number_of(found[1])
    if number is None or abs(number) >= _LARGEST_COUNT or not math.isclose(number, round(number), abs_tol=1e-6):
        return (known,)
    return known, canonical_value(round(number))


def counted_value(number: float) -> bytes | None:
    """The canonical value of a number in an XPath; None where texts cannot be looked up by it."""
    return canonical_value(number) if number.is_integer() and abs(number) < _LARGEST_COUNT else None


def number_of(value: Scalar) -> float | None:
    """The number that a value is, or that a text spells."""
    if isinstance(value, bool) or value is None:
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None


def value_of_text(text: str) -> Scalar:
    """The value that a text spells, by ``type_of_text``."""
    match type_of_text(text) if len(text) < LONGEST_SPELLING else STRING:
        case sort if sort == INTEGER:
            return int(text)
        case sort if sort == NUMBER:
            return float(text)
        case sort if sort == BOOLEAN:
            return text.lower() == "true"
        case _:
            return text


LONGEST_SPELLING: Final = 40
"""Longer texts are texts."""


def types_of_texts(texts: Sequence[str]) -> int:
    """The types of many values together. Most columns are of one, which is told of all at once."""
    if len(texts) > 3 and max(map(len, texts)) < LONGEST_SPELLING:
        lines = "\n".join(texts) + "\n"
        if lines.count("\n") == len(texts):
            if _INTEGERS.fullmatch(lines):
                return INTEGER
            if _NUMBERS.fullmatch(lines):
                return NUMBER | INTEGER if _ANY_INTEGER.search(lines) else NUMBER
            if _NO_TEXT.search(lines) is None:
                return STRING
    types = 0
    for text in texts:
        types |= type_of_text(text) if len(text) < LONGEST_SPELLING else STRING
    return types


@lru_cache(maxsize=1 << 13)
def type_of_text(text: str) -> int:
    """The type of a value in a format that knows only text (XML, delimited, ``key=value``)."""
    if text[:1] in _NUMBER_BEGINS:
        return INTEGER if _INTEGER.fullmatch(text) else NUMBER if _NUMBER.fullmatch(text) else STRING
    return BOOLEAN if text.lower() in {"true", "false"} else STRING
