"""A folder becomes searchable: `siss index`, then questions, without a server.

The tests share one index and come in this order: what each changes, none of the later ones looks at.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from acceptance.corpus import make_corpus
from acceptance.product import Product


@dataclass(frozen=True)
class Indexed:
    """A folder, its needles by what they stand in, what indexing it was said to do, and what it did."""

    product: Product
    nas: Path
    needles: dict[str, str]
    plan: Any
    report: Any


@pytest.fixture(scope="module")
def indexed(tmp_path_factory: pytest.TempPathFactory) -> Indexed:
    folder = tmp_path_factory.mktemp("once")
    nas = folder / "nas"
    nas.mkdir()
    needles = make_corpus(nas)
    product = Product(folder / "state")
    plan = product.json("index", nas, "--dry-run")
    return Indexed(product, nas, needles, plan, product.json("index", nas))


def test_every_kind_of_file_is_found_and_accounted_for(indexed: Indexed) -> None:
    product, nas = indexed.product, indexed.nas
    files = sum(1 for path in nas.rglob("*") if path.is_file())
    assert indexed.plan["files"] == indexed.report["files"] == files
    assert indexed.report["indexed"] == files
    assert indexed.report["failed"] == 0

    with product.serving(nas) as server:
        for needle, path in indexed.needles.items():
            answer = server.search(needle)
            found = {shown for item in answer["items"] for shown in (item["path"], *item["other_paths"])}
            assert str(nas / path) in found, needle
            if needle != "needlemember":
                assert f"<em>{needle}</em>" in answer["items"][0]["chunk_match"]["highlight"]
        assert server.search('"needleunread"')["total"] == 0
        assert server.get("/stats")["files"] == files
        for path, reason in (("data/picture.json", "binary"), ("data/bundle.zip", "archive_members_unread")):
            coverage = product.json("why", nas / path)
            assert reason in [gap["reason"] for gap in coverage["coverage"]["gaps"]]
        verified = product.json("verify")
        assert verified["result"]["clean"], verified


def test_indexing_again_reads_nothing_anew(indexed: Indexed) -> None:
    product, nas = indexed.product, indexed.nas
    again = product.json("index", nas)
    assert again["indexed"] == 0
    (nas / "conf/app.ini").write_text("needlechanged = 2\n")
    (nas / "notes/readme.md").rename(nas / "notes/moved.md")
    (nas / "conf/app.env").unlink()
    changed = product.json("index", nas)
    assert changed["indexed"] == 1
    with product.serving(nas) as server:
        assert server.search("needlechanged")["total"] == 1
        assert server.search('"needleini"')["total"] == 0
        assert server.search('"needleenv"')["total"] == 0
        moved = server.search("needlemarkdown")
        assert {moved["items"][0]["path"], *moved["items"][0]["other_paths"]} == {
            str(nas / "notes/moved.md"),
            str(nas / "copies/readme-copy.md"),
        }
        assert product.json("verify")["result"]["clean"]


def test_errors_are_one_line_with_what_to_do(indexed: Indexed, monkeypatch: pytest.MonkeyPatch) -> None:
    product = indexed.product
    assert product.run("search", "modifed:>2026", expect=2) == ""
    assert product.run("index", indexed.nas / "nowhere", expect=2) == ""
    monkeypatch.setitem(product.environ, "SISS_CHUNK_BYTES", "many")
    assert product.run("stats", expect=2) == ""


def test_the_engine_is_rebuilt_from_local_texts(indexed: Indexed) -> None:
    product, nas = indexed.product, indexed.nas
    for folder in (product.data_dir / "search").iterdir():
        for file in sorted(folder.rglob("*"), reverse=True):
            file.unlink() if file.is_file() else file.rmdir()
        folder.rmdir()
    nas.rename(nas.with_name("away"))
    nas.mkdir()  # as the mount point of a NAS that is not there
    report = product.json("index", nas, expect=7)
    assert "empty" in report["roots"][0]["outage"]
    assert product.json("search", '"needlejson"')["total"] == 1
    assert product.json("verify")["result"]["clean"]
    (terms,) = (product.data_dir / "search").glob("*/files/*.term")
    data = terms.read_bytes()
    terms.write_bytes(data[:20] + bytes(200) + data[220:])
    told = product.json("verify", expect=8)["result"]
    assert (told["clean"], told["engine_damaged"]) == (False, [f"files/{terms.name}: changed"])
    product.json("verify", "--repair")
    assert product.json("search", '"needlejson"')["total"] == 1
