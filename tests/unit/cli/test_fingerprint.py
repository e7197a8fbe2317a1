"""``siss fingerprint``: the value comes by standard input, and only fingerprints go out."""

import io
import json
import sys

import pytest

from siss.app.secret_key import find_key
from siss.cli.main import main
from siss.extract.secrets.fingerprint import Fingerprinter
from unit.extract.secrets.made import Maker


@pytest.mark.parametrize("as_json", [False, True])
def test_a_value_goes_in_and_its_fingerprint_comes_out(as_json, tmp_path, monkeypatch, capsys):
    value = Maker().password()
    wanted = Fingerprinter(find_key(tmp_path)).of(value.encode())
    monkeypatch.setattr("siss.logs.configure_logs", lambda *_args: None)
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{value}\n"))
    monkeypatch.setattr(sys, "argv", ["siss", "fingerprint", "--data-dir", str(tmp_path), *["--json"] * as_json])
    from siss.cli import screen

    screen.out.cache_clear()
    try:
        assert main() == 0
    finally:
        screen.out.cache_clear()
    written = capsys.readouterr()
    assert value not in written.out + written.err
    if as_json:
        assert json.loads(written.out) == {"fingerprints": [{"fingerprint": wanted, "rule": None}]}
    else:
        assert written.out == f"{wanted}\n"
