"""Secrets that stand in lists, under names in other scripts, behind colours, and in attributes of their own."""

import pytest

from growth import assert_linear
from siss.extract.secrets.piece import Piece
from siss.extract.secrets.scan import Scanner, Tables
from siss.extract.secrets.tables import read_header
from unit.extract.secrets.made import Maker

SCANNER = Scanner()
A, B = Maker(21).password(), Maker(22).password()


def found(text: str) -> list[tuple[str, str]]:
    data = text.encode()
    return [(one.rule, data[one.start : one.end].decode()) for one in SCANNER.scan(Piece.whole(data)).found]


@pytest.mark.parametrize(
    "text",
    [
        '{"passwords": ["@A@", "@B@"]}',
        '{"password":["@A@","@B@"]}',
        '{"passwords": [\n  "@A@",\n  "@B@"\n]}\n',
        "passwords: ['@A@', '@B@']\n",
        "passwords:\n  - @A@\n  # the other one\n  - '@B@'\n",
        'db:\n  password: # both\n  - "@A@"\n  - @B@\nhosts:\n  - web-1x\n',
    ],
)
def test_each_secret_of_a_list_is_found(text: str) -> None:
    assert found(text.replace("@A@", A).replace("@B@", B)) == [("password", A), ("password", B)]


@pytest.mark.parametrize(
    "text",
    [
        'secrets: ["db-password", "tls-cert-2"]',
        "secrets:\n  - db-password-2\n  - source: other7x\n",
        '"tokens": ["comma1", "semicolon2"]',
        "password:\n  minimum: 8\nhosts:\n  - web-1x-Hall\n",
        '"password": ["length9"], "hosts": ["web-1x-Hall"]',
    ],
)
def test_other_lists_stay(text: str) -> None:
    assert [value for _, value in found(text) if "Hall" in value or value.endswith("2")] == []


@pytest.mark.parametrize(
    "text",
    [
        'name,notes,password\nmail,"one line\nand one","@A@"\nshop,"none","@B@"\n',
        'name,notes,password,uri\nmail,"one\n\nthree, ""quoted""\nfour",@A@,x\nshop,"none",@B@,y\n',
        'name;notes;password;more\nmail;"a\nb";@A@;"c\nd"\nshop;;"@B@";\n',
    ],
)
def test_a_cell_of_several_lines_does_not_hide_what_stands_behind_it(text: str) -> None:
    text = text.replace("@A@", A).replace("@B@", B)
    assert column_of(text) == [A, B]


@pytest.mark.parametrize(
    "text",
    [
        'name,notes,password\nmail,"one line\nand one",harbour-7,x\n',
        'name,notes,password\nmail,none,x1\nfive",harbour-7\n',
        'name,password,notes\nmail,"five\nsix",harbour-7\n',
    ],
)
def test_a_line_of_other_columns_is_no_end_of_a_row(text: str) -> None:
    assert "harbour-7" not in column_of(text)


def column_of(text: str) -> list[str]:
    data = text.encode()
    columns = read_header(data[: data.index(b"\n") + 1])
    scan = SCANNER.scan(Piece.whole(data), Tables(columns=columns))
    return [data[one.start : one.end].decode() for one in scan.found]


def test_ends_of_rows_take_linear_time() -> None:
    header = b"a,b,password\n"
    columns = read_header(header)

    def scan(lines: int) -> object:
        return SCANNER.scan(
            Piece.whole(header + b'x,"' + b"y" * 3000 + b"\n" + b'x",y\n' * lines), Tables(columns=columns)
        )

    assert_linear(scan, 4000)


def test_a_long_list_takes_linear_time() -> None:
    def scan(items: int) -> object:
        return SCANNER.scan(Piece.whole(b"passwords: [" + b'"word",' * items + b'"x"]'))

    assert_linear(scan, 4000)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("apiVersion: v1\nkind: Secret\nstringData:\n  user: admin\n  anything: @A@\n", "kubernetes-secret"),
        ('apiVersion: v1\nkind: Secret\nstringData:\n  "anything": "@A@"\n', "kubernetes-secret"),
        ('<password type="text">@A@</password>', "password"),
        ('<x:dbPassword x:type="text" b="c">@A@</x:dbPassword>', "password"),
        ('<password value="@A@"/>', "password"),
        ("INFO start \x1b[36mpassword\x1b[0m=@A@ \x1b[36muser\x1b[0m=bob\n", "password"),
        ('{"log":"\\u001b[36mpassword\\u001b[0m=@A@ x\\n"}', "password"),
        ("пароль=@A@\n", "password"),
        ('"Пароль": "@A@",\n', "password"),
        ("<пароль>@A@</пароль>\n", "password"),
        ("密码：@A@\n", "password"),
        ("パスワード: @A@\n", "password"),
        ("1 SHA256 HEX:@A@\n", "ntp-key"),
        ("2 AES128 ASCII:@A@\n", "ntp-key"),
        ("# chrony.keys\n3 MD5 @A@\n", "ntp-key"),
        ("1 M @A@  # MD5 key\n", "ntp-key"),
        ("# read by exim, see passwd.client\nmail.corp.io:bob:@A@\n", "mail-password"),
        ("### target.mail.server.example:login:password\n*.corp.io:bob:@A@\n", "mail-password"),
    ],
)
def test_it_is_found(text: str, rule: str) -> None:
    assert found(text.replace("@A@", A)) == [(rule, A)]


@pytest.mark.parametrize(
    "text",
    [
        "3 MD5 9f86d081884c7d659a2feaa0c55ad015",
        "пароль: Введите8",
        "パスワード：8文字以上",
        "main.py:42:x1=33abc",
        "mail.corp.io:bob:harbour77x",
        '<PasswordPolicy minimum="12" value="8"/>',
        '<label for="password" class="wide9x">Password</label>',
        '<input type="password" class="wide9x" value="{{ v }}">',
        "apiVersion: v1\nkind: ConfigMap\nstringData:\n  a: harbour77x\n",
        "apiVersion: v1\nkind: Secret\nstringData:\n  url: https://a.corp.io/v2\n  port: '5432'\n",
        "\x1b[31mpassword\x1b[0m: required",
    ],
)
def test_it_is_none(text: str) -> None:
    assert found(text) == []
