"""Encodings are known from bytes where they can be, and guessed only then."""

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siss.detect.encoding import find_encoding
from siss.detect.widths import codec_of

XML = '<?xml version="1.0" encoding="{}"?><r>{}</r>'


def found(data: bytes, *, complete: bool = True) -> tuple[str, bool] | None:
    return find_encoding(data, complete=complete)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_marks(encoding: str) -> None:
    assert found("\ufeffGrüße aus Köln".encode(encoding)) == (encoding, False)
    assert found("\ufeff日本語".encode(encoding)) == (encoding, False)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_wide_encodings_without_a_mark(encoding: str) -> None:
    assert found("plain words, Grüße\r\n".encode(encoding)) == (encoding, True)
    assert found('<?xml version="1.0"?><a/>'.encode(encoding)) == (encoding, False)


def test_utf8_that_the_head_cuts() -> None:
    data = "é".encode() * 10
    assert found(data[:-1], complete=False) == ("utf-8", False)
    assert found("日本".encode()[:-1], complete=False) == ("utf-8", False)


def test_declared_encodings_are_tried() -> None:
    for name, codec, text in (
        ("EUC-JP", "euc_jp", "日本語"),
        ("Shift_JIS", "cp932", "日本語"),
        ("ISO-8859-1", "cp1252", "café"),
        ("ISO-8859-5", "iso8859-5", "Привет"),
        ("windows-1251", "cp1251", "Привет"),
    ):
        assert found(XML.format(name, text).encode(codec)) == (codec, False)
    # Declared, and not true: the bytes decide.
    assert found(XML.format("EUC-JP", "grün und blau").encode("utf-8")) == ("utf-8", False)
    assert found(XML.format("EUC-JP", "café").encode("cp1252")) == ("cp1252", True)
    assert found(XML.format("UTF-8", "café").encode("cp1252")) == ("cp1252", True)
    assert found(XML.format("idna", "café").encode("cp1252")) == ("cp1252", True)


def test_ebcdic_by_its_declaration() -> None:
    assert found(XML.format("IBM037", "text").encode("cp037")) == ("cp037", False)
    assert found(XML.format("cp500", "text").encode("cp500")) == ("cp500", False)


REPORT = "INVOICE 0815 OF 2026-11-23: ACCOUNT 47-11, TOTAL 1,234.50 USD (PAID)\n{}".format("customer name, street\n")


@pytest.mark.parametrize("encoding", ["cp037", "cp500", "cp273"])
@pytest.mark.parametrize("newline", ["\n", "\x85", "\r\n", ""])
def test_ebcdic_by_its_letters_and_blanks(encoding: str, newline: str) -> None:
    data = (REPORT * 5).replace("\n", newline).encode(encoding)
    assert found(data) == ("cp037", True)
    assert found(data[:-1], complete=False) == ("cp037", True)


@pytest.mark.parametrize(
    "encoding", ["cp1252", "cp850", "koi8-r", "cp1251", "cp932", "euc_jp", "gb18030", "cp949", "cp950"]
)
def test_nothing_else_is_taken_for_ebcdic(encoding: str) -> None:
    @given(st.text(st.sampled_from("abcXYZ 019 @@@.,\n\u3000éßДяあ漢字한글中文"), min_size=20, max_size=200))
    def check(text: str) -> None:
        assert found(text.encode(encoding, "ignore")) != ("cp037", True)

    check()


def test_escapes_of_iso_2022() -> None:
    assert found("件名: 日本語".encode("iso2022_jp")) == ("iso2022_jp", False)


def test_guesses() -> None:
    assert found("Größe und Straße, naïve façade, “quoted”\n".encode("cp1252") * 20) == ("cp1252", True)
    assert found(("Ошибка соединения с сервером базы данных\n" * 20).encode("cp1251")) == ("cp1251", True)
    assert found(("エラー: サーバーに接続できません。\n" * 20).encode("cp932")) == ("cp932", True)
    assert found(b"don\xd5t they\n" * 5) == ("mac-roman", True)
    assert found(b"\x81\x8d odd\n") == ("iso8859-1", True)


def test_damaged_utf8_stays_utf8() -> None:
    assert found("Größe, Übung, Straße, äöü\n".encode() * 5 + b"\xff\n") == ("utf-8", False)


def test_binary_is_no_text() -> None:
    assert found(bytes(range(256)) * 4) is None


@given(
    st.binary(min_size=1, max_size=300),
    st.sampled_from([b"", b"<?xml ", b"\xff\xfe", b"\xef\xbb\xbf", b"Lo\xa7\x94"]),
)
def test_whatever_is_found_is_a_codec(data: bytes, start: bytes) -> None:
    result = found(start + data)
    if result is not None:
        assert codecs.lookup(result[0])
        codec_of(result[0])
