"""Fingerprints: equal for equal values, unguessable without the key."""

import base64
import json
from urllib.parse import quote
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siss.extract.secrets.fingerprint import MARK, Fingerprinter, mark
from siss.extract.secrets.piece import Piece
from siss.extract.secrets.scan import Scanner
from siss.extract.secrets.unescape import decode_base64, decode_text, unescape_string, unescape_url

SCANNER = Scanner()
ONE = Fingerprinter(b"one key of a database, 32 bytes.")


def fingerprints(text: str) -> list[str]:
    data = text.encode()
    return [ONE.of(found.value) for found in SCANNER.scan(Piece.whole(data)).found]


def test_it_has_64_bits_and_reads_well() -> None:
    made = ONE.of(b"value")
    assert len(bytes.fromhex(made)) == 8
    assert mark("aws-access-key", made).decode() == f"«secret:aws-access-key:{made}»"
    assert MARK.fullmatch(mark("aws-access-key", made))


def test_another_key_gives_another_one() -> None:
    assert ONE.of(b"value") != Fingerprinter(b"two key of a database, 32 bytes.").of(b"value")


def test_the_key_is_not_shown_and_not_short() -> None:
    assert "key" not in repr(ONE)
    with pytest.raises(ValueError, match="32") as error:
        Fingerprinter(b"short and secret")
    assert "secret" not in str(error.value)


def test_a_value_is_the_same_however_it_is_escaped() -> None:
    value = 'p"a&s<9/é%x7'
    expected = ONE.of(value.encode())
    for text in (
        json.dumps({"password": value}),
        json.dumps({"password": value}, ensure_ascii=False),
        json.dumps({"message": json.dumps({"password": value}, ensure_ascii=False)}, ensure_ascii=False),
        f"<password>{escape(value)}</password>",
        f"<a password={escape(value, {chr(34): '&quot;'}).join([chr(34)] * 2)}/>",
        f"GET /?user=b&password={quote(value, safe='')}&y=1",
        f"postgres://bob:{quote(value, safe='')}@db.corp.io/x",
        f"Authorization: Basic {base64.b64encode(f'bob:{value}'.encode()).decode()}",
    ):
        assert fingerprints(text) == [expected], text


def test_a_key_is_the_same_in_a_file_and_in_json() -> None:
    body = base64.b64encode(b"\x30\x82" + bytes(range(200))).decode()
    pem = f"-----BEGIN PRIVATE KEY-----\n{body[:64]}\n{body[64:]}\n-----END PRIVATE KEY-----\n"
    once = fingerprints(pem)
    assert len(once) == 1
    assert fingerprints(pem.replace("\n", "\r\n")) == once
    assert fingerprints(json.dumps({"private_key": pem})) == once
    assert fingerprints("key: |\n" + "".join(f"    {line}\n" for line in pem.splitlines())) == once
    assert fingerprints(f"tls.key: {base64.b64encode(pem.encode()).decode()}") == once


@given(st.text(max_size=60))
def test_json_escapes_are_undone(value: str) -> None:
    assert unescape_string(json.dumps(value)[1:-1].replace("&", "\\u0026").encode()) == value.encode()


@given(st.binary(max_size=60))
def test_url_and_base64_are_undone(value: bytes) -> None:
    assert unescape_url(quote(value, safe="").encode()) == value
    assert (decode_base64(base64.b64encode(value)) or b"") == value
    assert (decode_base64(base64.urlsafe_b64encode(value).rstrip(b"=")) or b"") == value


def test_base64_of_binary_data_is_no_text() -> None:
    assert decode_text(base64.b64encode(bytes(range(128, 160)))) is None
    assert decode_base64(b"not base64!") is None
