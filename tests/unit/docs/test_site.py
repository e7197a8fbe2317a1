"""The documentation as a site: it builds, its links lead somewhere, and it loads nothing from elsewhere."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest
from lxml import html

ROOT: Final = Path(__file__).parents[3]
CONFIG: Final = "zensical.toml"


def build(folder: Path, more: Mapping[str, str] | None = None) -> "subprocess.CompletedProcess[str]":
    """Build a copy, so that nothing is left in the tree. ``more``: further pages."""
    shutil.copytree(ROOT / "docs", folder / "docs")
    shutil.copy(ROOT / CONFIG, folder)
    for name, text in (more or {}).items():
        (folder / "docs" / name).write_text(text, "utf-8")
    return subprocess.run(
        [sys.executable, "-m", "zensical", "build", "--clean", "--strict"],
        cwd=folder,
        env=os.environ | {"NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> dict[Path, Any]:
    """Its pages, read."""
    folder = tmp_path_factory.mktemp("docs")
    done = build(folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return {page: html.fromstring(page.read_bytes()) for page in sorted((folder / "build/site").glob("*.html"))}


def pages_of(nav: list[dict[str, Any]]) -> Iterator[str]:
    for entry in nav:
        for value in entry.values():
            if isinstance(value, str):
                yield value
            else:
                yield from pages_of(value)


def test_every_page_stands_once_in_the_reading_order():
    nav = list(pages_of(tomllib.loads((ROOT / CONFIG).read_text("utf-8"))["project"]["nav"]))
    assert sorted(nav) == sorted(page.name for page in (ROOT / "docs").glob("*.md"))


def test_every_page_is_built(site: dict[Path, Any]):
    names = {page.stem for page in site}
    assert names == {page.stem for page in (ROOT / "docs").glob("*.md")} | {"404"}
    for page, tree in site.items():
        title = tree.xpath("//h1")[0].text_content()
        assert page.stem == "404" or title.strip("¶# ") in (ROOT / f"docs/{page.stem}.md").read_text("utf-8")


def test_links_and_anchors_lead_somewhere(site: dict[Path, Any]):
    broken = []
    for page, tree in site.items():
        if page.stem == "404":  # stands anywhere, so its links begin at the root of the server
            continue
        for link in tree.xpath("//a/@href"):
            if re.match(r"[a-z]+:", link):
                continue
            name, _, anchor = link.partition("#")
            target = (page.parent / name).resolve() if name and name != "." else page
            target = target / "index.html" if target.is_dir() else target
            if target not in site or (anchor and not site[target].xpath("//*[@id=$id]", id=anchor)):
                broken.append((page.name, link))
    assert broken == []


def test_nothing_is_loaded_from_elsewhere(site: dict[Path, Any]):
    loads = "//script/@src | //link[not(@rel='canonical')]/@href | //img/@src | //iframe/@src | //source/@src"
    for page, tree in site.items():
        assert [each for each in tree.xpath(loads) if re.match(r"[a-z]+:|//", each)] == [], page.name
        assert not tree.xpath("//*[contains(concat(' ', @class, ' '), ' mermaid ')]"), "its library would be fetched"
    for sheet in next(iter(site)).parent.rglob("*.css"):
        assert not re.search(r"url\(['\"]?(https?:)?//|@import", sheet.read_text("utf-8")), sheet.name


def test_it_is_for_phones_keyboards_and_both_lights(site: dict[Path, Any]):
    for tree in site.values():
        assert tree.xpath("//meta[@name='viewport']")
        assert tree.xpath("//a[contains(@class, 'md-skip')]")
        schemes = {each.get("data-md-color-scheme") for each in tree.xpath("//input[@data-md-color-media]")}
        assert {"default", "slate"} <= schemes


def test_a_link_that_leads_nowhere_ends_the_build(tmp_path: Path):
    done = build(tmp_path, {"broken.md": "# Broken\n\n[a page](nowhere.md), [a heading](quick-start.md#nowhere)\n"})
    assert done.returncode != 0
    assert "2 issues" in done.stdout + done.stderr
