"""Marks: what is found at a glance is what looking at every token finds."""

import re

from hypothesis import given
from hypothesis import strategies as st

from siss.index.folding import fold
from siss.search.highlight import Highlighter, Mark

TOKEN = re.compile(r"[A-Za-z0-9]+")
INNER = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+")


def marks_of_every_token(text: str, words: set[str]) -> list[Mark]:
    found = []
    for token in TOKEN.finditer(text):
        if token[0].lower() in words:
            found.append(Mark(token.start(), token.end(), token[0].lower()))
        elif not (token[0].islower() or token[0].isupper()) or not token[0].isalpha():
            found += [
                Mark(inner.start(), inner.end(), inner[0].lower())
                for inner in INNER.finditer(text, token.start(), token.end())
                if inner[0].lower() in words and len(inner[0]) > 1
            ]
    return found


@given(
    st.text(alphabet="aAbB1 _\n-", max_size=60),
    st.sets(st.text(alphabet="ab1", min_size=1, max_size=4), min_size=1, max_size=6),
)
def test_every_word_is_marked_and_nothing_else(text: str, words: set[str]):
    assert Highlighter(sorted(words), (), fold).marks(text) == marks_of_every_token(text, words)


def test_longer_words_of_one_beginning():
    marked = Highlighter(["conn", "connect", "connection"], (), fold).marks(
        "Connection re-connect conn connx ConnState"
    )
    assert [mark.word for mark in marked] == ["connection", "connect", "conn", "conn"]
