"""Coverage data of killed processes is removed, all other is kept and adds up."""

from pathlib import Path

import coverage

from coverage_data import remove_empty


def test_only_what_cannot_be_read_is_removed(tmp_path: Path):
    whole = tmp_path / ".coverage.host.1"
    data = coverage.CoverageData(str(whole))
    data.add_lines({"a.py": [1]})
    data.write()
    data.close()
    (tmp_path / ".coverage.host.2").write_bytes(b"")
    (tmp_path / ".coverage.host.3").write_bytes(whole.read_bytes()[:100])
    assert remove_empty(tmp_path) == 2
    assert list(tmp_path.iterdir()) == [whole]
