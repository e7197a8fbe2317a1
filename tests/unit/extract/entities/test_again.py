"""A second look at a stretch of a log: what one line tells is the same where it stands alone in another."""

import pytest

from growth import assert_linear
from siss.extract.entities.scan import Scanner
from siss.model.entity import Confidence

CLOCK = "2026-11-20 08:00:0{} "


def logged(*lines: str) -> bytes:
    """Lines of a log, each with its time, and some more of them."""
    every = (*lines, "ready", "ready", "ready")
    return "\n".join(CLOCK.format(number) + line for number, line in enumerate(every)).encode()


def found_again(text: bytes) -> list[tuple[str, str, int]]:
    """Type, value and the line of what only the second look finds."""
    return [
        (one.name.type.value, one.name.value, text.count(b"\n", 0, one.start))
        for one in Scanner().mentions(text)
        if one.confidence is Confidence.LOW
    ]


@pytest.mark.parametrize(
    ("told", "alone", "again"),
    [
        ("node=cmp-013 is up", "evacuating of cmp-013 failed", [("hostname", "cmp-013", 1)]),
        ("connect to host jumpbox port 22", "jumpbox: certificate of jumpbox expired", []),
        ('host="jumpbox"', "certificate of jumpbox expired", [("hostname", "jumpbox", 1)]),
        ("user=mmeier ok", "quota of mmeier, mmeier.", [("username", "mmeier", 1)] * 2),
        # A machine without its domain, a user without that, and behind a sign
        ("from ftp1.firma.org", "partner of ftp1 (ftp1) id=ftp1", [("hostname", "ftp1", 1)] * 3),
        ("from mail.firma.org", "the mail mail", []),
        ("user='KONTOR\\dlopez' ok", "refused dlopez", [("username", "dlopez", 1)]),
        # What is part of another name, or was told as something else
        ("user=mmeier ok", "/home/mmeier/x mmeier@x.org mmeiers mmeier-old x.mmeier mmeier.example", []),
        ("user=mmeier ok", "key=mmeier mmeier=1 mmeier() $mmeier", []),
        # Words that mean something else in the next sentence
        ("user=backup ok", "the backup failed", []),
        ("user=Check ok", "Check this", []),
        ("host=db ok", "the db failed", []),
        ("user=bob ok", "bob", []),
    ],
)
def test_what_stands_alone(told: str, alone: str, again: list[tuple[str, str, int]]) -> None:
    assert found_again(logged(told, alone)) == again


def test_only_in_logs() -> None:
    assert found_again(b"host=erp-hub\ngiving up on erp hub\nand erp-hub again") == []
    assert found_again(b"host=erp-7\ngiving up on erp 7\nand erp-7 again") == [("hostname", "erp-7", 2)]
    text = logged("host=erp-hub", "giving up, erp-hub again")
    assert found_again(text) == [("hostname", "erp-hub", 1)]
    assert found_again(text + b"x" * 20_000) == []


def test_mentions_are_counted_where_they_are_scanned() -> None:
    text = logged("host=erp-hub", "giving up, erp-hub again, erp-hub")
    found = [
        text[start + kept[2] : start + kept[3]]
        for start, _, findings, _ in Scanner().scan([text])[0]
        for kept in findings
    ]
    assert found.count(b"erp-hub") == 3


def test_many_names_take_linear_time() -> None:
    lines = b"".join(b"08:00:00 user=mmeier%d x mmeier%d y\n" % (number, number) for number in range(4_000))
    scanner = Scanner()
    assert_linear(lambda size: scanner.scan([lines[:size]]), len(lines))
