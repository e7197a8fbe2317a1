"""The grammar of RFC 9535 (appendix A) by recursive descent, with the types of functions (section 2.4.3)."""

import re
from typing import Final

from siss.errors import InvalidQueryError
from siss.search.jsonpath.functions import SIGNATURES
from siss.search.jsonpath.literals import BLANK, INTEGER, SHORTHAND, fail, read_index, read_number, read_text
from siss.search.jsonpath.syntax import (
    And,
    Call,
    Comparison,
    Condition,
    Constant,
    Exists,
    Filter,
    FunctionType,
    Index,
    Name,
    Not,
    Operand,
    Or,
    Query,
    Segment,
    Selector,
    Slice,
    Wildcard,
)

DEEPEST: Final = 50
"""Filters, parentheses and calls within each other. Parsing and evaluation recurse."""

_OPERATOR: Final = re.compile(r"==|!=|<=|>=|<|>")
_WORD: Final = re.compile(r"[a-z][a-z_0-9]*+")
_WORDS: Final[dict[str, bool | None]] = {"true": True, "false": False, "null": None}
_SELECTOR: Final = "a selector ('name', index, slice, '*' or ?filter) and a closing bracket"
_VALUE: Final = "a value, a query or a function"


class Parser:
    """Parses one expression. Its methods move over what they take, and raise ``InvalidQueryError``."""

    def __init__(self, expression: str) -> None:
        self._expression = expression
        self._at = 0
        self._depth = 0

    def whole(self) -> Query:
        """The query that the whole expression is."""
        if not self._take("$"):
            raise self._fail(f"expected '$', found {self._expression[:1]!r}", "'$' at the beginning")
        query = self._query(relative=False)
        if self._at < len(self._expression):
            if not self._expression[self._at :].strip(" \t\r\n"):
                raise self._fail("white space at the end", "the end of the expression", len(self._expression))
            raise self._unexpected("'.', '..' or a bracketed selection")
        return query

    def _fail(self, what: str, expected: str, at: int | None = None) -> InvalidQueryError:
        return fail(self._expression, self._at if at is None else at, what, expected)

    def _unexpected(self, expected: str) -> InvalidQueryError:
        found = self._expression[self._at : self._at + 1]
        return self._fail(f"unexpected {found!r}" if found else "unexpected end", expected)

    def _take(self, symbol: str) -> bool:
        if self._expression.startswith(symbol, self._at):
            self._at += len(symbol)
            return True
        return False

    def _see(self, symbols: str) -> bool:
        return self._expression[self._at : self._at + 1] in tuple(symbols)

    def _pass_blank(self) -> None:
        found = BLANK.match(self._expression, self._at)
        assert found is not None
        self._at = found.end()

    def _enter(self) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise self._fail("nested too deeply", f"at most {DEEPEST} levels of nesting")

    # Segments and selectors

    def _query(self, *, relative: bool) -> Query:
        segments: list[Segment] = []
        while True:
            before = self._at
            self._pass_blank()
            if self._take(".."):
                segments.append(self._segment_after_dots())
            elif self._take("."):
                segments.append(Segment((self._shorthand("a name or '*'"),)))
            elif self._take("["):
                segments.append(Segment(self._bracketed()))
            else:
                self._at = before
                return Query(tuple(segments), relative)

    def _segment_after_dots(self) -> Segment:
        selectors = (
            self._bracketed()
            if self._take("[")
            else (self._shorthand("a name, '*' or a bracketed selection after '..'"),)
        )
        return Segment(selectors, descendant=True)

    def _shorthand(self, expected: str) -> Selector:
        if self._take("*"):
            return Wildcard()
        found = SHORTHAND.match(self._expression, self._at)
        if found is None:
            raise self._unexpected(expected)
        self._at = found.end()
        return Name(found[0])

    def _bracketed(self) -> tuple[Selector, ...]:
        selectors: list[Selector] = []
        while True:
            self._pass_blank()
            selectors.append(self._selector())
            self._pass_blank()
            if self._take("]"):
                return tuple(selectors)
            if not self._take(","):
                raise self._unexpected("a comma or a closing bracket")

    def _selector(self) -> Selector:
        if self._see("'\""):
            name, self._at = read_text(self._expression, self._at)
            return Name(name)
        if self._take("*"):
            return Wildcard()
        if self._take("?"):
            self._enter()
            self._pass_blank()
            condition = self._condition()
            self._depth -= 1
            return Filter(condition)
        if self._see("]"):
            raise self._unexpected(_SELECTOR)
        if self._at >= len(self._expression):
            raise self._unexpected(_SELECTOR)
        if not self._see("-0123456789:"):
            raise self._unexpected("bracket close or filter expression")
        return self._index_or_slice()

    def _index_or_slice(self) -> Selector:
        start = None if self._see(":") else self._integer()
        after_start = self._at
        self._pass_blank()
        if not self._take(":"):
            assert start is not None
            self._at = after_start
            return Index(start)
        self._pass_blank()
        stop = self._optional_integer()
        after_stop = self._at
        self._pass_blank()
        if not self._take(":"):
            self._at = after_stop
            return Slice(start, stop, 1)
        self._pass_blank()
        step = self._optional_integer()
        return Slice(start, stop, 1 if step is None else step)

    def _integer(self) -> int:
        value, self._at = read_index(self._expression, self._at)
        return value

    def _optional_integer(self) -> int | None:
        return self._integer() if INTEGER.match(self._expression, self._at) else None

    # Conditions

    def _condition(self) -> Condition:
        parts = [self._conjunction()]
        while self._take_after_blank("||"):
            parts.append(self._conjunction())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _conjunction(self) -> Condition:
        parts = [self._basic()]
        while self._take_after_blank("&&"):
            parts.append(self._basic())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _take_after_blank(self, symbol: str) -> bool:
        self._pass_blank()
        if not self._take(symbol):
            return False
        self._pass_blank()
        return True

    def _basic(self) -> Condition:
        if self._take("!"):
            self._pass_blank()
            if self._see("!"):
                raise self._unexpected("one '!' at most: another needs parentheses")
            condition = self._group() if self._see("(") else self._test(self._at, self._operand())
            self._forbid_comparison()
            return Not(condition)
        if self._see("("):
            condition = self._group()
            self._forbid_comparison()
            return condition
        begin = self._at
        left = self._operand()
        after = self._at
        self._pass_blank()
        found = _OPERATOR.match(self._expression, self._at)
        if found is None:
            self._at = after
            return self._test(begin, left)
        self._check_comparable(begin, left)
        self._at = found.end()
        self._pass_blank()
        begin = self._at
        right = self._operand()
        self._check_comparable(begin, right)
        self._forbid_comparison()
        return Comparison(left, found[0], right)

    def _group(self) -> Condition:
        begin = self._at
        self._enter()
        self._at += 1
        self._pass_blank()
        condition = self._condition()
        self._pass_blank()
        if not self._take(")"):
            raise self._fail("unbalanced parentheses", "a closing parenthesis", begin)
        self._depth -= 1
        return condition

    def _forbid_comparison(self) -> None:
        before = self._at
        self._pass_blank()
        if _OPERATOR.match(self._expression, self._at):
            raise self._unexpected("'&&', '||' or the end of the condition: a comparison has two values")
        self._at = before

    def _test(self, begin: int, operand: Operand) -> Condition:
        if isinstance(operand, Query):
            return Exists(operand)
        if isinstance(operand, Constant):
            raise self._fail("a literal is no condition", "a comparison of the literal", begin)
        if SIGNATURES[operand.name].gives is not FunctionType.LOGICAL:
            what = f"the result of {operand.name}() is no condition"
            raise self._fail(what, "a comparison of the function's result", begin)
        return operand

    def _check_comparable(self, begin: int, operand: Operand) -> None:
        if isinstance(operand, Query) and not operand.singular:
            expected = "a query for at most one value on both sides of a comparison"
            raise self._fail("the query may give several values", expected, begin)
        if isinstance(operand, Call) and SIGNATURES[operand.name].gives is not FunctionType.VALUE:
            what = f"the result of {operand.name}() cannot be compared"
            raise self._fail(what, "a function that gives a value", begin)

    def _operand(self) -> Operand:
        if self._take("@"):
            return self._query(relative=True)
        if self._take("$"):
            return self._query(relative=False)
        if self._see("'\""):
            text, self._at = read_text(self._expression, self._at)
            return Constant(text)
        word = _WORD.match(self._expression, self._at)
        if word is not None and self._expression.startswith("(", word.end()):
            return self._call(word[0])
        if word is not None and word[0] in _WORDS:
            self._at = word.end()
            return Constant(_WORDS[word[0]])
        if not self._see("-0123456789"):
            raise self._unexpected(_VALUE)
        number, self._at = read_number(self._expression, self._at)
        return Constant(number)

    def _call(self, name: str) -> Call:
        begin = self._at
        signature = SIGNATURES.get(name)
        if signature is None:
            expected = "one of the functions " + ", ".join(SIGNATURES)
            raise self._fail(f"function {name!r} is not defined", expected)
        self._enter()
        self._at += len(name) + 1
        self._pass_blank()
        arguments: list[Operand] = []
        if not self._see(")"):
            arguments.append(self._argument(signature.takes[:1]))
            while self._take_after_blank(","):
                arguments.append(self._argument(signature.takes[len(arguments) : len(arguments) + 1]))
        self._pass_blank()
        if not self._take(")"):
            raise self._unexpected("a comma or a closing parenthesis")
        self._depth -= 1
        if len(arguments) != len(signature.takes):
            what = f"{name}() has {len(arguments)} arguments"
            raise self._fail(what, f"{len(signature.takes)} arguments of {name}()", begin)
        return Call(name, tuple(arguments))

    def _argument(self, wanted: tuple[FunctionType, ...]) -> Operand:
        """An argument of a type; of none where the function takes no more."""
        begin = self._at
        found = self._operand()
        if wanted == (FunctionType.NODES,) and not isinstance(found, Query):
            raise self._fail("the argument gives no nodes", "a query", begin)
        if wanted == (FunctionType.VALUE,) and not _gives_value(found):
            expected = "a literal, a query for at most one value, or a function that gives a value"
            raise self._fail("the argument may be no value", expected, begin)
        return found


def _gives_value(operand: Operand) -> bool:
    if isinstance(operand, Query):
        return operand.singular
    return isinstance(operand, Constant) or SIGNATURES[operand.name].gives is FunctionType.VALUE
