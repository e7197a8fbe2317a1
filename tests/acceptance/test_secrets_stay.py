"""A secret never leaks: nothing that indexing leaves behind holds the value of one, wherever it stood in a file."""

import gzip
import json
import os
import re
from pathlib import Path

import pytest

from acceptance.product import Product
from acceptance.remains import everything, found_in
from unit.extract.secrets.made import Leak, Maker, leaks
from unit.extract.secrets.made_forms import forms

WINDOW = 1 << 20
OTHERS = 9
"""Files that are planted beside one for each leak."""


@pytest.fixture
def maker() -> Maker:
    return Maker(11)


def filler(size: int) -> str:
    line = "2026-11-21T03:04:05Z INFO request {} done in 3 ms\n"
    text = "".join(line.format(number) for number in range(size // len(line) + 1))
    return text[: text.rfind("\n", 0, size) + 1]


def at_boundaries(maker: Maker) -> str:
    """A log whose secrets stand across the ends of chunks and windows."""
    parts: list[str] = []
    size = 0
    for boundary in (4096, 8192, 3 * 4096, WINDOW, 2 * WINDOW):
        token = maker.with_crc("ghp_")
        line = f"2026-11-21T03:04:05Z WARN password={maker.password()} token: {token}\n"
        before = filler(boundary - size - len(line) // 2)
        parts += [before, line]
        size += len(before) + len(line)
    return "".join(parts)


def plant(nas: Path, maker: Maker) -> list[Leak]:
    planted = list(leaks(maker))
    for number, leak in enumerate(planted):
        suffix = ".json" if leak.text.startswith("{") else ".xml" if leak.text.startswith("<") else ".conf"
        (nas / f"leak-{number:02}{suffix}").write_text(leak.text, "utf-8", newline="")
    (nas / "boundaries.log").write_text(at_boundaries(maker))
    (nas / "wide.txt").write_bytes(f"note\npassword = {maker.password()}\n{maker.pem()}".encode("utf-16"))
    (nas / "packed.log.gz").write_bytes(gzip.compress(f"{filler(9000)}api_key={maker.chars(32)}\n".encode()))
    escaped = json.dumps({"note": "x", "key": maker.pem(), "db": {"password": maker.password() + "\u00e9"}})
    (nas / "escaped.json").write_text(escaped)
    spelt = "".join(f"\\u{ord(letter):04x}" for letter in maker.with_crc("ghp_"))
    maker.values.append(spelt.replace("\\", ""))
    (nas / "spelt.json").write_text(f'{{"token": "{spelt}"}}\n')
    (nas / "forms.txt").write_text("".join(leak.text for leak in forms(maker)), newline="")
    (nas / "master.key").write_text(f"{maker.hex(32)}\n")
    (nas / "zugang.csv").write_text(f"sep=;\nGerät;Kennwort\nAP 1;{maker.password()}\n")
    rows = "".join(f'h{row},"{maker.password()}",{maker.hex(32)},none\n' for row in range(400))
    (nas / "users.csv").write_text(f"host,Password,api_key,note\n{rows}")
    return planted


def settled(product: Product) -> str:
    return product.said.read_text() if product.said.exists() else ""


def assert_clean(product: Product, maker: Maker, *outputs: str) -> None:
    assert found_in(product.data_dir, maker.values) == {}
    said = "\n".join((settled(product), *outputs)).lower()
    assert [value for value in maker.values if len(value) > 7 and value.lower() in said] == []


def test_no_value_is_left_behind(product: Product, nas: Path, maker: Maker) -> None:
    planted = plant(nas, maker)
    asked = maker.with_crc("ghp_")
    indexed = product.run("index", nas)
    (nas / "app.log").write_text(filler(50_000))
    with product.serving(nas, search_log="true", tail_seconds="0.1", rest_seconds="1000") as server:
        # A key comes in pieces, and a value below its name, each with the file having been read up to there.
        key = maker.pem().splitlines(keepends=True)
        pieces = ["".join(key[:5]), "".join(key[5:]) + "password:\n", f"  {maker.password()}\n", filler(40_000)]
        for piece in pieces:
            with (nas / "app.log").open("a") as log:
                log.write(piece)
            server.wait_idle()
        server.wait_idle()
        assert server.search(asked)["total"] == 0
        hidden = server.get("/stats")["hidden"]
        assert hidden > len(planted) // 6
        assert server.get("/files", hidden="true", size=200)["total"] == len(planted) + OTHERS + 1
        assert server.get("/files", size=200)["total"] == len(planted) + OTHERS + 1 - hidden
    maker.values.append(asked)
    assert_clean(product, maker, indexed)


def test_accepted_secrets_are_shown_redacted(product: Product, nas: Path, maker: Maker) -> None:
    planted = plant(nas, maker)
    product.run("index", nas)
    marks = {
        found.decode()
        for place, data in everything(product.data_dir)
        if place == "text in text_blocks"
        for found in re.findall("«secret:[a-z0-9-]+:([0-9a-f]{16})»".encode(), data)
    }
    assert len(marks) > len(planted) // 2
    baseline = product.data_dir.with_name("baseline")
    baseline.write_text("\n".join(sorted(marks)))
    product.environ["SISS_SECRET_BASELINE"] = os.fspath(baseline)
    report = product.json("index", nas)
    assert report["indexed"] == len(planted) + OTHERS
    with product.serving(nas) as server:
        assert server.get("/stats")["hidden"] == 0
        assert server.search("ghp")["total"] == 0
        assert server.search("secret github token")["total"] > 0
    assert_clean(product, maker)


TRUE_NAMES = ("table files", "table folders", "postgres/")
"""Where the names that files have on the disk stand, to open them by, and what the database writes of its tables."""


def test_no_name_of_a_file_tells_its_secret(product: Product, nas: Path, maker: Maker) -> None:
    token, key = maker.with_crc("ghp_"), maker.hex(32)
    folder = nas / f"export?api_key={key}"
    folder.mkdir()
    (folder / "notes.txt").write_text(" ".join(f"word{number}" for number in range(100)))
    (nas / f"dump-{token}.sql").write_text("create table lighthouse\n")
    (nas / f"link-{token}").symlink_to("/etc/hostname")
    (nas / f"acme_{maker.hex(32)}.txt").write_text("of a rule that comes later\n")
    told = [product.run("index", nas)]
    rules = product.data_dir.with_name("rules.toml")
    rules.write_text("[[rules]]\nid = 'acme-token'\nregex = 'acme_[a-f0-9]{32}'\n")
    with product.serving(nas, search_log="true", secret_rules=str(rules)) as server:
        server.wait_idle()
        (later,) = server.paths("later")
        assert re.fullmatch(re.escape(f"{nas}/«secret:acme-token:") + "[0-9a-f]{16}»[.]txt", later)
        assert server.paths("name:acme") == {later}
        (nas / "plain.txt").write_text("plainly\n")
        server.wait_for("plainly", {str(nas / "plain.txt")})
        (dump,) = server.paths("table")
        mark = dump.removeprefix(f"{nas}/dump-").removesuffix(".sql")
        assert re.fullmatch("«secret:github-token:[0-9a-f]{16}»", mark)
        (nas / "plain.txt").rename(nas / f"renamed-{token}.txt")
        server.wait_for("plainly", {f"{nas}/renamed-{mark}.txt"})
        server.wait_for(mark, {dump, f"{nas}/renamed-{mark}.txt"})
        for listed in server.get("/files", size=100)["items"]:
            assert server.get(f"/files/{listed['id']}")["path"] == listed["path"]
            assert server.http.get(f"/api/v1/files/{listed['id']}/download").status_code == 200
            told.append(json.dumps([listed, server.get(f"/files/{listed['id']}/related")]))
        # Who knows the true name may ask by it, and by the one that is shown.
        told.append(product.run("why", nas / f"dump-{token}.sql"))
        told.append(product.run("why", nas / f"link-{token}"))
        told.append(product.run("scan", folder))
        asked = product.json("why", folder)
        assert asked["folder"]["files"] == 1
        told.append(json.dumps(asked))
        told.append(product.run("why", dump))
    found = found_in(product.data_dir, maker.values)
    assert [place for place in found if not place.startswith(TRUE_NAMES)] == []
    said = "\n".join((settled(product), *told)).lower()
    assert [value for value in maker.values if value.lower() in said] == []
