"""A leaked value leads to its fingerprint, for who holds the key and nobody else."""

import pytest

from siss.app.fingerprint import look_up
from siss.app.secret_key import find_key
from siss.errors import ConfigError
from siss.extract.redact import Redactor
from siss.extract.secrets.fingerprint import Fingerprinter
from siss.extract.secrets.scan import Scanner
from siss.model.text import Window
from siss.settings import Settings
from unit.extract.secrets.made import Maker


def shown(settings: Settings, text: str) -> list[tuple[str, str]]:
    """What indexing puts in the place of each secret."""
    redactor = Redactor(Scanner(), Fingerprinter(find_key(settings.data_dir)))
    redactor.take(Window(0, text.encode(), 0, final=True))
    return [(finding.fingerprint, finding.rule) for finding in redactor.findings]


@pytest.fixture
def settings(tmp_path) -> Settings:
    made = Settings(data_dir=tmp_path)
    find_key(tmp_path)
    return made


def test_the_value_of_a_password_is_found_whatever_stood_around_it(settings):
    value = Maker().password()
    (one,) = shown(settings, f'db:\n  password: "{value}"\n')
    assert [known.fingerprint for known in look_up(settings, value + "\n")] == [one[0]]
    assert [(known.fingerprint, known.rule) for known in look_up(settings, f"DB_PASSWORD={value}")][1:] == [
        (one[0], "password")
    ]


def test_a_key_block_is_looked_up_whole(settings):
    pem = Maker().pem()
    assert [(known.fingerprint, known.rule) for known in look_up(settings, pem)] == shown(settings, f"x\n{pem}y\n")


def test_without_a_key_there_is_nothing_to_look_up(tmp_path):
    with pytest.raises(ConfigError, match="nothing was indexed there"):
        look_up(Settings(data_dir=tmp_path / "other"), "hunter2")
    assert not (tmp_path / "other").exists()
