import pytest
from hypothesis import given
from hypothesis import strategies as st

from growth import assert_linear
from siss.index.analyser import MAX_TOKEN, chunk_terms, cut_tokens, fold, phrase_terms, query_terms, tokenize


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Café", "cafe"),
        ("GROẞE Straße", "grosse strasse"),
        ("ｆｕｌｌ", "full"),
        ("ﬁle", "file"),
        ("Łódź", "lodz"),
        ("ΟΔΟΣ", "οδοσ"),
        ("Ёлка", "елка"),
        ("İstanbul", "istanbul"),
        ("が", "が"),
        ("한국어", "한국어"),
        ("don\u2019t", "don't"),
    ],
)
def test_folding(text: str, folded: str) -> None:
    assert fold(text) == folded


@pytest.mark.parametrize(
    ("text", "tokens", "ident"),
    [
        ("db-prod-01.example.com", ("db", "prod", "01", "example", "com"), "db-prod-01.example.com"),
        ("max_connections", ("max", "connections"), "max_connections"),
        ("/etc/nginx/nginx.conf", ("etc", "nginx", "nginx", "conf"), "etc/nginx/nginx.conf"),
        ("10.0.1.50", ("10", "0", "1", "50"), "10.0.1.50"),
        ("fe80::1", ("fe80", "1"), "fe80::1"),
        ("v2.3.1", ("v2", "3", "1"), "v2.3.1"),
        ("a.person@example.org", ("a", "person", "example", "org"), "a.person@example.org"),
        ("C:\\Windows\\x", ("c", "windows", "x"), "c:\\windows\\x"),
        ("__init__.py", ("init", "py"), "init__.py"),
        ("2026-11-21T10:11:12Z", ("2026", "11", "21", "10", "11", "12"), None),
        ("2026-11-21", ("2026", "11", "21"), None),
        ("10/Oct/2000:13:55:36", ("10", "oct", "2000", "13", "55", "36"), None),
        ("10/Oct/2000", ("10", "oct", "2000"), None),
        ("10/Oct/2000/report.txt", ("10", "oct", "2000", "report", "txt"), "10/oct/2000/report.txt"),
        ("10/oct/2000x", ("10", "oct", "2000x"), "10/oct/2000x"),
        ("3.14", ("3", "14"), None),
        ("error:", ("error",), None),
        ("!!", (), None),
        ("日本語", ("日本", "本語"), None),
    ],
)
def test_compounds(text: str, tokens: tuple[str, ...], ident: str | None) -> None:
    word = query_terms(text)
    assert (word.tokens, word.ident) == (tokens, ident)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("getUserName", ("get", "user", "name")),
        ("HTTPServer", ("http", "server")),
        ("parseXML", ("parse", "xml")),
        ("web01", ("web", "01")),
        ("Capital", ()),
        ("HTTP", ()),
        ("3f2a9c01de", ()),
    ],
)
def test_parts(text: str, parts: tuple[str, ...]) -> None:
    assert query_terms(text).parts == parts
    assert set(chunk_terms(0, f"the {text} is").parts.split()) == set(parts)


def test_idents_stand_once_a_chunk_and_numbers_are_none() -> None:
    terms = chunk_terms(3, "DB-01 db-01 12.5 10:11:12 2026-01-02 max_len, /var/log/x")
    assert terms.seq == 3
    assert terms.idents == "db-01 max_len var/log/x"


def test_a_typed_compound_is_the_ident_of_its_text() -> None:
    for text in ("db-prod-01.example.com:5432", "/etc/x.conf", "fe80::1", "a_b_c", "x@y.org", "1.2.3.4"):
        ident = query_terms(text).ident
        assert ident is not None
        assert ident in chunk_terms(0, f"see {text}, and more").idents.split()


@pytest.mark.parametrize("beside", ["", " \u0416"])
def test_the_time_of_a_request_is_no_ident(beside: str) -> None:
    line = f'10.0.0.1 - - [10/Oct/2000:13:55:36 -0700] "GET /a/b.html" 10/Oct/2000/x.txt{beside}'
    assert chunk_terms(0, line).idents == "10.0.0.1 10/oct/2000/x.txt a/b.html"


def test_long_tokens_are_idents_of_bounded_length() -> None:
    token = "Ab1" * 100
    word = query_terms(token)
    assert word.ident is not None
    assert len(word.ident) <= MAX_TOKEN
    assert word.ident in chunk_terms(0, f"key={token};").idents.split()
    assert query_terms("Ab1" * 99 + "Ab2").ident != word.ident


def test_single_letters_of_unspaced_scripts_are_beginnings() -> None:
    assert query_terms("日").open_end
    assert not query_terms("日本").open_end
    assert phrase_terms("日本語") == ("日本", "本語")
    assert phrase_terms("日本語 ログ") == ("日本", "本語", "語", "ログ")


@given(
    st.lists(st.sampled_from(["日本語", "の", "ログ", "log", "'a.b'", "é", "7"]), min_size=1, max_size=6), st.data()
)
def test_any_words_of_a_line_are_a_phrase_of_it(words: list[str], data: st.DataObject) -> None:
    begin = data.draw(st.integers(0, len(words) - 1))
    phrase = phrase_terms(" ".join(words[begin : data.draw(st.integers(begin + 1, len(words)))]))
    line = tuple(cut_tokens(chunk_terms(0, " ".join(words)).body))
    assert any(line[at : at + len(phrase)] == phrase for at in range(len(line)))


@given(st.text(max_size=200))
def test_any_text_is_analysed(text: str) -> None:
    terms = chunk_terms(0, text)
    assert cut_tokens(terms.body) == tokenize(text)
    assert all(part == part.lower() for part in terms.parts.split())
    query_terms(text)


@given(st.text(alphabet="aB9._-/:日é \u0301", max_size=60))
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(alphabet="abAB01._-/", min_size=1, max_size=30))
def test_what_stands_in_a_text_is_asked_for_by_its_tokens(text: str) -> None:
    found = cut_tokens(chunk_terms(0, f"before {text} after").body)
    row = list(query_terms(text).tokens)
    assert row == found[1:-1]


@pytest.mark.parametrize("letter", ["a", "A", "a-", "aB", ".", "_", "1.", "T1", "a1", "日", "é"])
def test_hostile_repetition_takes_linear_time(letter: str) -> None:
    assert_linear(lambda length: chunk_terms(0, letter * (length // len(letter))), 200_000)


@given(
    st.lists(st.sampled_from([*"aB01_.-/:@\\+ \n", "2026-11-21", "10:11", "3.14", "_x.y"]), max_size=30).map("".join)
)
def test_ascii_text_has_the_idents_that_any_text_has(text: str) -> None:
    alone, beside = (chunk_terms(0, each).idents.split() for each in (text, f"{text} \u0416"))
    assert alone == beside
