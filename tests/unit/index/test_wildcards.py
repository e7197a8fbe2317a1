"""Wildcards inside words: which are, which are not, and what is said of these."""

import re
from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from growth import assert_linear
from siss.index.plan import plan_query, words_of
from siss.index.wildcards import MOST_WORDS, wild_matcher, wild_pattern, wild_words, wildcard_notes
from siss.model.query import And, Not, Or, Phrase, Query, Word
from siss.search.language import parse_query


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("conf*ion", "conf*ion"),
        ("C?nf\u00ecG", "c?nfig"),
        ("(fo*bar),", "fo*bar"),
        ("fo*bar?", "fo*bar"),
        ("fo***bar", "fo*bar"),
        ("fo*ba*", "fo*ba*"),
        ("fo*ba*,", "fo*ba*"),
        ("a????b", "a????b"),
    ],
)
def test_words_with_wildcards(text, pattern):
    where = parse_query(text).where
    assert wild_pattern(where) == pattern
    assert words_of(plan_query(Query(where)))[0].wild == pattern
    assert wildcard_notes(where) == ()


@pytest.mark.parametrize(
    "text",
    [
        *(
            "SELECT * FROM t",
            "what?",
            "really?!",
            "*.log",
            "/var/log/*",
            "10.0.*",
            "conn*",
            "Listen *:80",
            "COUNT(*)",
        ),
        *("**kwargs", "**bold**", "https://host/search?q=x", "/search?name", "?id=5", "*/5 * * * *", "/* text */"),
        *("(?i)word", "(?:a|b)", '"error.*timeout"', "name:*tion", "-tag:*tion", "db-?", "2>&1 |", "sh -c 'x?'"),
    ],
)
def test_signs_of_pasted_text_are_none_and_nothing_is_said(text):
    where = parse_query(text).where
    assert wild_words(where) == ()
    assert wildcard_notes(where) == ()


@pytest.mark.parametrize(
    "text", ["*tion", "?onfig", "error.*timeout", "db-*-01", "/api/*/x", "web0?.example.com", "a*b*c*d*e*f", "-*tion"]
)
def test_what_cannot_be_a_wildcard_is_told(text):
    where = parse_query(f"{text} OR other").where
    assert wild_words(where) == ()
    (note,) = wildcard_notes(where)
    assert text.removeprefix("-") in note


def test_many_words_with_wildcards_are_taken_as_they_are_written():
    def ask(count):
        return And(tuple(Word(f"a{number}*b") for number in range(count)))

    assert all(leaf.wild for leaf in words_of(plan_query(Query(ask(MOST_WORDS)))))
    assert wildcard_notes(ask(MOST_WORDS)) == ()
    assert not any(leaf.wild for leaf in words_of(plan_query(Query(ask(MOST_WORDS + 1)))))
    (note,) = wildcard_notes(ask(MOST_WORDS + 1))
    assert f"At most {MOST_WORDS}" in note


def test_they_are_seen_wherever_words_are():
    where = Or((Not(Word("a*b")), And((Word("c?d"), Phrase("e*f"), Word("a*b")))))
    assert wild_words(where) == (Word("a*b"), Word("c?d"))


@given(st.text(st.sampled_from("abZ\u00e9\u00bd\u65e5*?._-/=()~\\ \ud800"), max_size=12), st.booleans())
def test_a_pattern_matches_what_its_signs_stand_for(text, prefix):
    pattern = wild_pattern(Word(text, prefix))
    if pattern:
        assert wild_matcher(pattern).fullmatch(pattern.replace("*", "").replace("?", "x"))
        assert wild_matcher(pattern).fullmatch(pattern.replace("*", "yz").replace("?", "1"))
        assert re.match(r"[^\W_]", pattern)
        assert not wild_matcher(pattern).fullmatch("a-b")


@pytest.mark.parametrize("unit", ["*", "a*", "?", "a?", "a?.", "a.*", "*a"])
def test_hostile_words_take_linear_time(unit):
    def look(length):
        word = Word((unit * length)[:length])
        wild_pattern(word)
        wildcard_notes(word)

    assert_linear(look, 2000)


@given(st.from_regex(r"[ab](?:[*?]?[ab])*\*?", fullmatch=True), st.text(alphabet="ab", max_size=9))
def test_a_pattern_matches_what_a_glob_does(pattern, term):
    assert bool(wild_matcher(pattern).fullmatch(term)) == fnmatchcase(term, pattern)


def test_a_hostile_term_is_matched_in_linear_time():
    matcher = wild_matcher("a*a*a*a*b")
    assert_linear(lambda length: matcher.fullmatch("a" * length), 8000)
