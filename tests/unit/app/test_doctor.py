"""Checks find what is wrong, and say what to do."""

import errno
import os
import socket

import pytest

from siss import interpreter
from siss.app import doctor
from siss.discover import mount
from siss.settings import Settings


def test_a_port_that_is_taken_fails_with_advice():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        check = doctor.check_port("127.0.0.1", taken.getsockname()[1])
    assert (check.state, check.advice) == ("fail", "choose another: siss serve --port N")
    assert doctor.check_port("127.0.0.1", 0).state == "ok"
    assert doctor.check_port("192.0.2.1", 8080).advice == "choose another: siss serve --host ADDRESS"


def test_a_full_disk_fails(monkeypatch, tmp_path):
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _path: type("Usage", (), {"free": 1 << 20})())
    assert doctor.check_disk(tmp_path / "not" / "there").state == "fail"


def test_a_full_disk_of_a_part_of_the_state_folder_fails(monkeypatch, tmp_path):
    (tmp_path / "search").mkdir()
    (tmp_path / "postgres").mkdir()
    free = {"search": 1 << 20}
    monkeypatch.setattr(
        doctor.shutil, "disk_usage", lambda path: type("Usage", (), {"free": free.get(path.name, 1 << 40)})()
    )
    check = doctor.check_disk(tmp_path)
    assert (check.state, check.found) == ("fail", f"{tmp_path}/search: 1 MiB free")


def test_a_clock_that_is_behind_fails(monkeypatch, tmp_path):
    assert doctor.check_clock(tmp_path).state == "ok"
    monkeypatch.setattr(doctor.time, "time", lambda: 1_000_000_000.0)
    assert doctor.check_clock(tmp_path).state == "fail"


@pytest.mark.parametrize(
    ("options", "prefix", "state"),
    [
        ("'--enable-optimizations' '--with-lto'", "/opt/python", "ok"),
        ("'--enable-shared'", "/opt/python", "warn"),
        ("'--enable-shared'", "/usr", "ok"),  # Debian's is quick, and its configuration is that of another build
        (None, "C:\\Python311", "ok"),
    ],
)
def test_a_python_that_was_built_without_optimisation_is_told(monkeypatch, options, prefix, state):
    monkeypatch.setattr(interpreter.sysconfig, "get_config_var", {"CONFIG_ARGS": options}.get)
    monkeypatch.setattr(interpreter.sys, "base_prefix", prefix)
    assert doctor.check_python().state == state


def test_roots_are_checked_with_their_mounts(tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "f").touch()
    settings = Settings(data_dir=tmp_path / "state", roots=(tmp_path / "a", tmp_path / "none"), watch="events")
    checks = list(doctor.check_roots(settings))
    assert [check.state for check in checks[1:2]] == ["fail"]
    assert checks[0].name == f"root {tmp_path / 'a'}"
    assert doctor.count_folders(tmp_path / "a", settings) == (2, True)


@pytest.mark.parametrize(("code", "advice"), [(errno.EACCES, "let this user read it"), (errno.EHOSTDOWN, "mount it")])
def test_a_root_that_is_closed_is_not_one_that_is_away(tmp_path, monkeypatch, code, advice):
    def touch(path):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(mount, "_touch", touch)
    found, _ = doctor.check_root(tmp_path, Settings())
    assert found.state == "fail"
    assert found.advice.startswith(advice)


def test_an_empty_root_is_suspicious(tmp_path):
    check, _ = doctor.check_root(tmp_path, Settings(data_dir=tmp_path / "state"))
    assert (check.state, check.advice) == ("warn", "is it mounted?")


def test_too_many_folders_for_inotify_fail_with_a_command():
    check = doctor.check_watches(10**9, complete=True)
    assert check.state in {"fail", "warn"}
    assert "SISS_WATCH=polling" in check.advice


def test_no_root_at_all_is_said(tmp_path):
    (check,) = doctor.check_roots(Settings(data_dir=tmp_path))
    assert check.state == "warn"


def test_an_upload_folder_that_is_not_there_or_none_is_said(tmp_path, monkeypatch):
    (tmp_path / "a").mkdir()
    (tmp_path / "file").touch()

    def checked(name):
        settings = Settings(data_dir=tmp_path / "state", roots=(tmp_path / "a",), upload_root=tmp_path / name)
        return next(check for check in doctor.check_roots(settings) if check.name == "uploads")

    assert checked("a").state == "ok"
    for name in ("none", "file"):
        assert (checked(name).state, "SISS_UPLOAD_ROOT" in checked(name).advice) == ("fail", True)
    monkeypatch.setattr(doctor.os, "access", lambda _path, mode: not mode & doctor.os.W_OK)
    assert checked("a").state == "fail"
