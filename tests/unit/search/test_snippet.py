"""Snippets: the right window, harmless HTML, exact lines and spans."""

import html
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from growth import assert_linear
from siss.model.content import Chunk, Level
from siss.model.spans import Run, SpanMap
from siss.search.snippet import WIDTH, Highlighter, make_snippet


def fold(text):
    apart = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in apart if not unicodedata.combining(letter)).lower()


def unspaced(letter):
    return "\u3040" <= letter <= "\u9fff"


def snippet_of(text, words=(), phrases=(), *, before="", line=1, log=False, width=WIDTH, prefer=frozenset()):
    data, offset = text.encode(), len(before.encode())
    block = before.encode() + data + b"after the chunk error"
    chunk = Chunk(
        0, 1000 + offset, 1000 + offset + len(data), 0, 0, line, 1, level_mask=Level.ERROR.bit if log else 0
    )
    made = make_snippet(
        Highlighter(words, phrases, fold, unspaced, prefer), block, 1000, SpanMap((), 7), chunk, width=width
    )
    assert html.unescape(re.sub("</?em>", "", made.html)) == made.text
    assert (made.start, made.end) == (made.text_start + 7, made.text_end + 7)
    return made, block[made.text_start - 1000 : made.text_end - 1000].decode()


def test_a_log_shows_the_line_of_the_best_match():
    made, matched = snippet_of(
        "INFO connection opened\nERROR connection refused\nINFO connection closed\n",
        ["connection", "refused"],
        line=41,
        log=True,
    )
    assert made.html == "ERROR <em>connection</em> <em>refused</em>"
    assert (made.line, matched) == (42, "connection")


def test_prose_shows_its_neighbours():
    made, _ = snippet_of("first line\nsecond error line\nthird line\n\nanother paragraph", ["error"])
    assert made.text == "first line\nsecond error line\nthird line"


def test_a_phrase_is_worth_more_than_its_words():
    text = "refused the connection, said the connection\n" + "x " * 150 + "\nthe connection\nrefused again"
    made, matched = snippet_of(text, ["connection", "refused"], [("connection", "refused")])
    assert matched == "connection\nrefused"
    assert made.line == 3
    assert "<em>connection\nrefused</em>" in made.html


def test_a_phrase_that_comes_again_is_worth_no_more():
    text = (
        "# valid_archs may be unset by the user\n\n" + "x\n" * 200 + "user(valid_archs, valid_archs, valid_archs)\n"
    )
    made, _ = snippet_of(text, ["may", "be", "unset", "by", "the", "user"], [("valid", "archs")])
    assert made.line == 1


def test_a_long_line_is_cut_around_the_match():
    made, matched = snippet_of("word " * 300 + "needle " + "word " * 300, ["needle"])
    assert re.fullmatch("…word .* word…", made.text)
    assert len(made.text) <= WIDTH + 2
    assert matched == "needle"


def test_a_line_without_blanks_is_cut_too():
    made, matched = snippet_of("é" * 2000 + "/needle/" + "é" * 2000, ["needle"])
    assert len(made.text) <= WIDTH + 2
    assert matched == "needle"


@pytest.mark.parametrize(
    ("text", "words", "phrases", "expected"),
    [
        ("max_connections: 100", ["connections"], [], "max_<em>connections</em>: 100"),
        ("getUserName()", ["user"], [], "get<em>User</em>Name()"),
        ("XMLHttpRequest", ["http"], [], "XML<em>Http</em>Request"),
        ("web01.example.com", ["web"], [], "<em>web</em>01.example.com"),
        ("connectionless", ["connection"], [], "connectionless"),
        ("disconnection connection", ["connection"], [], "disconnection <em>connection</em>"),
        ("Café CAFE\u0301S cafe", ["cafe"], [], "<em>Café</em> CAFE\u0301S <em>cafe</em>"),
        ("at db-prod-01.x now", ["db-prod-01.x"], [], "at <em>db-prod-01.x</em> now"),
        ("at db-prod-01 now", [], [("db", "prod", "01")], "at <em>db-prod-01</em> now"),
        ("a b a c", [], [("a", "c")], "a b <em>a c</em>"),
        ("日本語のログ", ["本語"], [], "日<em>本語</em>のログ"),
        ("日本語のログ", ["日本", "本語"], [], "<em>日本語</em>のログ"),
        ("日本語のログ", [], [("日本", "本語")], "<em>日本語</em>のログ"),
        ("<b>error</b> & 'x'", ["error"], [], "&lt;b&gt;<em>error</em>&lt;/b&gt; &amp; &#x27;x&#x27;"),
        ("<em>error</em>", ["em"], [], "&lt;<em>em</em>&gt;error&lt;/<em>em</em>&gt;"),
        ("\x1b[31mred\x1b[0m error\x07\x00", ["error"], [], "red <em>error</em>\u2407\u2400"),
        ("\x1b]0;title\x07error \u202eevil", ["error"], [], "<em>error</em> \ufffdevil"),
        ("one error\r\ntwo", ["error"], [], "one <em>error</em>\ntwo"),
        ("nothing here", ["error"], [], "nothing here"),
        ("", ["error"], [], ""),
        ("error", [], [], "error"),
        ("error", ["", "..."], [()], "error"),
    ],
)
def test_marks(text, words, phrases, expected):
    assert snippet_of(text, words, phrases)[0].html == expected


def test_without_a_match_the_beginning_is_shown_and_the_span_is_empty():
    made, matched = snippet_of("\n\n  first words\nmore", ["absent"], line=5)
    assert made.text == "  first words\nmore"
    assert (made.line, matched) == (7, "")
    assert made.text_start == made.text_end


def test_without_a_match_the_line_of_a_preferred_word_is_shown():
    made, _ = snippet_of("INFO a\nError b\nINFO c", log=True, prefer={"error"})
    assert (made.html, made.line) == ("Error b", 2)


def test_spans_lead_through_the_map():
    # One replaced secret of 20 source bytes before the match, which is Latin-1 in the source.
    text = "key=[secret] fähig\n".encode()
    runs = SpanMap((Run(0, 0, 1, 1), Run(4, 4, 0, 0), Run(12, 24, 1, 1), Run(14, 26, 2, 1), Run(16, 27, 1, 1)))
    made = make_snippet(Highlighter(["fahig"], [], fold), text, 0, runs, Chunk(0, 0, len(text), 0, 0, 1, 1))
    assert text[made.text_start : made.text_end].decode() == "fähig"
    assert (made.start, made.end) == (25, 30)


LETTERS = st.sampled_from(
    [*"abAB01 _-.\n\t<&>\"'", "é", "e\u0301", "ß", "日", "本", "\x1b[1m", "\x00", "\r\n", "😀", "…"]
)
WORDS = st.sampled_from(["a", "b", "ab", "ba", "aab", "e", "ee", "日本", "0", "a0"])


@given(
    st.lists(LETTERS, max_size=300).map("".join),
    st.lists(WORDS, max_size=4),
    st.lists(st.tuples(WORDS, WORDS), max_size=2),
    st.lists(LETTERS, max_size=5).map("".join),
    st.sampled_from([1, 10, 200]),
)
def test_html_text_and_spans_agree(text, words, phrases, before, width):
    made, matched = snippet_of(text, words, phrases, before=before, line=3, width=width)
    assert made.line == 3 + text.encode()[: made.text_start - 1000 - len(before.encode())].count(b"\n")
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", made.text)
    assert ("<em>" in made.html) == (matched != "")
    if matched:
        asked = {*words, *(" ".join(phrase) for phrase in phrases)}
        tokens = " ".join(re.findall(r"(?:[^\W_]\u0301*)+", matched))
        assert fold(tokens) in asked or set(fold(matched)) <= set("日本")


@pytest.mark.parametrize("piece", [b"a", b"a ", b"aA", b"a\n", "é".encode(), b"\x1b["])
def test_hostile_chunks_take_linear_time(piece):
    highlighter = Highlighter(["a", "aa"], [("a",) * 500, ("a", "a", "b")], fold)

    def make(length):
        text = piece * (length // len(piece))
        make_snippet(highlighter, text, 0, SpanMap(), Chunk(0, 0, len(text), 0, 0, 1, 1))

    assert_linear(make, 8192)


def test_of_equal_lines_that_of_a_preferred_word_is_shown():
    made, _ = snippet_of("INFO lost link\nERROR lost link\nINFO lost link", ["lost"], log=True, prefer={"error"})
    assert (made.html, made.line) == ("ERROR <em>lost</em> link", 2)
