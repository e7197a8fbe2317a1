"""Marks: what is found at a glance is what looking at every token finds."""

import re

from hypothesis import given
from hypothesis import strategies as st

from siss.index.analyser import phrase_terms, without_iso_letters
from siss.index.folding import fold, is_unspaced
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


LINES = [
    "2026-05-02T02:49:00Z gone",
    "設定の 'compatible' も確認",
    "日本語のログ log",
    "Grüße, naïve",
    "a.b-c 10.0.0.5:80",
]


@given(st.permutations(LINES), st.sampled_from(LINES), st.data())
def test_any_part_of_a_line_is_marked_where_it_stands(lines: list[str], line: str, data: st.DataObject):
    """What the analyser makes of a text and what is marked in it agree."""
    starts = [at for at in range(len(line)) if line[at].isalnum() and (at == 0 or not line[at - 1].isalnum())]
    begin = data.draw(st.sampled_from(starts))
    phrase = phrase_terms(line[begin:])
    text = "\n".join(lines)
    marks = Highlighter((), [phrase], fold, is_unspaced, (), without_iso_letters).marks(text)
    if len(phrase) > 1:
        assert [text[mark.start :].startswith(line[begin : begin + 2]) for mark in marks if mark.phrase] == [True]


def test_pairs_of_a_phrase_are_marked_elsewhere_too():
    marks = Highlighter((), [("日本", "本語")], fold, is_unspaced).marks("日本人と日本語")
    assert [(mark.word, mark.phrase) for mark in marks] == [("日本", False), ("日本 本語", True)]
