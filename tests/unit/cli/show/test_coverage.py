"""What people read of coverage."""

from typing import Any

import pytest

from siss.cli.show.coverage import show_why


@pytest.fixture
def shown(capsys):
    """What is printed of an answer."""

    def show(answer: dict[str, Any]) -> str:
        show_why(answer)
        return str(capsys.readouterr().out)

    return show


def test_a_gap_without_a_known_end_goes_on_from_a_byte(shown):
    gap = {"reason": "parse_error", "item": None, "lost": False, "sentence": "It broke."}
    coverage = {"status": "indexed", "extent": "whole", "indexed_at": None, "source_bytes": 0, "chunks": 1}
    coverage["gaps"] = [gap | {"span": {"start": 1027, "end": end}} for end in (None, 2048)]
    file = {"size": 1, "mime": "text/plain", "kind": "text"}
    text = shown({"path": "/a", "known": "file", "coverage": coverage, "file": file, "folder": None, "skipped": None})
    assert "parse_error from byte 1,027: It broke." in text
    assert "parse_error bytes 1,027-2,048: It broke." in text


def test_a_folder_names_what_was_not_taken(shown):
    folder = dict.fromkeys(("files", "whole", "partial", "none", "failed", "pending"), 0)
    folder |= {"lacking": [], "skipped": {"ignored": 3, "special_file": 1}}
    text = shown({"path": "/a", "known": "folder", "coverage": None, "file": None, "folder": folder, "skipped": None})
    assert "not taken: ignored 3, special_file 1" in text
