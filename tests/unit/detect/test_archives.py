"""Member names come out of honest archives whole, and of hostile ones within bounds."""

import io
import tarfile
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siss.detect.archives import list_members
from siss.detect.magic import TAR, ZIP
from siss.model.coverage import Reason
from siss.model.text import Ledger

NAMES = ["etc/app.conf", "logs/ünïcødé 日本.log", "deep/" * 30 + "x" * 120, "a\nb\x1b[31m.txt"]


def zip_of(names: list[str]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            archive.writestr(name, b"text " * 50)
    return file.getvalue()


def tar_of(names: list[str], form: int) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=form) as archive:
        for name in names:
            info = tarfile.TarInfo(name)
            info.size = 700
            archive.addfile(info, io.BytesIO(b"x" * 700))
    return file.getvalue()


def listed(data: bytes, mime: str, limit: int = 100) -> tuple[list[str], Ledger]:
    ledger = Ledger()
    blocks = [data[start : start + 1000] for start in range(0, len(data), 1000)]
    return list_members(mime, blocks, io.BytesIO(data), ledger, limit=limit), ledger


SHOWN = [*NAMES[:3], "a\\nb\\x1b[31m.txt"]


def test_zip_names() -> None:
    names, ledger = listed(zip_of(NAMES), ZIP)
    assert names == SHOWN
    assert [gap.reason for gap in ledger.gaps] == [Reason.ARCHIVE]


def test_zip_behind_something_else_and_position_kept() -> None:
    data = b"#!/bin/sh\n" * 20 + zip_of(NAMES)
    file = io.BytesIO(data)
    file.seek(5)
    assert list_members(ZIP, [], file, Ledger(), limit=100) == SHOWN
    assert file.tell() == 5


@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_tar_names(form: int) -> None:
    names, _ = listed(tar_of(NAMES, form), TAR)
    assert names == SHOWN


def test_the_limit_is_said() -> None:
    for data, mime in ((zip_of(NAMES), ZIP), (tar_of(NAMES, tarfile.PAX_FORMAT), TAR)):
        names, ledger = listed(data, mime, limit=2)
        assert names == SHOWN[:2]
        assert "2 names" in ledger.gaps[0].detail


def test_what_stands_before_damage_is_kept() -> None:
    names, ledger = listed(tar_of(NAMES, tarfile.PAX_FORMAT)[:2000], TAR)
    assert names == SHOWN[:1]
    assert "cut" in ledger.gaps[0].detail
    names, ledger = listed(zip_of(NAMES)[:-30], ZIP)
    assert names == []
    assert "central directory" in ledger.gaps[0].detail


def test_a_directory_that_lies_about_itself() -> None:
    data = bytearray(zip_of(NAMES))
    end = data.rfind(b"PK\x05\x06")
    data[end + 12 : end + 16] = b"\xf0\xff\xff\x7f"
    names, ledger = listed(bytes(data), ZIP)
    assert names == []
    assert "outside" in ledger.gaps[0].detail


def test_other_archives_are_said_not_to_be_listed() -> None:
    assert listed(b"7z\xbc\xaf\x27\x1c" + bytes(50), "application/x-7z-compressed")[0] == []


@given(st.binary(max_size=300), st.integers(0, 3000), st.booleans())
def test_no_damage_raises(noise: bytes, at: int, as_zip: bool) -> None:
    data = zip_of(NAMES) if as_zip else tar_of(NAMES, tarfile.PAX_FORMAT)
    at %= len(data)
    names, ledger = listed(data[:at] + noise + data[at + len(noise) :], ZIP if as_zip else TAR)
    assert len(names) <= 100
    assert all(name.isprintable() for name in names)
    assert ledger.counts == {Reason.ARCHIVE: 1}
