"""What may be told of paths: no name of a file or a folder gives its credential away."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siss.app.ingest.reading.extraction import ExtractionConfig, Extractors
from siss.app.shown_paths import path_redactor, redact_delta
from siss.app.upload_names import check_path
from siss.discover.ignore import make_rules
from siss.discover.paths import find_raw, shown_path
from siss.errors import InvalidRequestError
from siss.model.coverage import Gap, Reason
from siss.model.file import FileStat, ObservedFile, SkippedPath
from siss.model.ids import FileId
from siss.model.ingest import FolderDelta
from siss.model.text import Window
from unit.extract.secrets.made import Maker, leaks

EXTRACTORS = Extractors(ExtractionConfig(b"one key of a database, 32 bytes."))
redact_path = path_redactor(EXTRACTORS.redact)
TOKEN = Maker(3).with_crc("ghp_")
LINES = [line for leak in leaks(Maker(5)) for line in leak.text.splitlines()]


def test_a_name_is_redacted_wherever_it_stands() -> None:
    told = redact_path(TOKEN)
    assert told.startswith("«secret:github-token:")
    assert redact_path(f"/nas/a {TOKEN}/b/x-{TOKEN}.sql") == f"/nas/a {told}/b/x-{told}.sql"
    assert redact_path(told) == told
    assert redact_path("/nas/a/b.txt") == "/nas/a/b.txt"
    assert redact_path("/") == "/"


def test_a_value_is_no_name_of_a_file_for_its_ending() -> None:
    told = redact_path("/nas/password=hunTer27xY.txt")
    assert told.startswith("/nas/password=«secret:")
    assert told.endswith("».txt")
    assert redact_path(told) == told
    assert redact_path("/nas/size=12.txt") == "/nas/size=12.txt"


def test_names_are_judged_one_by_one() -> None:
    """So that a file is called alike by whoever asks for its folder, its root or itself."""
    assert redact_path("/nas/password=/hunter27zz") == "/nas/password=/hunter27zz"


def test_all_that_is_recorded_of_a_folder_is_redacted() -> None:
    stat = FileStat(1, 2, 3, 4)
    file, plain = (ObservedFile(name.encode(), name, name.encode(), stat) for name in (f"a-{TOKEN}", "plain"))
    skipped = SkippedPath(f"/nas/s-{TOKEN}", Gap(Reason.SYMLINK_REPEATED, detail=f"entered at x/{TOKEN}"))
    told = redact_delta(
        FolderDelta(b"", b"f", [file, plain], moved=[(FileId(1), file)], skipped=[skipped]), redact_path
    )
    assert TOKEN not in repr([each.shown for each in told.added]) + repr(told.skipped)
    assert told.added[1] is plain
    assert told.moved[0][1].shown == told.added[0].shown
    assert (told.added[0].path, told.added[0].key, told.path, told.fingerprint) == (file.path, file.key, b"", b"f")


def test_a_redacted_path_leads_to_the_name_on_the_disk(tmp_path: Path) -> None:
    (tmp_path / f"d-{TOKEN}").mkdir()
    (tmp_path / f"d-{TOKEN}" / "file").touch()
    root, found = os.fsencode(tmp_path), f"d-{TOKEN}/file".encode()
    assert find_raw(root, redact_path(f"d-{TOKEN}/file"), redact_path) == found
    assert find_raw(root, f"d-{TOKEN}/file", redact_path) == found
    assert shown_path(find_raw(root, "d-«secret:github-token:0000000000000000»", redact_path)).startswith("d-«")


def test_an_upload_may_not_be_called_so() -> None:
    with pytest.raises(InvalidRequestError, match="holds a credential") as refused:
        check_path("", f"x-{TOKEN}.log", make_rules(), redact_path)
    assert TOKEN not in str(refused.value)
    assert check_path("logs", "app.log", make_rules(), redact_path) == "logs/app.log"


@given(st.lists(st.sampled_from([*LINES, "/", " ", "=", "a;password", "x"]), max_size=3).map("".join) | st.text())
def test_one_line_is_redacted_as_a_whole_file_is(text: str) -> None:
    data = text.encode("utf-8", "surrogatepass")
    window = EXTRACTORS.redactor(may_go_on=False).take(Window(0, data, 0, final=True))
    assert window is not None
    assert EXTRACTORS.redact(text).encode("utf-8", "surrogatepass") == window.data
