"""Codes are good once and not for long; sessions cannot be made up."""

import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from siss.access.sessions import CLOCK_SECONDS, CODE_SECONDS, SESSION_SECONDS, Sessions, SignInCodes, sign_in_link
from siss.model.key import ApiKey
from siss.model.principal import Role
from siss.state import StateFolder

KEY = ApiKey("abcdefghijkl", "ops", "$2b$10$hash", Role.ADMIN, datetime(2026, 11, 21, tzinfo=UTC))


@pytest.fixture
def folder(tmp_path: Path) -> StateFolder:
    made = StateFolder(tmp_path)
    made.create()
    return made


def test_of_many_who_bring_a_code_at_once_one_is_let_in(folder: StateFolder):
    code = SignInCodes(folder).make(KEY.id, 1000.0)
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda _: SignInCodes(folder).take(code, 1001.0), range(32)))
    assert sorted(taken, key=str) == [None] * 31 + [KEY.id] or taken.count(KEY.id) == 1


def test_a_code_is_too_old_after_a_while_and_gone_with_the_next_start(folder: StateFolder):
    codes = SignInCodes(folder)
    assert codes.take(codes.make(KEY.id, 1000.0), 1000.0 + CODE_SECONDS - 1) == KEY.id
    assert codes.take(codes.make(KEY.id, 1000.0), 1000.0 + CODE_SECONDS) is None
    left = codes.make(KEY.id, 1000.0)
    codes.clear()
    assert codes.take(left, 1000.0) is None


def test_what_lies_in_the_state_folder_is_no_code_and_for_this_user_alone(folder: StateFolder):
    code = SignInCodes(folder).make(KEY.id, 1000.0)
    (file,) = (folder.run / "sign-in").iterdir()
    assert code not in file.name
    assert code not in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("address", "begins"),
    [
        ("http://0.0.0.0:8080", "http://nas-3:8080/"), ("http://[::]:8080", "http://nas-3:8080/"),
        ("http://[::1]:8080", "http://[::1]:8080/"), ("http://10.0.0.0:80", "http://10.0.0.0:80/"),
    ],
)  # fmt: skip
def test_a_link_leads_to_where_the_service_can_be_reached(monkeypatch: pytest.MonkeyPatch, address: str, begins: str):
    monkeypatch.setattr("socket.gethostname", lambda: "nas-3")
    assert sign_in_link(address, "abc") == f"{begins}sign-in?code=abc"


@pytest.mark.parametrize("code", ["", "../local.token", "A" * 43, "A" * 42 + "/", "ä" * 43, "A" * 44])
def test_what_is_no_code(folder: StateFolder, code: str):
    assert SignInCodes(folder).take(code, 0.0) is None


def test_a_session_is_what_was_sealed():
    sessions = Sessions(b"secret")
    sealed = sessions.seal(KEY, 1000.0)
    assert sessions.key_of(sealed, 1000.0) == KEY.id
    assert sessions.key_of(sealed, 1000.0 + SESSION_SECONDS) is None
    for at in range(len(sealed)):
        changed = sealed[:at] + ("1" if sealed[at] != "1" else "2") + sealed[at + 1 :]
        assert sessions.key_of(changed, 1000.0) is None


def test_what_was_made_while_the_clock_ran_ahead_ends_when_it_is_set_back(folder: StateFolder):
    """It was good for a year more."""
    now, ahead = 1000.0, 1000.0 + 365 * 86_400
    codes, sessions = SignInCodes(folder), Sessions(b"secret")
    assert codes.take(codes.make(KEY.id, ahead), now) is None
    assert sessions.key_of(sessions.seal(KEY, ahead), now) is None
    a_little = now + CLOCK_SECONDS
    assert codes.take(codes.make(KEY.id, a_little), now) == KEY.id
    assert sessions.key_of(sessions.seal(KEY, a_little), now) == KEY.id
