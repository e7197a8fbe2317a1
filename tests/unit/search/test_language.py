"""The query language: what a question means, what is an error, and that no text breaks the parser."""

import contextlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from growth import assert_linear
from siss.errors import InvalidQueryError
from siss.model.query import And, Field, Match, Node, Not, Or, Phrase, Query, Range, Word
from siss.search.language import MAX_CLAUSES, MAX_LENGTH, MAX_NESTING, parse_query
from siss.search.lexer import _QUOTED, _STRAIGHT
from unit.search.render import render

NOW = int(datetime(2026, 11, 21, 12, 0, tzinfo=UTC).timestamp()) * 1_000_000
KB, MB, DAY = 1 << 10, 1 << 20, 86_400_000_000


def where(text: str) -> Node | None:
    return parse_query(text, now_us=NOW).where


def us(*parts: int) -> int:
    return round(datetime(*parts, tzinfo=UTC).timestamp() * 1_000_000)


def words(*texts: str) -> Node:
    return And(tuple(Word(text) for text in texts)) if len(texts) > 1 else Word(texts[0])


def refused(text: str) -> InvalidQueryError:
    with pytest.raises(InvalidQueryError) as caught:
        parse_query(text, now_us=NOW)
    assert caught.value.details["expression"] == text
    assert 1 <= caught.value.details["position"] <= len(text) + 1
    assert caught.value.details["expected"]
    return caught.value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("connection refused", words("connection", "refused")),
        ("connection AND refused", words("connection", "refused")),
        ('"connection refused"', Phrase("connection refused")),
        ("“connection refused”", Phrase("connection refused")),
        ('"she said “I thank"', Phrase("she said “I thank")),
        ('"she said “thanks”" b', And((Phrase("she said “thanks”"), Word("b")))),
        ('"connection refused” b', And((Phrase("connection refused"), Word("b")))),
        (r'"say \"hi\" \\ C:\new"', Phrase(r'say "hi" \ C:\new')),
        ("a OR b", Or((Word("a"), Word("b")))),
        ("a b OR c", Or((words("a", "b"), Word("c")))),
        ("a (b OR c)", And((Word("a"), Or((Word("b"), Word("c")))))),
        ("(a b) AND (c d)", words("a", "b", "c", "d")),
        ("a OR (b OR c)", Or((Word("a"), Word("b"), Word("c")))),
        ("a -b", And((Word("a"), Not(Word("b"))))),
        ("a NOT b", And((Word("a"), Not(Word("b"))))),
        ("a AND NOT b", And((Word("a"), Not(Word("b"))))),
        ('a -"b c" -(d OR e)', And((Word("a"), Not(Phrase("b c")), Not(Or((Word("d"), Word("e"))))))),
        ("NOT NOT a", Word("a")),
        ("-(-a)", Word("a")),
        ("conn* refused", And((Word("conn", prefix=True), Word("refused")))),
        ("a b a", words("b", "a")),
        ("or and not", words("or", "and", "not")),
        ("-tag:old a", And((Not(Match(Field.TAG, "old")), Word("a")))),
        ("", None),
        ("  ", None),
        ("*", None),
    ],
)
def test_trees(text, expected):
    assert where(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mime:application/json", Match(Field.MIME, "application/json")),
        ("MIME:Application/JSON", Match(Field.MIME, "application/json")),
        ("type:text", Match(Field.MIME, "text/*", glob=True)),
        ("mime:json", Match(Field.MIME, "*/*json", glob=True)),
        ("kind:LOG", Match(Field.KIND, "log")),
        ('tag:"two words"', Match(Field.TAG, "two words")),
        ("tags:prod", Match(Field.TAG, "prod")),
        ("tag:(a OR b)", Or((Match(Field.TAG, "a"), Match(Field.TAG, "b")))),
        ('tag:(a "b c" -d)', And((Match(Field.TAG, "a"), Match(Field.TAG, "b c"), Not(Match(Field.TAG, "d"))))),
        (
            "tag:(a OR (mime:b c))",
            Or((Match(Field.TAG, "a"), And((Match(Field.TAG, "mime:b"), Match(Field.TAG, "c"))))),
        ),
        ("path:/nas/logs/", Match(Field.PATH, "/nas/logs")),
        (r"folder:C:\logs", Match(Field.PATH, r"C:\logs")),
        ("path:*/nginx/*", Match(Field.PATH, "*/nginx/*", glob=True)),
        ("name:e\u0301t\u00e9.log", Match(Field.NAME, "\u00e9t\u00e9.log")),
        ("name:report(1).txt", Match(Field.NAME, "report(1).txt")),
        ("ext:.LOG", Match(Field.EXT, "log")),
        ("id:F47AC10B-58CC-4372-A567-0E02B2C3D479", Match(Field.ID, "f47ac10b-58cc-4372-a567-0e02b2c3d479")),
        ("size:>1mb", Range(Field.SIZE, MB + 1, None)),
        ("size:>=1MB", Range(Field.SIZE, MB, None)),
        ("size:<1.5k", Range(Field.SIZE, None, 1536)),
        ("size:<=1KiB", Range(Field.SIZE, None, KB + 1)),
        ("size:0", Range(Field.SIZE, 0, 1)),
        ("size:1kb..2mb", Range(Field.SIZE, KB, 2 * MB + 1)),
        ("size:..2mb", Range(Field.SIZE, None, 2 * MB + 1)),
        ("size:(<1kb OR >1mb)", Or((Range(Field.SIZE, None, KB), Range(Field.SIZE, MB + 1, None)))),
        ("level:ERROR", Match(Field.LEVEL, "error")),
        ("level:warn", Match(Field.LEVEL, "warning")),
        ("level:>=error", Or((Match(Field.LEVEL, "error"), Match(Field.LEVEL, "critical")))),
        ("level:>error", Match(Field.LEVEL, "critical")),
        ("level:<debug", Match(Field.LEVEL, "trace")),
        ("level:<=debug", Or((Match(Field.LEVEL, "trace"), Match(Field.LEVEL, "debug")))),
        ("level:info..notice", Or((Match(Field.LEVEL, "info"), Match(Field.LEVEL, "notice")))),
    ],
)
def test_filters(text, expected):
    assert where(text) == expected


@pytest.mark.parametrize(
    ("value", "lower", "upper"),
    [
        ("2026", us(2026, 1, 1), us(2027, 1, 1)),
        ("2024", us(2024, 1, 1), us(2025, 1, 1)),
        ("2026-01", us(2026, 1, 1), us(2026, 2, 1)),
        ("2026-12", us(2026, 12, 1), us(2027, 1, 1)),
        ("2026-01-31", us(2026, 1, 31), us(2026, 2, 1)),
        (">2026-01-01", us(2026, 1, 2), None),
        (">=2026-01-01", us(2026, 1, 1), None),
        ("<2026-01-01", None, us(2026, 1, 1)),
        ("<=2026-01-01", None, us(2026, 1, 2)),
        ("2026-01-01..2026-01-03", us(2026, 1, 1), us(2026, 1, 4)),
        ("2026-01-01..", us(2026, 1, 1), None),
        ("2026-01-01T10", us(2026, 1, 1, 10), us(2026, 1, 1, 11)),
        ("2026-01-01T10:30", us(2026, 1, 1, 10, 30), us(2026, 1, 1, 10, 31)),
        ('"2026-01-01 10:30:05"', us(2026, 1, 1, 10, 30, 5), us(2026, 1, 1, 10, 30, 6)),
        ("2026-01-01T10:30:05.25Z", us(2026, 1, 1, 10, 30, 5, 250_000), us(2026, 1, 1, 10, 30, 5, 260_000)),
        ("2026-01-01T10:30+02:00", us(2026, 1, 1, 8, 30), us(2026, 1, 1, 8, 31)),
        ("2026-01-01T10:30-0530", us(2026, 1, 1, 16, 0), us(2026, 1, 1, 16, 1)),
        ('>"2026-01-01 10:30"', us(2026, 1, 1, 10, 31), None),
        ('"2026-01-01 10:30".."2026-01-01 10:40"', us(2026, 1, 1, 10, 30), us(2026, 1, 1, 10, 41)),
        ("today", us(2026, 11, 21), us(2026, 11, 22)),
        ("yesterday", us(2026, 11, 20), us(2026, 11, 21)),
        ("<today", None, us(2026, 11, 21)),
        ("7d", NOW - 7 * DAY, None),
        (">7d", NOW - 7 * DAY, None),
        ("<24h", None, NOW - DAY),
        ("2w..7d", NOW - 14 * DAY, NOW - 7 * DAY),
        ("9999-12-31", us(9999, 12, 31), us(9999, 12, 31) + DAY),
    ],
)
@pytest.mark.parametrize("field", ["modified", "indexed", "time"])
def test_moments(field, value, lower, upper):
    assert where(f"{field}:{value}") == Range(Field(field), lower, upper)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("http://db.example.com:5432/x", words("http://db.example.com:5432/x")),
        ("10:30 foo::bar path::Path", words("10:30", "foo::bar", "path::Path")),
        (r"C:\path de:ad:be:ef:00:01 fe80::1", words(r"C:\path", "de:ad:be:ef:00:01", "fe80::1")),
        ("user:alice pid:42 uid:0 exit:1 text:x line:7 index:3", None),
        ("ERROR: connection refused", words("ERROR:", "connection", "refused")),
        ("kind: Deployment", words("kind", "Deployment")),
        ("time: 12ms", words("time", "12ms")),
        ("exit(1) systemd(1)", words("exit(1)", "systemd(1)")),
        ("open(a, b) failed", words("open", "a,", "b", "failed")),
        ('disk 5" full', words("disk", "5", "full")),
        ("a - b -- c => d | e", words("a", "b", "c", "d", "e")),
        ("tar --verbose", words("tar", "--verbose")),
        ("(Connection refused", words("Connection", "refused")),
        ("uid=0) by (uid=1", words("uid=0", "by", "uid=1")),
        ("SELECT * FROM t", words("SELECT", "FROM", "t")),
        ("/var/log/*", words("/var/log/*")),
        (
            '127.0.0.1 - - [10/Oct/2000:13:55:36 -0700] "GET /x HTTP/1.0" 200',
            And(
                (
                    Word("127.0.0.1"),
                    Word("[10/Oct/2000:13:55:36"),
                    Word("0700]"),
                    Phrase("GET /x HTTP/1.0"),
                    Word("200"),
                )
            ),
        ),
        (
            "sshd[12]: pam_unix(sshd:session): session opened for user root(uid=0) by (uid=0)",
            words(
                "sshd[12]:",
                "pam_unix(sshd:session):",
                *("session", "opened", "for", "user"),
                "root(uid=0)",
                "by",
                "uid=0",
            ),
        ),
        (
            '{"level":"error","msg":"connection ref',
            And((Phrase("level"), Phrase("error"), Phrase("msg"), Word("connection"), Word("ref"))),
        ),
        ("Caused by: java.net.X: a b (c d)", words("Caused", "by:", "java.net.X:", "a", "b", "c", "d")),
        ("open(a OR b", Or((words("open", "a"), Word("b")))),
    ],
)
def test_pasted_text_is_a_question(text, expected):
    found = where(text)
    assert found == (expected if expected is not None else words(*text.split()))


@pytest.mark.parametrize(
    ("text", "position", "said"),
    [
        ("a modifed:>2026", 3, "modified"),
        ("szie:>1mb", 1, "size"),
        ("levle:error", 1, "level"),
        ("paht:x", 1, "path"),
        ("sizes:>1mb", 1, "size"),
        ("foo:>2026-01-01", 1, "no field foo"),
        ("schema:db1", 1, "not the id of a schema"),
        ("severity:hihg", 1, "did you mean high"),
        ("tag:", 5, "no value"),
        ("(tag:)", 6, "no value"),
        ('tag:""', 7, "no value"),
        ("tag:()", 6, "no value"),
        ("size:>1xb", 1, "not a size"),
        ("size:>99999999pb", 1, "larger than any file"),
        ("size:2mb..1mb", 1, "ends before"),
        ("size:..", 1, "no bounds"),
        ("modified:2026-02-30", 1, "there is no date"),
        ("modified:2026-13", 1, "there is no date"),
        ("modified:2026-01-01T25:00", 1, "there is no time"),
        ("modified:soon", 1, "not a date"),
        ("modified:9999999y", 1, "too long ago"),
        ("level:wanring", 1, "did you mean warning"),
        ("level:>critical", 1, "no level"),
        ("kind:jsno", 1, "did you mean json"),
        ("id:42", 1, "not the id"),
        ('"abc', 1, "not closed"),
        ('tag:"abc', 5, "not closed"),
        ("(a OR b", 1, "never closed"),
        ("a OR b)", 7, "never opened"),
        ("OR a", 1, "left side"),
        ("AND a", 1, "left side"),
        ("a OR", 5, "nothing follows OR"),
        ("a OR OR b", 6, "nothing follows OR"),
        ("a AND OR b", 7, "nothing follows AND"),
        ("a NOT", 6, "nothing follows NOT"),
        ("(a OR) b", 6, "nothing follows OR"),
        ("?!", 1, "nothing to search for"),
        ('""', 1, "nothing to search for"),
        ("x" * (MAX_LENGTH + 1), MAX_LENGTH + 1, "too long"),
        ("NOT " + "(" * (MAX_NESTING + 1) + "a" + ")" * (MAX_NESTING + 1), 5 + MAX_NESTING, "too deep"),
        ("ab " * (MAX_CLAUSES - 1) + "c* d*", None, "too many"),
    ],
)
def test_errors_name_place_and_expectation(text, position, said):
    error = refused(text)
    assert position is None or error.details["position"] == position
    assert said in error.message


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("conn", True),
        ("refused conn", True),
        ("a OR conn", True),
        ("tag:x db-prod", True),
        ("conn ", False),
        ("conn*", False),
        ('"conn"', False),
        ("tag:conn", False),
        ("-conn", False),
        ("a NOT conn", False),
        ("(a OR conn)", False),
        ("conn:", False),
        ("*", False),
    ],
)
def test_only_a_plain_last_word_may_be_unfinished(text, expected):
    assert parse_query(text).last_is_prefix is expected


def test_the_text_is_kept():
    assert parse_query("a b") == Query(words("a", "b"), "a b")


PIECES = st.sampled_from(
    [
        *'()"*-:. \\“”>=<',
        *("AND", "OR", "NOT", " OR ", " NOT ", " -", "tag:", "size:", "level:", "modified:", "time:", "path:", "id:"),
        *(
            "error",
            "2026-01-01",
            "1kb",
            "..",
            "conn*",
            "10:30",
            "-0700",
            "foo(bar",
            "x)",
            "é",
            "日本",
            "\x00",
            "\ud800",
        ),
        *("mime:json", "kind:log", "level:>=error", "size:1..2", 'tag:"a b"', "modified:2026..2027", "modified:7d"),
    ]
)
TEXTS = st.one_of(
    st.text(max_size=60), st.lists(PIECES, max_size=24).map("".join), st.lists(PIECES, max_size=12).map(" ".join)
)


@given(TEXTS)
def test_any_text_is_a_question_or_an_invalid_query(text):
    try:
        query = parse_query(text, now_us=NOW)
    except InvalidQueryError:
        refused(text)
        return
    if query.where is not None:
        assert parse_query(render(query.where), now_us=NOW).where == query.where


@pytest.mark.parametrize(("pattern", "marks"), [(_QUOTED, '"\u201c'), (_STRAIGHT, '"')])
@given(text=st.text(alphabet='\\"\u201ca ', max_size=24))
def test_behind_a_quotation_mark_that_nothing_closes_none_is_closed(pattern, marks, text):
    closed = [pattern.match(text, at) is not None for at, letter in enumerate(text) if letter in marks]
    assert closed == sorted(closed, reverse=True)


@pytest.mark.parametrize(
    "unit",
    [
        "(",
        ")",
        '"',
        '\\"',
        '"“\\',
        "-",
        "-(",
        "a(",
        'a"',
        "NOT ",
        "-a ",
        "a OR ",
        "((a)",
        "tag:(",
        'tag:"',
        "a:",
        "..",
        "*",
        "a*",
        "level:",
        "1:11 -0700 ",
    ],
)
def test_hostile_texts_take_linear_time(unit):
    def parse(length):
        with contextlib.suppress(InvalidQueryError):
            parse_query((unit * length)[:length])

    assert_linear(parse, MAX_LENGTH)
