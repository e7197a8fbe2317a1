"""What is a word: of text while indexing, of a question while searching.

A *token* is a run of letters and digits, folded. The engine cuts the body into tokens with positions, so that a
compound (``db-prod-01.example.com``) is found as a phrase of its tokens, whole or in part (``prod-01``). Beside them
stand, once a chunk: *idents*, compounds in one piece, which make a whole host or path one rare word; and *parts*, the
words inside ``getUserName`` and ``web01``, which the tokens keep together.

Python's patterns are possessive (what they took they never give back) and RE2 has no way back, so hostile text costs
linear time.
"""

import hashlib
import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from siss.index.folding import fold, fold_accents, is_unspaced, lower, spread
from siss.matching import compile_matcher
from siss.model.content import ChunkTerms
from siss.possessive import compile_possessive

__all__ = [
    "MAX_TOKEN",
    "AnalysedWord",
    "chunk_terms",
    "cut_tokens",
    "fold",
    "phrase_terms",
    "query_terms",
    "tokenize",
    "too_long",
    "without_iso_letters",
]

MAX_TOKEN: Final = 64
"""Bytes of UTF-8 of the longest token of the body. A longer one (a key, a line of base64) is an ident instead."""

MAX_IDENT: Final = 128
"""Letters of the longest compound that is an ident. A longer one is found by the phrase of its tokens."""

_SURELY_SHORT: Final = MAX_TOKEN // 4
_HEAD: Final = 40
_ASCII_BEGINNING: Final = re.compile(r"[a-z0-9]++")
_TOKEN: Final = re.compile(r"[^\W_]++")
_DECIMAL: Final = r"\d++\.\d++(?![._\-/:@\\+A-Za-z0-9])"
_COMPOUND: Final = compile_possessive(rf"\b_*+(?!{_DECIMAL})([^\W_]++(?:[._\-/:@\\+]{{1,3}}[^\W_]++)++)")
_JOINT: Final = rb"[._\-/:@\\+]"
_JOINED: Final = rb"(?:" + _JOINT + rb"{1,3}[a-z0-9]+)"
_COMPOUND_ASCII: Final = compile_matcher(
    rb"\b_*(?:[a-z0-9]+"
    + _JOINED
    + rb"{2}"
    + _JOINED
    + rb"*|[0-9]+\.[0-9]+"
    + _JOINT
    + rb"|[a-z0-9]+"
    + _JOINED
    + rb")"
)
"""The same for ASCII in lower case, in half the time: with underscores before it, and a joint behind a decimal."""

_LONG: Final = b"a" * (MAX_TOKEN + 1)
_ALIKE: Final = bytes(97 if chr(code).isalnum() and code < 128 else 32 for code in range(256))
"""Makes all letters and digits of ASCII one: a token that is too long is then found faster than by any pattern."""

_COMPOSED: Final = compile_matcher(
    rb"\b(?:[A-Z]{2,}[a-z]{2,}"  # HTTPServer
    rb"|[A-Z]*[a-z]+(?:[A-Z]+[a-z]*)+"  # getUserName
    rb"|(?:[A-Z]*[a-z][A-Za-z]*|[A-Z]{2,32})[0-9]{1,6})\b"  # web01
)
"""Tokens that are composed."""

_PARTS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]++|[0-9]++")
_MOMENT: Final = re.compile(
    r"(?:\d{4}-\d\d?-\d\d?|\d{4}/\d\d?/\d\d?|\d\d?/\d\d?/\d{4}|\d\d?:\d\d"
    r"|\d\d?/(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)/\d{4}(?=:|$))(?![\d.]*[.]\d+[.]\d)"
)
"""How dates and times begin: they are compounds too, but each of them would be a word of its own.

The last is how web servers write them (Common Log Format), which was every third compound of a mixed folder.
"""

_NO_MOMENT: Final = re.compile(rf"^(?!{_MOMENT.pattern}|\d++\.\d++$).*[^\W_]".encode(), re.MULTILINE)
"""Of compounds, one a line: those that are no moment and no decimal, without what stands behind."""

_ISO_ZULU: Final = re.compile(r"Z(?<=\dZ)(?![^\W_])")
_ISO_TIME: Final = re.compile(r"T(?=\d\d:\d)")
"""The letters in ``2026-11-21T10:11:12Z``, without which its numbers are tokens: the day and the time are found.

They are two, since a pattern that begins with one fixed letter is looked for ten times as fast.
"""


@dataclass(frozen=True, slots=True)
class AnalysedWord:
    """What a typed word asks for.

    ``tokens``: its tokens, in order, folded; ``ident``: it in one piece where it is a compound or too long for a
    token; ``parts``: the words inside it where it is one token of several (``getUserName``); ``open_end``: the last
    token is the beginning of a pair (one letter of an unspaced script).
    """

    tokens: tuple[str, ...]
    ident: str | None = None
    parts: tuple[str, ...] = ()
    open_end: bool = False

    @property
    def simple(self) -> bool:
        """Whether it is one token, so that the engine finds it without positions."""
        return len(self.tokens) == 1


def chunk_terms(seq: int, body: str) -> ChunkTerms:
    """What the engine indexes of a chunk.

    The body goes as it is where it is ASCII (the engine lowers its case), else without accents and with unspaced
    scripts in pairs. Only the letters of ISO 8601 become blanks.
    """
    if not body.isascii():
        body = spread(fold_accents(body))
    body = without_iso_letters(body)
    raw = body.encode("utf-8", "replace")
    apart = raw.replace(b"_", b" ")
    if body.isascii():
        idents = _idents_in(raw.lower())
        long = _LONG in apart.translate(_ALIKE)
    else:
        compounds = _COMPOUND.findall(lower(body))
        idents = {i.encode() for i in compounds if len(i) <= MAX_IDENT and _MOMENT.match(i) is None}
        long = True
    if long:
        idents.update(
            ident.encode() for token in cut_tokens(body) if too_long(token) for ident in _long_idents(token)
        )
    return ChunkTerms(seq, body, b" ".join(sorted(idents)).decode(), " ".join(sorted(_parts_in(apart))))


def _idents_in(lowered: bytes) -> set[bytes]:
    """The compounds in ASCII of lower case."""
    found = sorted(set(_COMPOUND_ASCII.findall(lowered)))
    numbered, lettered = bisect_left(found, b":"), bisect_left(found, b"a")
    idents = set(found[lettered:])
    if lettered:
        bare = [ident.lstrip(b"_") for ident in found[numbered:lettered]]
        idents.update(_NO_MOMENT.findall(b"\n".join(found[:numbered] + bare)))
    if idents and max(map(len, idents)) > MAX_IDENT:
        return {ident for ident in idents if len(ident) <= MAX_IDENT}
    return idents


def _parts_in(apart: bytes) -> set[str]:
    """The words inside the composed tokens of a text without underscores."""
    composed = b" ".join([token for token in set(_COMPOSED.findall(apart)) if len(token) <= MAX_TOKEN])
    return set(" ".join(_PARTS.findall(composed.decode())).lower().split())


def without_iso_letters(body: str) -> str:
    """A text with blanks for the letters of ISO 8601, as long as before.

    First the one that may not stand before a letter: the other is one.
    """
    return _ISO_TIME.sub(" ", _ISO_ZULU.sub(" ", body))


def query_terms(text: str) -> AnalysedWord:
    """What a typed word becomes; without tokens where it has no letter and no digit."""
    spaced = without_iso_letters(spread(fold_accents(text)))
    found = _TOKEN.findall(spaced)
    tokens = tuple(lower(token) for token in found)
    open_end = False
    if tokens and is_unspaced(tokens[-1][0]):
        # The lone last letter of a run is indexed only where a run ends: a question ends anywhere.
        if len(tokens) > 1:
            tokens = tokens[:-1]
        else:
            open_end = True
    if len(tokens) == 1:
        token = tokens[0]
        ident = _shorten(token) if too_long(token) else None
        parts = _inner_parts(found[0]) if ident is None else ()
        return AnalysedWord(tokens, ident, parts, open_end)
    compound = _COMPOUND.search(spaced)
    ident = lower(compound[1]) if compound and len(_TOKEN.findall(compound[1])) == len(tokens) else None
    if ident is not None and (len(ident) > MAX_IDENT or _MOMENT.match(ident)):
        ident = None
    return AnalysedWord(tokens, ident, (), open_end)


def phrase_terms(text: str) -> tuple[str, ...]:
    """The tokens of a phrase, in order. Only its end may be the beginning of a longer run of an unspaced script."""
    return query_terms(text).tokens


def tokenize(text: str) -> list[str]:
    """All tokens of a text, folded, in order."""
    return cut_tokens(without_iso_letters(spread(fold_accents(text))))


def cut_tokens(body: str) -> list[str]:
    """The tokens of a body that ``chunk_terms`` made, in order: what an engine does with it."""
    return [lower(token) for token in _TOKEN.findall(body)]


def too_long(token: str) -> bool:
    """Whether a token is not in the body but an ident."""
    return len(token) > _SURELY_SHORT and len(token.encode("utf-8", "replace")) > MAX_TOKEN


def _inner_parts(token: str) -> tuple[str, ...]:
    if len(token) <= MAX_TOKEN and _COMPOSED.fullmatch(token.encode("utf-8", "replace")):
        return tuple(lower(part) for part in _PARTS.findall(token))
    return ()


def _long_idents(token: str) -> Iterator[str]:
    """A token that is too long; by itself how its ASCII begins, among which beginnings are looked for fast."""
    yield _shorten(token)
    head = token[:_HEAD]
    if not head.isascii() and (begins := _ASCII_BEGINNING.match(head)):
        yield f"{begins[0]}~"


def _shorten(token: str) -> str:
    """A token of any length as one of 57 letters: its beginning, for prefixes, and a hash of the whole."""
    if not too_long(token):
        return token
    return f"{token[:_HEAD]}~{hashlib.blake2b(token.encode('utf-8', 'replace'), digest_size=8).hexdigest()}"
