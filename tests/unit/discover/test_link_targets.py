"""Where links lead."""

import os
from pathlib import Path

from siss.discover.link_targets import LinkTargets, follow_by_name


def test_holders_are_found_by_what_their_links_lead_into() -> None:
    targets = LinkTargets()
    assert targets.holders([b""], [b""]) == set()
    targets.note(b"all", [b"pods/a", b"pods/b", b"all"])
    targets.note(b"more", [b"pods/a"])
    assert targets.holders([b"pods/a"], []) == {b"all", b"more"}
    assert targets.holders([b"pods"], []) == set()
    assert targets.holders([], [b"pods"]) == {b"all", b"more"}
    assert targets.holders([b"all"], []) == set(), "a folder sees what happens in it"
    targets.note(b"all", [b"pods/b"])
    assert targets.holders([b"pods/a"], []) == {b"more"}
    assert targets.holders([b"pods/b"], []) == {b"all"}
    targets.note(b"all", ())
    targets.note(b"more", ())
    assert targets.holders([], [b""]) == set()


def test_each_link_on_the_way_is_named_whether_it_leads_anywhere_or_not(tmp_path: Path) -> None:
    root = Path(os.path.realpath(tmp_path))
    for folder in ("a", "b", "c"):
        (root / folder).mkdir()
    (root / "a/one").symlink_to("../b/two")
    (root / "b/two").symlink_to(root / "c/three")
    ways = {os.fsencode(root / "b"), os.fsencode(root / "c")}
    assert follow_by_name(os.fsencode(root / "a/one")) == ways
    (root / "c/three").write_text("x")
    assert follow_by_name(os.fsencode(root / "a/one")) == ways
    (root / "a/round").symlink_to("round")
    assert follow_by_name(os.fsencode(root / "a/round")) == {os.fsencode(root / "a")}
    (root / "a/lost").symlink_to("../gone/deep/file")
    assert follow_by_name(os.fsencode(root / "a/lost")) == {os.fsencode(root / "gone/deep")}
