"""What files are: bytes decide, names choose among what the bytes allow."""

import io
import json
import tarfile
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from growth import assert_linear
from siss.detect.sniff import sniff
from siss.model.content import Kind
from siss.model.coverage import Reason

LOG = b"2026-11-21 03:04:05,678 INFO started in 7 ms\n2026-11-21 03:04:06,001 WARN slow\n  at a.b.C(D.java:5)\n"
CSV = b'id,name,city\n1,"M\xc3\xbcller, Hans",K\xc3\xb6ln\n2,Ann,Bonn\n3,Bob,Rome\n'


def zip_bytes() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.txt", "text")
    return file.getvalue()


def tar_bytes() -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("a.txt"), io.BytesIO())
    return file.getvalue()


CASES: list[tuple[str, bytes, Kind, str]] = [
    ("empty.json", b"", Kind.EMPTY, "application/x-empty"),
    ("a.json", b'{"a": [1, 2]}', Kind.JSON, "application/json"),
    ("noname", b'\n {"a": [1, 2]}', Kind.JSON, "application/json"),
    ("a.txt", b'[{"a": 1},\n {"a": 2}]', Kind.JSON, "application/json"),
    ("a.geojson", b'{"type": "Feature"}', Kind.JSON, "application/geo+json"),
    ("a.json", b'{"a": 1, // comment\n "b": 2,}', Kind.JSON, "application/json"),
    ("a.json", b'{"a": tru', Kind.JSON, "application/json"),
    ("a.json", b"42", Kind.JSON, "application/json"),
    ("a.json", b"[NaN, Infinity]", Kind.JSON, "application/json"),
    ("a.json", b"not json at all", Kind.TEXT, "text/plain"),
    ("a.json", b'{"a": 1}\n{"a": 2}\n{"a": 3}\n', Kind.JSONL, "application/jsonl"),
    ("a.jsonl", b'{"a": 1}\nbroken\n', Kind.JSONL, "application/jsonl"),
    ("app.log", b'{"ts": 1, "msg": "a"}\n{"ts": 2, "msg": "b"}\n', Kind.JSONL, "application/jsonl"),
    ("a", b'{"a": 1}\n{"a": 2}\n', Kind.JSONL, "application/jsonl"),
    ("a.xml", b"<?xml version='1.0'?><a/>", Kind.XML, "text/xml"),
    ("a.xml", b"<a><b></a>", Kind.XML, "text/xml"),
    ("a", b"<feed xmlns='x'><entry/></feed>", Kind.XML, "text/xml"),
    ("a.txt", b"<no xml", Kind.TEXT, "text/plain"),
    ("site.conf", b"<VirtualHost *:80>\n  ServerName x\n</VirtualHost>\n", Kind.TEXT, "text/plain"),
    ("fluent.conf", b"<source>\n  @type tail\n</source>\n<match **>\n</match>\n", Kind.TEXT, "text/plain"),
    ("dbus.conf", b"<!DOCTYPE busconfig>\n<busconfig><user>x</user></busconfig>\n", Kind.XML, "text/xml"),
    ("my.cnf", b"# ours\n[mysqld]\nport=3306\n", Kind.TEXT, "text/x-ini"),
    ("notes", b"[draft]\nno settings\n", Kind.TEXT, "text/plain"),
    ("run", b"#!/usr/bin/env python3\nprint(1)\n", Kind.TEXT, "text/x-python"),
    ("rules", b"#!/usr/bin/make -f\nA=1\nB=2\n", Kind.TEXT, "text/x-makefile"),
    ("warn", b"#! /bin/sh\nWARNING: a\nWARNING: b\n", Kind.TEXT, "text/x-shellscript"),
    ("run.csv", b"#!/bin/sh,b\n1,2\n", Kind.DELIMITED, "text/csv"),
    ("a.svg", b"<svg/>", Kind.XML, "image/svg+xml"),
    ("a", b"<!DOCTYPE html><html><p>hi", Kind.TEXT, "text/html"),
    ("a.html", b"<p>hi", Kind.TEXT, "text/html"),
    ("a.csv", CSV, Kind.DELIMITED, "text/csv"),
    ("a.txt", CSV, Kind.DELIMITED, "text/csv"),
    ("a", CSV.replace(b",", b"\t"), Kind.DELIMITED, "text/tab-separated-values"),
    ("a.csv", b"only one column\n1\n2\n", Kind.DELIMITED, "text/csv"),
    ("app.log", LOG, Kind.LOG, "text/x-log"),
    ("app.log.3", b"no stamps here\n", Kind.LOG, "text/x-log"),
    ("app.log-20260101.gz", b"no stamps here\n", Kind.LOG, "text/x-log"),
    ("out.txt", LOG, Kind.LOG, "text/x-log"),
    ("a", b"<34>Oct 11 22:14:15 host su: failed\n<35>Oct 11 22:14:16 host su: failed\n", Kind.LOG, "text/x-log"),
    ("a", b"[Sun Dec 04 04:47:44 2005] [error] x\n[Sun Dec 04 04:47:45 2005] [error] y\n", Kind.LOG, "text/x-log"),
    ("a", b'1.2.3.4 - - [21/Nov/2026:03:04:05 +0000] "GET /" 200 5\n' * 3, Kind.LOG, "text/x-log"),
    (".env", b"KEY=value\n", Kind.KEYVALUE, "text/x-env"),
    ("a.properties", b"# c\na.b=1\na.c: 2\n", Kind.KEYVALUE, "text/x-java-properties"),
    ("settings", b"# c\nname = 1\nother_name=2\nthird = x y z\n", Kind.KEYVALUE, "text/plain"),
    ("a.ini", b"[a]\nb=1\n", Kind.TEXT, "text/x-ini"),
    ("a.yaml", b"a: 1\nb: 2\n", Kind.TEXT, "application/yaml"),
    ("a.toml", b"a = 1\nb = 2\n", Kind.TEXT, "application/toml"),
    ("README.md", b"| a | b |\n|---|---|\n| 1 | 2 |\n", Kind.TEXT, "text/markdown"),
    ("a.py", b"a = 1\nb = 2\n", Kind.TEXT, "text/x-python"),
    ("a.txt", b"Dear all,\n\nthe meeting, as you know, is off.\nBest,\nAnn\n", Kind.TEXT, "text/plain"),
    ("a.json", bytes(range(256)) * 9, Kind.BINARY, "application/octet-stream"),
    ("a.xml", b"\x89PNG\r\n\x1a\n" + bytes(100), Kind.BINARY, "image/png"),
    ("a.csv", zip_bytes(), Kind.ARCHIVE, "application/zip"),
    (
        "a.docx",
        zip_bytes(),
        Kind.ARCHIVE,
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ),
    ("a.txt", tar_bytes(), Kind.ARCHIVE, "application/x-tar"),
    ("a.gz", b"\x1f\x8b\x08" + bytes(20), Kind.BINARY, "application/gzip"),
    ("a.log", b"\xff\xfe" + LOG.decode().encode("utf-16-le"), Kind.LOG, "text/x-log"),
    ("nul.log", b"2026-01-01 ok\n" * 5 + bytes(12), Kind.LOG, "text/x-log"),
    ("zeros.log", bytes(4000), Kind.BINARY, "application/octet-stream"),
    ("truncated_under_its_writer.log", bytes(40000) + LOG, Kind.LOG, "text/x-log"),
    ("truncated_long_ago.log", bytes(200001) + LOG, Kind.LOG, "text/x-log"),
    ("hole.txt", bytes(1000) + "größe\n".encode("utf-16-be") * 9, Kind.TEXT, "text/plain"),
    (
        "cd.iso",
        bytes(32768) + b"\1CD001\1" + b" label" * 300 + bytes(4000),
        Kind.BINARY,
        "application/x-iso9660-image",
    ),
    ("set_aside.log", LOG + bytes(60000), Kind.LOG, "text/x-log"),
    ("padded.txt", b"name".ljust(16, b"\0") * 300, Kind.BINARY, "application/octet-stream"),
    ("ID3.txt", b"ID3 tags are explained here\n", Kind.TEXT, "text/plain"),
]


@pytest.mark.parametrize(("name", "data", "kind", "mime"), CASES)
def test_kind_and_mime(name: str, data: bytes, kind: Kind, mime: str) -> None:
    found = sniff(data, name, complete=True)
    assert (found.kind, found.mime) == (kind, mime)
    assert (found.encoding is None) == (kind in {Kind.EMPTY, Kind.BINARY, Kind.ARCHIVE})
    assert (found.dialect is None) == (kind is not Kind.DELIMITED)


def test_a_long_document_is_known_by_its_head() -> None:
    rows = json.dumps([{"id": n, "text": "word " * 20} for n in range(2000)], indent=1).encode()
    assert sniff(rows[: 1 << 16], "export", complete=False).kind is Kind.JSON
    assert sniff(b'{"key": "' + b"x" * (1 << 16), "export", complete=False).kind is Kind.JSON


def test_what_is_guessed_or_left_out_is_said() -> None:
    (gap,) = sniff("Größe\n".encode("cp1252") * 9, "a.txt", complete=True).gaps
    assert (gap.reason, gap.lost) == (Reason.ENCODING_GUESSED, False)
    (gap,) = sniff(b"%PDF-1.7\n\xe2", "a.pdf", complete=True).gaps
    assert (gap.reason, gap.lost) == (Reason.BINARY, True)


@pytest.mark.parametrize(
    ("data", "delimiter", "quote", "header", "columns"),
    [
        (CSV, ",", '"', True, 3),
        (CSV.replace(b",", b";").replace(b'"', b""), ";", '"', True, 3),
        (b"1|2|3\n4|5|6\n", "|", '"', False, 3),
        (b"'a, b','c'\n'd','e, f'\n'g','h'\n", ",", "'", False, 2),
        (b'a,b\n"two\nlines",1\nx,2\ny,3\n', ",", '"', True, 2),
    ],
)
def test_dialects(data: bytes, delimiter: str, quote: str, header: bool, columns: int) -> None:
    dialect = sniff(data, "a.csv", complete=True).dialect
    assert dialect is not None
    assert (dialect.delimiter, dialect.quote, dialect.header, dialect.columns) == (delimiter, quote, header, columns)


@pytest.mark.parametrize(
    "piece",
    [
        b"<",
        b"[",
        b"{",
        b'"',
        b"a,",
        b'"a,',
        b"a=",
        b"<a ",
        b" ",
        b"\n",
        b"1-",
        b"2026-",
        b"<!--",
        b"\\",
        b'{"a":',
        b"x\0",
        b"'a',",
    ],
)
def test_hostile_repetition_takes_linear_time(piece: bytes) -> None:
    def look(length: int) -> None:
        for name in ("a", "a.json", "a.csv", "a.xml", "a.log", ".env"):
            sniff(piece * (length // len(piece)), name, complete=False)

    assert_linear(look, 1 << 16)


@given(
    st.binary(max_size=400) | st.text(max_size=200).map(str.encode),
    st.sampled_from(["a", "a.json", "a.csv", "a.xml", "a.log", ".env", "a.jsonl", "a.txt", "a.zip"]),
    st.booleans(),
)
def test_no_bytes_raise(data: bytes, name: str, complete: bool) -> None:
    found = sniff(data, name, complete=complete)
    assert "/" in found.mime
