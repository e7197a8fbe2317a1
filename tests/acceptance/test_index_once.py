"""A folder becomes searchable: `siss index`, then questions, without a server."""

from pathlib import Path

from acceptance.product import Product


def test_every_kind_of_file_is_found_and_accounted_for(product: Product, nas: Path, needles: dict[str, str]) -> None:
    plan = product.json("index", nas, "--dry-run")
    report = product.json("index", nas)
    files = sum(1 for path in nas.rglob("*") if path.is_file())
    assert plan["files"] == report["files"] == files
    assert report["indexed"] == files
    assert report["failed"] == 0

    for needle, path in needles.items():
        answer = product.json("search", needle)
        found = {shown for item in answer["items"] for shown in (item["path"], *item["other_paths"])}
        assert str(nas / path) in found, needle
        assert answer["total"] >= 1
        if needle != "needlemember":
            item = answer["items"][0]
            assert f"<em>{needle}</em>" in item["chunk_match"]["highlight"]

    assert product.json("search", "needleunread", expect=1)["total"] == 0
    stats = product.json("stats")
    assert stats["files"] == files
    why = product.json("why", nas / "data/picture.json")
    assert [gap["reason"] for gap in why["gaps"]] == ["binary"]
    why = product.json("why", nas / "data/bundle.zip")
    assert [gap["reason"] for gap in why["gaps"]] == ["archive_members_unread"]
    assert product.json("verify")["clean"]


def test_indexing_again_reads_nothing_anew(product: Product, nas: Path, needles: dict[str, str]) -> None:
    product.json("index", nas)
    again = product.json("index", nas)
    assert again["indexed"] == 0
    (nas / "conf/app.ini").write_text("needlechanged = 2\n")
    (nas / "notes/readme.md").rename(nas / "notes/moved.md")
    (nas / "conf/app.env").unlink()
    changed = product.json("index", nas)
    assert changed["indexed"] == 1
    assert product.json("search", "needlechanged")["total"] == 1
    assert product.json("search", "needleini", expect=1)["total"] == 0
    assert product.json("search", "needleenv", expect=1)["total"] == 0
    moved = product.json("search", "needlemarkdown")
    assert {moved["items"][0]["path"], *moved["items"][0]["other_paths"]} == {
        str(nas / "notes/moved.md"),
        str(nas / "copies/readme-copy.md"),
    }
    assert product.json("verify")["clean"]


def test_the_engine_is_rebuilt_from_local_texts(product: Product, nas: Path, needles: dict[str, str]) -> None:
    product.json("index", nas)
    for folder in (product.data_dir / "search").iterdir():
        for file in sorted(folder.rglob("*"), reverse=True):
            file.unlink() if file.is_file() else file.rmdir()
        folder.rmdir()
    nas.rename(nas.with_name("away"))
    product.json("index", nas)
    assert product.json("search", "needlejson")["total"] == 1
    assert product.json("verify")["clean"]


def test_errors_are_one_line_with_what_to_do(product: Product, nas: Path) -> None:
    assert product.run("search", "modifed:>2026", expect=2) == ""
    assert product.run("index", nas / "nowhere", expect=2) == ""
    product.environ["SISS_CHUNK_BYTES"] = "many"
    assert product.run("stats", expect=2) == ""
