"""Redaction: the same however the text comes, nothing of a value left, and every byte leads back."""

import csv
import io
import json
import re
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from draws import examples
from siss.extract import redact as redact_module
from siss.extract.redact import Redactor
from siss.extract.secrets.custom import read_baseline
from siss.extract.secrets.fingerprint import MARK, Fingerprinter
from siss.extract.secrets.scan import BEFORE, Scanner
from siss.model.secret import SecretFinding, SecretSeverity
from siss.model.spans import Run
from siss.model.text import Window
from unit.extract.secrets.made import Maker, leaks
from unit.extract.secrets.made_forms import forms

SCANNER = Scanner()
FINGERPRINTER = Fingerprinter(b"one key of a database, 32 bytes.")
MAKER = Maker()
LEAKS = [*leaks(MAKER), *forms(MAKER)]
FILLER = [
    "a line of prose\n",
    "\n",
    "2026-01-02 03:04:05 INFO started ünïcode ☃\n",
    "x = {\n",
    "  name: y\n",
    "no end",
    "\r\n",
]


def redact(data: bytes, cuts: list[int] | None = None, shift: int = 0) -> tuple[list[Window], list[SecretFinding]]:
    redactor = Redactor(SCANNER, FINGERPRINTER)
    places = [0, *sorted({cut for cut in cuts or [] if 0 < cut < len(data)}), len(data)]
    windows = []
    for start, end in pairwise(places):
        window = redactor.take(Window(start, data[start:end], start + shift, final=end == len(data)))
        if window is not None:
            windows.append(window)
    return windows, redactor.findings


def text_of(windows: list[Window]) -> bytes:
    return b"".join(window.data for window in windows)


@st.composite
def documents(draw: st.DrawFn) -> bytes:
    parts = draw(st.lists(st.sampled_from([*FILLER, *(leak.text for leak in LEAKS)]), max_size=9))
    return "".join(parts).encode()


@given(documents(), st.lists(st.integers(1, 4000), max_size=12))
def test_it_does_not_matter_how_the_text_comes(data: bytes, cuts: list[int]) -> None:
    once, expected = redact(data)
    windows, findings = redact(data, cuts)
    assert text_of(windows) == text_of(once)
    assert findings == expected
    at = 0
    for window in windows:
        assert window.start == at
        at = window.end
    assert windows[-1].final


@given(documents(), st.integers(0, 60))
def test_a_text_that_grew_may_be_redacted_from_later_on(data: bytes, split: int) -> None:
    lines = re.findall(rb".*\n", data)
    before, more = b"".join(lines[:split]), b"".join(lines[split:])
    redactor = Redactor(SCANNER, FINGERPRINTER)
    first = redactor.take(Window(0, before, 0, final=True))
    windows, expected = redact(before + more)
    for at in [0, *(found.end() for found in re.finditer(b"\n", before))]:
        if not redactor.may_begin_at(at):
            continue
        kept = [finding for finding in redactor.findings if finding.source_end <= at]
        line = before.count(b"\n", 0, at)
        start = sum(map(len, re.findall(rb".*\n", first.data)[:line])) if line else 0
        again = Redactor(SCANNER, FINGERPRINTER, line=1 + line, context=before[max(at - BEFORE, 0) : at])
        later = again.take(Window(start, (before + more)[at:], at, final=True))
        assert first.data[:start] + (later.data if later else b"") == text_of(windows)
        assert kept + again.findings == expected


@given(documents())
def test_what_was_redacted_stays(data: bytes) -> None:
    once = text_of(redact(data)[0])
    windows, findings = redact(once)
    assert text_of(windows) == once
    assert findings == []


@given(documents(), st.lists(st.integers(1, 4000), max_size=6))
def test_every_byte_leads_back(data: bytes, cuts: list[int]) -> None:
    windows, findings = redact(data, cuts, shift=1000)
    text = text_of(windows)
    assert text.count(b"\n") == data.count(b"\n")
    for window in windows:
        assert window.span_map.to_source(window.start) == window.source_start
        marks = [
            range(found.start(), found.end()) for found in re.finditer(b'"?' + MARK.pattern + b'"?', window.data)
        ]
        for at in range(len(window.data)):
            if any(at in inside for inside in marks):
                continue
            source = window.span_map.to_source(window.start + at) - 1000
            assert data[source] == window.data[at]
    for found in findings:
        assert MARK.match(text, found.start)
        assert 1 + data.count(b"\n", 0, found.source_start - 1000) == found.line
        window = next(window for window in windows if window.start <= found.start < window.end)
        assert window.span_map.to_source(found.start) == found.source_start
        if found.end - found.start < 100:  # not a key block, of which several stretches go
            assert window.span_map.to_source(found.end, end=True) == found.source_end


def test_no_value_is_left() -> None:
    text = text_of(redact("".join(leak.text for leak in LEAKS).encode())[0]).decode()
    assert len(MAKER.values) > 80
    left = [value for value in MAKER.values if len(value) > 7 and value in text]
    assert left == []


@pytest.mark.parametrize(
    "leak", [leak for leak in LEAKS if leak.text.startswith(("{", "<"))], ids=lambda leak: leak.name
)
def test_syntax_stays(leak) -> None:
    text = text_of(redact(leak.text.encode())[0]).decode()
    assert "«secret:" in text
    if text.startswith("{"):
        assert json.loads(text).keys() == json.loads(leak.text).keys()
    else:
        before, after = (ET.fromstring(f"<r>{each}</r>") for each in (leak.text, text))
        assert [element.tag for element in before.iter()] == [element.tag for element in after.iter()]
        assert [element.keys() for element in before.iter()] == [element.keys() for element in after.iter()]


def test_a_table_keeps_its_cells() -> None:
    token = Maker().with_crc("ghp_")
    text = text_of(redact(f'a,"x ""{token}"" y",b\r\n1,{token},2\r\n'.encode())[0]).decode()
    assert [len(row) for row in csv.reader(io.StringIO(text, newline=""))] == [3, 3]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@given(cuts=st.lists(st.integers(1, 600), max_size=8))
@settings(max_examples=examples(40))
def test_a_table_names_its_secrets_in_the_first_line(delimiter: str, cuts: list[int]) -> None:
    rows = [
        ["url", "username", "Password", "notes", "api key"],
        ["https://a.corp", "bob", "tulips", "none", "0f4a1c7be29d8356a1b2c3d4"],
        ["https://b.corp", "al", '"lemon;,""9"', '"two', ""],
        ['lines, of a note"', "0f4a1c7be29d8356"],
        ["https://c.corp", "jo", "", "tulips", ""],
        ["too", "few"],
    ]
    data = "\r\n".join(delimiter.join(row) for row in rows).encode()
    windows, findings = redact(data, cuts)
    places = [("password", 2), ("secret-key", 2), ("password", 3), ("secret-key", 4)]
    assert [(found.rule, found.line) for found in findings] == places
    text = text_of(windows).decode()
    assert text.count("tulips") == 1  # a word under another name is none
    assert "0f4a1c7be29d8356" not in text
    read = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    assert [len(row) for row in read] == [5, 5, 5, 5, 2]
    assert findings[2].fingerprint == FINGERPRINTER.of(b'lemon;,"9')


@pytest.mark.parametrize("cuts", [[], [3], [7], [20]])
@pytest.mark.parametrize("first", ["Gerät;Kennwort", "sep=;\r\nGerät;Kennwort", "\ufeffsep=;\nGerät;Kennwort"])
def test_headings_may_be_german_and_excel_may_name_the_delimiter(first: str, cuts: list[int]) -> None:
    password = Maker().password()
    windows, findings = redact(f"{first}\r\nAP 1;{password}\r\nGerät;Kennwort\r\n".encode(), cuts)
    assert password not in text_of(windows).decode()
    assert text_of(windows).decode().count("Gerät;Kennwort\r\n") == 2
    assert [finding.rule for finding in findings] == ["password"]


@pytest.mark.parametrize("cuts", [[], [5], [32]])
def test_a_file_that_is_one_secret_is_one_finding(cuts: list[int]) -> None:
    data = f"{Maker().hex(32)}\n".encode()
    for name_tells, count in ((True, 1), (False, 0)):
        redactor = Redactor(SCANNER, FINGERPRINTER, bare=name_tells)
        for start, end in pairwise([0, *cuts, len(data)]):
            window = redactor.take(Window(start, data[start:end], start, final=end == len(data)))
        assert window is not None
        assert window.data.endswith(b"\n")
        assert [finding.rule for finding in redactor.findings] == ["secret-file"] * count
        assert (data[:32] in window.data) is not name_tells


def test_a_table_with_secrets_is_read_from_its_start() -> None:
    redactor = Redactor(SCANNER, FINGERPRINTER)
    redactor.take(Window(0, b"user,password\nbob,tulips\nal,lemon9\n", 0, final=False))
    assert not redactor.may_begin_at(14)
    plain = Redactor(SCANNER, FINGERPRINTER)
    plain.take(Window(0, b"user,place\nbob,tulips\nal,lemon9\n", 0, final=False))
    assert plain.may_begin_at(11)


@pytest.mark.parametrize("heading", ["Passcode", "Mot de passe", "Kennwort", "pass"])
@pytest.mark.parametrize("table", ["user,{}\nbob,tulips9x\n", "| user | {} |\n|---|---|\n| bob | tulips9x |\n"])
def test_a_column_of_passwords_is_redacted_in_any_table(table: str, heading: str) -> None:
    window, findings = redact(table.format(heading).encode())
    assert [finding.rule for finding in findings] == ["password"]
    assert b"tulips9x" not in text_of(window)


@pytest.mark.parametrize("heading", ["token", "api_token", "Admin Token", "bot-token", "access_token", "user.token"])
def test_a_column_of_tokens_is_redacted(heading: str) -> None:
    values = [Maker(seed).chars(18) for seed in range(3)]
    rows = "".join(f"user{number},{value}\n" for number, value in enumerate(values))
    window, findings = redact(f"user,{heading}\n{rows}".encode())
    assert [finding.rule for finding in findings] == ["secret-key"] * 3
    assert not any(value in text_of(window).decode() for value in values)


def test_what_only_begins_like_a_table_is_none() -> None:
    long = "x" * 70_000 + "\nuser,password\nbob,tulips\n"
    assert redact(long.encode(), [100, 69_000])[1] == []
    assert (
        redact(
            b"id,test_pass,page_token,next token,hashed_password\n1,checkout,0f4a1c7be29d8356,Zk3qP0sV9xW2bT7r,33163f3c\n"
        )[1]
        == []
    )
    assert redact(b"import a, password\n\nb, tulips9, c\n")[1] == []


def test_a_key_in_json_and_in_code_keeps_its_escapes() -> None:
    pem = Maker().pem()
    text = text_of(redact(json.dumps({"key": pem}).encode())[0]).decode()
    assert json.loads(text)["key"].count("\n") == pem.count("\n")
    code = "key = (\n" + "".join(f'    "{line}\\n"\n' for line in pem.splitlines()) + ")\n"
    made: dict[str, str] = {}
    exec(text_of(redact(code.encode())[0]).decode(), made)
    assert made["key"].count("\n") == pem.count("\n")


def test_runs_of_the_source_are_kept() -> None:
    """UTF-16 text: every character of the source has two bytes, of the text one or two."""
    text = f"é: password: {Maker().password()}\nüü end\n"
    runs, at, source = [], 0, 2
    for character in text:
        width = len(character.encode())
        runs.append(Run(at, source, width, 2))
        at += width
        source += 2
    window = Window(0, text.encode(), 2, final=True, runs=tuple(runs))
    redacted = Redactor(SCANNER, FINGERPRINTER).take(window)
    assert redacted is not None
    shown = redacted.data.decode()
    raw = b"\xff\xfe" + text.encode("utf-16-le")
    at = 0
    for character in shown[: shown.index("«")] + shown[shown.index("»") + 1 :]:
        if at == len(shown[: shown.index("«")].encode()):
            at = redacted.data.index("»".encode()) + 2
        place = redacted.span_map.to_source(at)
        assert raw[place : place + 2].decode("utf-16-le") == character
        at += len(character.encode())


def test_numbers_of_lines_go_on_where_a_log_grew() -> None:
    redactor = Redactor(SCANNER, FINGERPRINTER, line=41)
    window = redactor.take(Window(5000, f"x\npassword: {Maker().password()}\n".encode(), 6000, final=True))
    assert window is not None
    assert (window.start, window.source_start) == (5000, 6000)
    assert [(found.line, found.start, found.source_start) for found in redactor.findings] == [(42, 5012, 6012)]


def test_a_baseline_accepts_but_still_redacts() -> None:
    data = f"password: {Maker().password()}\n".encode()
    (found,) = redact(data)[1]
    redactor = Redactor(
        SCANNER, FINGERPRINTER, accepted=read_baseline([f"«secret:password:{found.fingerprint}»  # known"])
    )
    window = redactor.take(Window(0, data, 0, final=True))
    assert window is not None
    assert MARK.search(window.data)
    assert [each.accepted for each in redactor.findings] == [True]


def test_severity_and_rule_of_a_finding() -> None:
    (found,) = redact(Maker().pem().encode())[1]
    assert (found.rule, found.severity, found.line) == ("private-key", SecretSeverity.CRITICAL, 2)


@pytest.mark.parametrize(
    "unit",
    [
        "x",
        "a,",
        "password=",
        "password: |  # a ",
        '{"k": "v"}, ',
        "-----BEGIN RSA PRIVATE KEY-----",
        "https://a:b",
        "aaaa ",
    ],
)
def test_one_endless_line_with_a_secret_takes_little(unit: str) -> None:
    token = Maker().with_crc("ghp_")
    data = (unit * (400_000 // len(unit)) + f" {token} " + unit * 1000).encode()
    windows, findings = redact(data, list(range(100_000, len(data), 150_000)))
    assert token.encode() not in text_of(windows)
    assert "github-token" in {found.rule for found in findings}
    assert max(len(window.data) for window in windows[:-1]) < 300_000
    again, same = redact(data, list(range(70_001, len(data), 70_001)))
    assert text_of(again) == text_of(windows)
    assert same == findings


def test_a_block_that_never_ends_is_let_go() -> None:
    line = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2\n"
    data = ("-----BEGIN PRIVATE KEY-----\n" + line * 12_000).encode()
    windows, findings = redact(data, list(range(50_000, len(data), 50_000)))
    assert len(findings) == 1
    assert re.search(rb"PRIVATE KEY-----\n\xc2\xabsecret:private-key:[0-9a-f]{16}\xc2\xbb\n\n", text_of(windows))
    assert text_of(windows).count(b"\n") == data.count(b"\n")


def test_findings_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redact_module, "MOST_FINDINGS", 500)
    make = Maker()
    redactor = Redactor(SCANNER, FINGERPRINTER)
    data = "".join(f"password: {make.password()}\n" for _ in range(600)).encode()
    window = redactor.take(Window(0, data, 0, final=True))
    assert window is not None
    assert len(redactor.findings) == 500
    assert redactor.count == 600
    assert len(MARK.findall(window.data)) == 600


def test_a_line_of_code_is_no_heading() -> None:
    code = b'private String password;\nString token = request.getHeader("X-Auth-Token");\n'
    assert redact(code)[1] == []


def dump(make: Maker) -> str:
    """Statements whose columns say what is a secret, some of them by the table that was made before."""
    rows = ",".join(f"({number},'it''s, (a) name','{make.chars(9)}7','x')" for number in range(40))
    return (
        "CREATE TABLE `people` (\n  `id` int(11) NOT NULL,\n  `passwd` varchar(99) DEFAULT 'a,b',\n  PRIMARY KEY (`id`)\n);\n"
        f"INSERT INTO `people` VALUES (1,'{make.chars(9)}7'),(2,'{make.chars(9)}7');\n"
        f"insert into users (id, name, password, kind) values {rows};\n"
        f"INSERT INTO `m` (`id`, `pwd`) VALUES\n(1, '{make.hex(32)}'),\n(2, '{make.hex(40)}');\n"
        f"COPY public.u (id, password) FROM stdin;\n1\t{make.chars(9)}7\n2\t{make.chars(9)}7\n\\.\n"
        "INSERT INTO notes (id, body) VALUES (1, 'nothing7890');\nINSERT INTO w (password) VALUES (?), (NULL), ('');\n"
    )


@given(st.lists(st.integers(1, 3000), max_size=12), st.sampled_from([0, 5_000, 65_400]))
def test_rows_of_a_dump_are_redacted_however_they_come(cuts: list[int], before: int) -> None:
    make = Maker(3)
    text = "-- dump\n" * (before // 8) + dump(make)
    windows, findings = redact(text.encode(), [before + cut for cut in cuts])
    redacted = text_of(windows).decode()
    assert [value for value in make.values if value in redacted] == []
    assert len(findings) == len(make.values) == 46
    assert "nothing7890" in redacted


def test_rows_of_a_dump_are_redacted_over_a_long_line() -> None:
    make = Maker(4)
    rows = ",".join(f"({number},'{make.chars(9)}7','{'x' * 300}')" for number in range(700))
    windows, findings = redact(f"INSERT INTO u (id, password, note) VALUES {rows};\n".encode(), [100_000, 150_000])
    assert [value for value in make.values if value in text_of(windows).decode()] == []
    assert len(findings) == 700


def test_a_dump_is_read_whole_when_it_grows() -> None:
    redactor = Redactor(SCANNER, FINGERPRINTER)
    data = dump(Maker()).encode()
    redactor.take(Window(0, data, 0, final=True))
    assert not any(redactor.may_begin_at(found.end()) for found in re.finditer(rb"\n", data))


def sheets(make: Maker) -> str:
    """Tables of a document, each longer than what is kept of a text."""
    number = range(150)
    rows = "".join(f"| host-{one} of the house | root | {make.chars(9)}7 |\n" for one in number)
    cells = "".join(
        f"<tr>\n<td>host-{one}</td>\n<td><b>{make.chars(9)}7</b></td>\n<td>kept</td>\n</tr>\n" for one in number
    )
    return (
        f"# Hosts\n\n| Host | User | Password |\n|---|---|---|\n{rows}\n| a | b | nothing7890 |\n"
        f"<table>\n<tr>\n<th>Host</th>\n<th>Password</th>\n<th>Note</th>\n</tr>\n{cells}</table>\n"
        "<table><tr><th>Host</th><th>State</th></tr><tr><td>a</td><td>nothing7890</td></tr></table>\n"
    )


@given(st.lists(st.integers(1, 20_000), max_size=12), st.sampled_from([0, 5_000, 65_400]))
@settings(max_examples=examples(40))
def test_rows_of_a_table_in_a_document_are_redacted_however_they_come(cuts: list[int], before: int) -> None:
    make = Maker(3)
    text = "a line\n" * (before // 7) + sheets(make)
    windows, findings = redact(text.encode(), [before + cut for cut in cuts])
    redacted = text_of(windows).decode()
    assert [value for value in make.values if value in redacted] == []
    assert len(findings) == len(make.values) == 300
    assert redacted.count("nothing7890") == 2


def test_a_table_ends_at_a_long_line() -> None:
    row = f"| a | {Maker().chars(9)}7 |\n"
    data = f"# Hosts\n| Host | Password |\n|---|---|\n{row}{'| x ' * 20_000}\n{row}".encode()
    assert len(redact(data)[1]) == 1


def test_a_table_in_a_document_is_read_whole_when_it_grows() -> None:
    redactor = Redactor(SCANNER, FINGERPRINTER)
    data = sheets(Maker()).encode()
    redactor.take(Window(0, data, 0, final=True))
    assert not any(redactor.may_begin_at(found.end()) for found in re.finditer(rb"\n", data))
