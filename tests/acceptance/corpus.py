"""A small NAS made in code: every kind of file that the main job reads, with words that only one of them has."""

import bz2
import gzip
import io
import json
import lzma
import random
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import zstandard

WORDS = [
    "alpha",
    "bravo",
    "charlie",
    "delta",
    "echo",
    "foxtrot",
    "golf",
    "hotel",
    "india",
    "juliet",
    "kilo",
    "lima",
    "mike",
    "november",
    "oscar",
    "papa",
    "quebec",
    "romeo",
    "sierra",
    "tango",
    "uniform",
    "victor",
    "whiskey",
    "xray",
    "yankee",
    "zulu",
    "connection",
    "refused",
    "timeout",
    "latency",
    "replica",
    "primary",
    "backup",
]


def log_lines(rng: random.Random, count: int, start: datetime | None = None) -> str:
    """Lines of an application's log, one a second."""
    at = start or datetime(2026, 11, 20, 12, tzinfo=UTC)
    lines = []
    for _ in range(count):
        at += timedelta(seconds=1)
        level = rng.choice(["INFO", "INFO", "INFO", "WARN", "ERROR"])
        host = f"db-prod-{rng.randrange(20):02}.example.com"
        lines.append(f"{at:%Y-%m-%dT%H:%M:%SZ} {level} [{host}] {' '.join(rng.choices(WORDS, k=8))}\n")
    return "".join(lines)


def make_corpus(root: Path, *, files: int = 40, seed: int = 1) -> dict[str, str]:
    """Fill a folder. Returns a needle for each file that has one: the word and the file's relative path."""
    rng = random.Random(seed)
    needles: dict[str, str] = {}

    def put(path: str, data: bytes, needle: str | None = None) -> None:
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
        if needle:
            needles[needle] = path

    put("notes/readme.md", b"# Readme\n\nneedlemarkdown lives here\n", "needlemarkdown")
    put("conf/app.ini", b"[db]\nhost = db-prod-01.example.com\nneedleini = 1\n", "needleini")
    put("conf/app.env", b"PGHOST=db-prod-01\nMAX_CONNECTIONS=needleenv\n", "needleenv")
    put("conf/app.json", json.dumps({"database": {"host": "x", "name": "needlejson"}}).encode(), "needlejson")
    put("conf/app.yaml", b"server:\n  name: needleyaml\n", "needleyaml")
    put("conf/pom.xml", b"<project><name>needlexml</name></project>", "needlexml")
    put("data/table.csv", b"id;name\n1;needlecsv\n2;other\n", "needlecsv")
    put("data/rows.jsonl", b'{"a":1}\n{"a":"needlejsonl"}\nbroken\n', "needlejsonl")
    put("data/wide.txt", "needleutf16 \u00fcber \u65e5\u672c\n".encode("utf-16"), "needleutf16")
    put(
        "data/latin.txt",
        "caf\u00e9 needlelatin cr\u00e8me br\u00fbl\u00e9e d\u00e9j\u00e0 vu\n".encode("latin-1") * 4,
        "needlelatin",
    )
    put("logs/old.log.gz", gzip.compress(log_lines(rng, 50).encode() + b"needlegz\n"), "needlegz")
    put("logs/old.log.bz2", bz2.compress(log_lines(rng, 50).encode() + b"needlebz2\n"), "needlebz2")
    put("logs/old.log.xz", lzma.compress(log_lines(rng, 50).encode() + b"needlexz\n"), "needlexz")
    put("logs/old.log.zst", zstandard.compress(log_lines(rng, 50).encode() + b"needlezst\n"), "needlezst")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("inside/needlemember.txt", "needleunread")
    put("data/bundle.zip", archive.getvalue(), "needlemember")
    put("data/picture.json", b"\x89PNG\r\n\x1a\n" + rng.randbytes(2000))
    put("data/empty.txt", b"")
    put("copies/readme-copy.md", b"# Readme\n\nneedlemarkdown lives here\n")
    for number in range(files):
        text = log_lines(rng, rng.randrange(5, 120)) + f"needlelog{number}\n"
        put(f"logs/{number % 4}/app-{number}.log", text.encode(), f"needlelog{number}")
    return needles
