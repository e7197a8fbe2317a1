"""The query language: text to one ``Query`` value. docs/query-language.md describes it for users.

::

    question := any
    any      := all ("OR" all)*
    all      := not (["AND"] not)*
    not      := ("NOT" | "-")* atom
    atom     := word | word"*" | '"phrase"' | field:value | "(" any ")"

AND stands above OR, and is what a blank means. Where a question has no operator and no filter, parentheses group
nothing: there they are punctuation, balanced or not, so that a pasted line is a question. Elsewhere one without a
partner is an error, because it might have meant anything.
"""

import time
from typing import Final

from siss.errors import InvalidQueryError
from siss.model.query import Node, Phrase, Query, Word
from siss.search.lexer import Lexed, Token, TokenKind, lex
from siss.search.tree import all_of, any_of, none_of
from siss.search.values import UnfitValueError

MAX_LENGTH: Final = 2000
"""Characters of a question."""

MAX_NESTING: Final = 32
"""Groups within groups."""

MAX_CLAUSES: Final = 400
"""Words, phrases and filters in one question: each costs the engine a posting list."""

_OPERATORS: Final = frozenset({TokenKind.MINUS, TokenKind.AND, TokenKind.OR, TokenKind.NOT})
_ENDS_ALL: Final = frozenset({TokenKind.OR, TokenKind.CLOSE})
_OPERAND: Final = "a word, a phrase, a filter or a group"


def parse_query(text: str, *, now_us: int | None = None) -> Query:
    """The question that a text asks, otherwise as ``Query`` has it by default. An empty text, or ``*``, asks for all.

    ``now_us``: what ages (``7d``) are counted from, in microseconds since the epoch; the clock's time by default.
    Raises ``InvalidQueryError`` with ``expression``, ``position`` (in characters, from 1) and ``expected``.
    """
    if len(text) > MAX_LENGTH:
        raise _error(text, "the query is too long", MAX_LENGTH, f"at most {MAX_LENGTH:,} characters")
    if text.strip() in {"", "*", "*:*"}:
        return Query(text=text, last_is_prefix=False)
    parser = _Parser(text, lex(text), time.time_ns() // 1000 if now_us is None else now_us)
    where = parser.run()
    if where is None:
        raise _error(text, "there is nothing to search for", 0, "a letter or a digit")
    return Query(where=where, text=text, last_is_prefix=parser.last_is_prefix)


class _Parser:
    """One question; ``last_is_prefix`` is known when it has run."""

    def __init__(self, text: str, lexed: Lexed, now_us: int) -> None:
        self.text = text
        self.tokens = lexed.tokens
        self.unmatched = lexed.unmatched
        self.now_us = now_us
        self.at = 0
        self.depth = 0
        self.negated = False
        self.clauses = 0
        self.last_is_prefix = False

    def run(self) -> Node | None:
        if not any(token.kind in _OPERATORS or token.rule for token in self.tokens):
            parens = {TokenKind.OPEN, TokenKind.CLOSE}
            self.tokens = tuple(token for token in self.tokens if token.kind not in parens)
        elif self.unmatched:
            first = self.unmatched[0]
            missing, side = ("closed", "closing") if first.kind is TokenKind.OPEN else ("opened", "opening")
            raise self.error(f"the parenthesis is never {missing}", first.start, f"the {side} parenthesis")
        return self.any()

    def peek(self) -> Token | None:
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def any(self) -> Node | None:
        nodes = [self.all()]
        while (token := self.peek()) and token.kind is TokenKind.OR:
            self.at += 1
            self.require_operand(token)
            nodes.append(self.all())
        return any_of(nodes)

    def all(self) -> Node | None:
        nodes: list[Node | None] = []
        while (token := self.peek()) and token.kind not in _ENDS_ALL:
            if token.kind is TokenKind.AND and nodes:
                self.at += 1
                self.require_operand(token)
            nodes.append(self.negation())
        if token and not nodes and token.kind is TokenKind.OR:
            raise self.error("OR stands without a left side", token.start, _OPERAND)
        return all_of(nodes)

    def negation(self) -> Node | None:
        outer = self.negated
        inverted = False
        while (token := self.peek()) and token.kind in {TokenKind.NOT, TokenKind.MINUS}:
            self.at += 1
            self.require_operand(token)
            inverted = not inverted
        self.negated = outer or inverted
        node = self.atom()
        self.negated = outer
        return none_of(node) if inverted else node

    def atom(self) -> Node | None:
        token = self.tokens[self.at]
        if token.kind in {TokenKind.AND, TokenKind.OR}:
            raise self.error(f"{token.text} stands without a left side", token.start, _OPERAND)
        self.at += 1
        if token.kind is TokenKind.OPEN:
            return self.group(token)
        self.clauses += 1
        if self.clauses > MAX_CLAUSES:
            raise self.error("the query has too many words", token.start, f"at most {MAX_CLAUSES} words and filters")
        if token.rule is not None:
            return self.filter(token)
        if token.kind is TokenKind.PHRASE:
            text = token.text.strip()
            return Phrase(text) if any(letter.isalnum() for letter in text) else None
        if token.end == len(self.text) and not (self.negated or token.prefix) and token.text[-1].isalnum():
            self.last_is_prefix = True
        return Word(token.text, token.prefix)

    def group(self, token: Token) -> Node | None:
        self.depth += 1
        if self.depth > MAX_NESTING:
            raise self.error("the groups are nested too deeply", token.start, f"at most {MAX_NESTING} levels")
        node = self.any()
        close = self.tokens[self.at]
        assert close.kind is TokenKind.CLOSE, "parentheses were matched before"
        if node is None and token.rule is not None:
            raise self.error(f"{token.rule.field}: has no value", close.start, token.rule.expected)
        self.at += 1
        self.depth -= 1
        return node

    def filter(self, token: Token) -> Node:
        rule = token.rule
        assert rule is not None
        if not token.text.strip():
            raise self.error(f"{rule.field}: has no value", token.end, rule.expected)
        try:
            return rule.compile(token.text, self.now_us)
        except UnfitValueError as error:
            raise self.error(f"{rule.field}: {error}", token.start, error.expected, quotable=True) from None

    def require_operand(self, operator: Token) -> None:
        following = self.peek()
        if following is None or following.kind in {TokenKind.CLOSE, TokenKind.OR, TokenKind.AND}:
            name = "the minus" if operator.kind is TokenKind.MINUS else operator.text
            raise self.error(f"nothing follows {name}", following.start if following else operator.end, _OPERAND)

    def error(self, message: str, position: int, expected: str, *, quotable: bool = False) -> InvalidQueryError:
        return _error(self.text, message, position, expected, quotable=quotable)


def _error(text: str, message: str, position: int, expected: str, *, quotable: bool = False) -> InvalidQueryError:
    hint = ". To search for the text itself, put it in quotation marks" if quotable else ""
    return InvalidQueryError(
        f"{message}, at position {position + 1}: expected {expected}{hint}",
        expression=text,
        position=position + 1,
        expected=expected,
    )
