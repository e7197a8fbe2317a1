"""Cuts a question into tokens, in one pass and linear time.

A question is often a pasted log line, so a sign means something only where a person who asks would put it:

- a parenthesis groups where a word could begin; inside a word (``exit(1)``, ``open(a, b)``) it is punctuation;
- a minus negates directly before a word; after a time of day it is the zone (``13:55:36 -0700``);
- ``word:value`` filters where the word is a field; where it is nearly one it is an error that names the field; all
  other words with colons (``http://x``, ``10:30``, ``foo::bar``, ``user:alice``) are words;
- what holds no letter and no digit is punctuation and dropped.
"""

import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from siss.errors import InvalidQueryError
from siss.possessive import compile_possessive
from siss.search.fields import FieldRule, field_rule, misspelt_field
from siss.search.values import nearest

_BLANK_SET = r"\s\x00-\x1f\x7f\u200b\ufeff"
_QUOTE_SET = '"\u201c\u201d\u201e'
_BLANKS: Final = re.compile(f"[{_BLANK_SET}]++")
_QUOTE: Final = re.compile(f"[{_QUOTE_SET}]")
_PAREN_OR_END: Final = re.compile(f"[(){_BLANK_SET}{_QUOTE_SET}]")
_PLAIN: Final = re.compile(f"[^(){_BLANK_SET}{_QUOTE_SET}]++")
_OPERATOR: Final = re.compile(f"(AND|OR|NOT)(?=[(){_BLANK_SET}{_QUOTE_SET}]|$)")
_QUOTED: Final = compile_possessive(rf"[{_QUOTE_SET}]((?:[^\\{_QUOTE_SET}]++|\\.|\\)*+)([{_QUOTE_SET}])", re.DOTALL)
_STRAIGHT: Final = compile_possessive(r'"((?:[^\\"]++|\\.|\\)*+)"', re.DOTALL)
"""What begins with a straight quotation mark ends with one if it can: a pasted line may have typographic ones."""

_ESCAPE: Final = re.compile(rf"\\([\\{_QUOTE_SET}])")
_FIELD: Final = re.compile(r"([A-Za-z]+):")
_SIGN: Final = re.compile(r"[<>]=?|=")
_COMPARED: Final = re.compile(r"[<>]=?\d")
_ZONE: Final = re.compile(rf"-\d\d:?\d\d(?=[\]),;]*(?:[{_BLANK_SET}]|$))")
_CLOCK: Final = re.compile(r"\d:\d\d(?:[.,]\d+)?$")


class TokenKind(Enum):
    """What a token is."""

    WORD = auto()
    PHRASE = auto()
    MINUS = auto()
    AND = auto()
    OR = auto()
    NOT = auto()
    OPEN = auto()
    CLOSE = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """A token with its half-open character offsets; ``rule`` for values of a field, ``prefix`` for ``conn*``."""

    kind: TokenKind
    text: str
    start: int
    end: int
    rule: FieldRule | None = None
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class Lexed:
    """The tokens of a question, and those of its parentheses that have no partner."""

    tokens: tuple[Token, ...]
    unmatched: tuple[Token, ...]


def lex(text: str) -> Lexed:
    """The tokens of a question. Raises ``InvalidQueryError``."""
    return _Lexer(text).run()


class _Lexer:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.tokens: list[Token] = []
        self.open: list[Token | None] = []  # None: a parenthesis inside a word, whose partner means nothing either
        self.unmatched: list[Token] = []
        self.partner = _partners(text)
        self.fresh = True  # whether a word begins here: after a blank, an opening parenthesis or an operator
        self.closes = True  # whether a quotation mark may be closed: behind one that is not, none is
        self.straight = True  # the same of straight ones, by straight ones

    def run(self) -> Lexed:
        while self.at < len(self.text):
            if blanks := _BLANKS.match(self.text, self.at):
                self.at = blanks.end()
                self.fresh = True
            elif _QUOTE.match(self.text, self.at):
                self.take_quoted(self.at, self.group_rule())
            elif self.text[self.at] == "(":
                self.take_open(self.at, self.group_rule())
            elif self.text[self.at] == ")":
                self.take_close()
            elif self.text[self.at] == "-" and (self.takes_minus() or not self.fresh):
                self.at += 1
            else:
                self.take_word()
        self.unmatched.extend(token for token in self.open if token is not None)
        return Lexed(tuple(self.tokens), tuple(sorted(self.unmatched, key=lambda token: token.start)))

    def group_rule(self) -> FieldRule | None:
        """The field whose values stand here: we may be inside ``field:( ... )``."""
        return next((token.rule for token in reversed(self.open) if token is not None), None)

    def add(
        self, kind: TokenKind, text: str, start: int, rule: FieldRule | None = None, *, prefix: bool = False
    ) -> None:
        self.tokens.append(Token(kind, text, start, self.at, rule, prefix))
        self.fresh = False

    def take_open(self, start: int, rule: FieldRule | None) -> None:
        self.at += 1
        self.add(TokenKind.OPEN, "(", start, rule)
        self.open.append(self.tokens[-1])
        self.fresh = True

    def take_close(self) -> None:
        start = self.at
        self.at += 1
        self.fresh = False
        if not self.open:
            self.unmatched.append(Token(TokenKind.CLOSE, ")", start, self.at))
        elif self.open.pop() is None:
            return
        self.add(TokenKind.CLOSE, ")", start)

    def take_quoted(self, start: int, rule: FieldRule | None, sign: str = "") -> None:
        found = self.match_quoted(self.at) if self.closes else None
        if found is None:
            self.closes = False
            if self.fresh or rule is not None:
                expected = "a closing quotation mark" if rule else "a closing one, or none at all to search for words"
                raise self.error("the quotation mark is not closed", self.at, expected)
            self.at += 1  # inch marks, and lines cut off in the middle of a string
            return
        self.at = found.end()
        value = sign + _unescaped(found)
        if rule is not None and self.text.startswith("..", self.at):  # "2026-01-01 10:00".."2026-01-01 11:00"
            until = self.match_quoted(self.at + 2)
            end = until.end() if until else self.word_end(self.at)
            value += f"..{_unescaped(until)}" if until else self.text[self.at : end]
            self.at = end
        self.add(TokenKind.PHRASE, value, start, rule)

    def match_quoted(self, at: int) -> "re.Match[str] | None":
        found = _STRAIGHT.match(self.text, at) if self.straight else None
        if found is None and self.text.startswith('"', at):
            self.straight = False
        return found or _QUOTED.match(self.text, at)

    def takes_minus(self) -> bool:
        """Whether the minus here negates; if so its token is added."""
        after = self.at + 1
        if not self.fresh or after >= len(self.text) or self.text[after] == "-":
            return False
        if _QUOTE.match(self.text, after) is None and self.text[after] != "(":
            if not _is_word(self.text[after : self.word_end(after)]):
                return False
            if self.is_zone():
                self.fresh = False
                return False
        self.tokens.append(Token(TokenKind.MINUS, "-", self.at, after))
        return True

    def is_zone(self) -> bool:
        before = self.tokens[-1] if self.tokens else None
        if before is None or before.kind is not TokenKind.WORD or self.text[before.end : self.at].strip():
            return False
        return bool(_CLOCK.search(before.text) and _ZONE.match(self.text, self.at))

    def word_end(self, at: int) -> int:
        """Where a word that begins here ends: at a blank, a quotation mark, or a parenthesis without a partner."""
        while True:
            if plain := _PLAIN.match(self.text, at):
                at = plain.end()
            if (partner := self.partner.get(at)) is None:
                return at
            at = partner + 1

    def take_word(self) -> None:
        start = self.at
        if operator := _OPERATOR.match(self.text, start):
            self.at = operator.end()
            self.add(TokenKind[operator[1]], operator[1], start)
            self.fresh = True
            return
        rule = self.group_rule()
        if rule is not None:
            self.take_value(start, start, rule)
            return
        end = self.word_end(start)
        named = _FIELD.match(self.text, start, end)
        rule = self.field_of(named[1], named.end(), end) if named else None
        if rule is not None and named is not None:
            self.at = named.end()
            self.take_value(start, named.end(), rule)
            return
        if named and named.end() == end and field_rule(named[1]):
            end -= 1  # "kind: Deployment" is two words
        word = self.text[start:end]
        prefix = len(word) > 1 and word[-1] == "*" and word[-2].isalnum()
        self.at = max(end, named.end() if named else 0)
        if _is_word(word):
            self.add(TokenKind.WORD, word[:-1] if prefix else word, start, prefix=prefix)
        self.fresh = False
        self.pass_paren()

    def field_of(self, name: str, after: int, end: int) -> FieldRule | None:
        """The field that ``name:`` begins a filter of, None for a mere word. Raises for what is nearly a field."""
        rule = field_rule(name)
        follows = self.text[after : after + 1]
        if after == end and follows not in {"(", *_QUOTE_SET}:
            if rule is not None and follows in {"", ")"}:
                raise self.error(f"{name}: has no value", after, rule.expected, word=f"{name}:")
            return None
        if follows == ":":
            return None
        if rule is None and not self.text.startswith("//", after):
            self.refuse_unknown(name, after)
        return rule

    def refuse_unknown(self, name: str, after: int) -> None:
        start = after - len(name) - 1
        near = misspelt_field(name)
        if near is None and _COMPARED.match(self.text, after):
            near = nearest(name, ["size", "modified", "indexed", "time", "level"]) or "size: or modified"
        if near is not None:
            raise self.error(
                f"there is no field {name}:; did you mean {near}:?", start, f"{near}:", word=f"{name}:..."
            )

    def take_value(self, start: int, value: int, rule: FieldRule) -> None:
        """The value of a field: bare, quoted, or a group of values."""
        self.at = value
        if self.text.startswith("(", value):
            self.take_open(start, rule)
            return
        sign = _SIGN.match(self.text, value)
        self.at = sign.end() if sign else value
        if _QUOTE.match(self.text, self.at):
            self.take_quoted(start, rule, sign[0] if sign else "")
            return
        self.at = self.word_end(value)
        self.add(TokenKind.WORD, self.text[value : self.at], start, rule)
        self.pass_paren()

    def pass_paren(self) -> None:
        """Skip a parenthesis that opens inside a word and closes beyond it, and later its partner."""
        if self.text.startswith("(", self.at):
            self.at += 1
            self.open.append(None)

    def error(self, message: str, position: int, expected: str, *, word: str = "") -> InvalidQueryError:
        hint = f'. To search for the text itself, put it in quotation marks: "{word}"' if word else ""
        return InvalidQueryError(
            f"{message}, at position {position + 1}: expected {expected}{hint}",
            expression=self.text,
            position=position + 1,
            expected=expected,
        )


def _unescaped(quoted: "re.Match[str]") -> str:
    return _ESCAPE.sub(r"\1", quoted[1])


def _is_word(text: str) -> bool:
    return any(letter.isalnum() for letter in text)


def _partners(text: str) -> dict[int, int]:
    """For each opening parenthesis that is closed within its run of non-blanks, where it is."""
    found: dict[int, int] = {}
    waiting: list[int] = []
    for match in _PAREN_OR_END.finditer(text):
        if match[0] == "(":
            waiting.append(match.start())
        elif match[0] != ")":
            waiting.clear()
        elif waiting:
            found[waiting.pop()] = match.start()
    return found
