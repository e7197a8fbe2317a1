# ruff: noqa: E501 - expressions and word lists are easier to read whole
"""Judges of what people write down for each other, which is prose more often than not: the rules of ``notes``."""

import re
from typing import Final

from siss.extract.secrets.judges import OF_MANUALS, Match, argument, is_literal, text_of
from siss.extract.secrets.values import character_classes, is_chain, is_identifier

_COMPOUND: Final = re.compile(
    r"[A-Za-z]+\d{0,4}(?:[-/][A-Za-z]+\d{0,4})+|\d+(?:[-/][A-Za-z]+)+|(?:[A-Z]{2,}|[A-Z]?[a-z]+)[-_]?\d{1,4}[a-z]{0,2}"
)


def spoken(data: bytes, found: Match, raw: bytes) -> bytes | None:
    """What a sentence says a password is: letters of both cases or signs beside digits, as prose has not."""
    text = text_of(raw)
    if len(text) < 8 or not any(map(str.isalpha, text)) or _COMPOUND.fullmatch(text) or text[0] in "([{<\\":
        return None
    if "passw" in text.lower() or is_identifier(text):
        return None
    return argument(data, found, raw) if character_classes(text) >= 3 else None


_TECHNICAL: Final = re.compile(
    r"(?i)(?:sha|md|rfc|utf|ucs|aes|des|crc|rc|base|pkcs|pbkdf|iso|win|ipv?|http|oauth|ssl|tls|wpa|x)[-_#]?\d+.*|\d+[-_/][a-z]+|.*(?:\(|\.\.|::|/).*"
)
_HABITUAL: Final = re.compile(
    r"(?i).*(?:ed|[abi]ble|ing|ent|[^h]ant|ect|ect?s?|ong|al|ary|ory|ous|ive|ly|ful|less|ete|ate|ise|ize|tten|ken|wn|own|lt|id|ty|iert|tig|lich|bar|haft|gen|ben|det|tet|toire|alide|equis|ido|ado|ato|uto)"
    r"|(?:about|above|after|again|asked|blank|being|changed?|clear|crypted|equal|exactly|known|known|later|never|often|reset|right|safe|shown|simple|small|still|stored|their|there|these|those|typed|under|unset|using|weak|where|which|empty|plain|"
    r"setup|already|secure|insecure|atomic|static|basic|\w+eerd|wrong|given|meant|needs?|written|unknown|hidden|optional|falsch|immer|leer|nicht|noch|sicher|richtig|anders|unter|auch|gleich|geheim|sehr|weil|other|found|visible|mandatory|saved|kept|secret|because|before|beyond|quite|shared|split|stale|taken|taught|third|today|twice|valid|worth|yours|mine|theirs|obligatoire|correct|incorrecte?|oblig\w*|fuera|vac\w*)"
)


def _is_told(text: str) -> bool:
    """Letters and digits that are no term: ``hamburg129``, ``hunt3r906``."""
    letters = sum(map(str.isalpha, text))
    return (
        len(text) >= 6
        and letters >= 3
        and any(map(str.isdigit, text))
        and (letters >= 5 or character_classes(text) >= 3)
        and not text.isupper()
        and not _TECHNICAL.fullmatch(text)
        and not is_identifier(text)
    )


_PLAINLY: Final = re.compile(
    rb"(?i)(?:mot de passe|[\w\xc3\xb1]+)(?:[ \t]+(?:for|of|f\xc3\xbcr|zu|zum|zur|vom|von|der|des|pour|du|de|del|per|voor)(?:[ \t]+[`\w.@-]+){1,2})?[ \t]+\S+[ \t]+(?:(?:now|jetzt|nun)[ \t]+)?:?[ \t]*[\"'`]?\S+$"
)
_ENDS: Final = re.compile(rb"\.?[ \t]*(?:\r?\n|\Z)|\.[ \t]")


def said(data: bytes, found: Match, raw: bytes) -> bytes | None:
    """What a sentence says a password is: with digits, in quotes, or the last word, if no such sentence ends so."""
    text = text_of(raw)
    if (value := spoken(data, found, raw)) is not None:
        return value
    if text[0] in "([{<\\$-" or not is_literal(raw):
        return None
    quoted = data[found.start(1) - 1 : found.start(1)] in {b'"', b"'", b"`"}
    if _is_told(text):
        return raw if len(text) >= 8 or quoted else None
    before = found[0][: found.start(1) - found.start()].lower().split()
    if (not quoted and not _PLAINLY.match(found[0])) or (not quoted and before[-1].rstrip(b":") in {b"to", b"auf"}):
        return None
    stands_last = quoted or _ENDS.match(data, found.end(1))
    plain = text.isascii() and text.isalpha() and len(text) >= 5 and not _HABITUAL.fullmatch(text)
    return raw if plain and stands_last and (text.islower() or (quoted and len(before) <= 5)) else None


def shown(data: bytes, found: Match, raw: bytes) -> bytes | None:
    """A word in quotes right behind ``password``."""
    text = text_of(raw)
    if found[0][:4].lower() == b"pass" and found[0][4:5].isspace():
        return None  # a verb
    told = _is_told(text) or (text.isascii() and text.isalpha() and text.islower() and not _HABITUAL.fullmatch(text))
    if OF_MANUALS.fullmatch(raw):
        return None
    return raw if is_literal(raw) and told and not is_identifier(text) else spoken(data, found, raw)


def put(_data: bytes, _found: Match, raw: bytes) -> bytes | None:
    """A word with digits right behind ``password``."""
    text = text_of(raw)
    return raw if _is_told(text) and is_literal(raw) and len(text) >= 6 and text[0].isalpha() else None


def labelled(_data: bytes, found: Match, raw: bytes) -> bytes | None:
    """Behind a label of some words and a colon, at the end of a line."""
    text = text_of(raw)
    if not is_literal(raw) or raw.endswith((b";", b",", b"\\")) or found[0].count(b" ") > 9:
        return None
    if _FOR_WHAT.search(found[0]) and text.isascii() and text.isalpha() and len(text) >= 6:
        return None if _HABITUAL.fullmatch(text) or text.isupper() or is_identifier(text) else raw
    return raw if _is_told(text) and text[0].isalnum() else None


_FOR_WHAT: Final = re.compile(
    rb"(?i)^\w+[ \t]+(?:for|f\xc3\xbcr|fuer|pour|para)[ \t](?:the|den|das|die|le|la|el)[ \t][^:=]+:[ \t]"
)
"""``Password for the NAS:``, as a note begins that somebody keeps."""


def marked_up(_data: bytes, _found: Match, raw: bytes) -> bytes | None:
    """The same where the label is bold or in a cell."""
    text = text_of(raw)
    return raw if is_literal(raw) and (_is_told(text) or is_chain(text)) else None


def pin(_data: bytes, _found: Match, raw: bytes) -> bytes | None:
    """Digits that were not counted up."""
    return raw if is_literal(raw) and len(set(raw)) > 2 else None


_TYPED: Final = re.compile(r"[a-z]{5,12}\d{2,4}")


def stroked(data: bytes, found: Match, raw: bytes) -> bytes | None:
    """Behind ``root / ``: digits beside letters of both cases or a sign, as in no second word for an account."""
    text = text_of(raw)
    labelled = b": " in found[0] or b"user" in found[0]
    if _ASKED.search(text) or text.lower().startswith("cimv"):
        return None  # ``admin/db.php?dump=1``, ``root/cimv2``
    if not any(map(str.isalpha, text)) or (is_identifier(text) and not (labelled and _TYPED.fullmatch(text))):
        return None
    if character_classes(_JOINTS.sub("", text)) < 3 and not (labelled and (_is_told(text) or _TYPED.fullmatch(text))):
        return None
    return argument(data, found, raw)


_ASKED: Final = re.compile(r"\.\w{2,5}\?\w*=?")
_JOINTS: Final = re.compile(r"[./_-]")
