"""Every example in docs/query-language.md is a question, and every error in it is one."""

import json
import re
from pathlib import Path

import pytest

from siss.errors import InvalidQueryError
from siss.model.query import FacetField, SortField
from siss.search.dsl import Filters, SearchBody, read_search
from siss.search.fields import RULES
from siss.search.language import MAX_CLAUSES, MAX_LENGTH, MAX_NESTING, parse_query

TEXT = (Path(__file__).parents[3] / "docs" / "query-language.md").read_text("utf-8")
FENCES = re.findall(r"^```(\w+)\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)
QUESTIONS = [line for kind, body in FENCES if kind == "query" for line in body.splitlines()]
INVALID = [line for kind, body in FENCES if kind == "invalid" for line in body.splitlines()]
BODIES = [json.loads(body) for kind, body in FENCES if kind == "json"]
# In tables, every code span but field names and mere words of the first and last column is a question.
SPANS = [
    span
    for line in TEXT.splitlines()
    if line.startswith("| `")
    for span in re.findall(r"`([^`]+)`", line)
    if not re.fullmatch(r"\w+:", span)
]


@pytest.mark.parametrize("question", QUESTIONS + SPANS)
def test_examples_are_questions(question):
    assert (parse_query(question).where is None) == (question == "*")


@pytest.mark.parametrize("question", INVALID)
def test_errors_are_errors(question):
    with pytest.raises(InvalidQueryError):
        parse_query(question)


def test_the_error_shown_is_the_error_given():
    shown = next(body["error"] for body in BODIES if "error" in body)
    with pytest.raises(InvalidQueryError) as caught:
        parse_query(shown["details"]["expression"])
    assert shown["message"] == caught.value.message
    assert shown["details"] == dict(caught.value.details)
    assert shown["code"] == caught.value.kind.code


def test_the_body_shown_is_a_request():
    shown = next(body for body in BODIES if "query" in body)
    read_search(json.dumps(shown))
    assert set(shown) | {"cursor"} == set(SearchBody.model_fields)
    assert set(Filters.model_fields) - set(shown["query"]["filters"]) == {"indexed_before"}


def test_everything_is_documented():
    names = [name for rule in RULES for name in (rule.field.value, *rule.aliases)]
    for name in (*(f"{name}:" for name in names), *SortField, *FacetField):
        assert f"`{name}`" in TEXT
    for limit in (MAX_LENGTH, MAX_CLAUSES, MAX_NESTING):
        assert re.search(rf"\b{limit:,}\b", TEXT)
