"""Checks of the machine and its mounts: what was found, and what to do about it."""

import errno
import os
import platform
import shutil
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import psutil

from siss import interpreter
from siss.address_space import ADVICE, LEAST, address_space, describe_limit
from siss.app.ingest.roots.specs import walk_options
from siss.discover.ignore import make_rules
from siss.discover.mount import probe_mount
from siss.discover.walk import walk_folders
from siss.errors import NasUnavailableError
from siss.settings import Settings
from siss.state import StateFolder

_MIB: Final = 1 << 20
_LEAST_DISK: Final = 512 * _MIB
_GOOD_DISK: Final = 5 * 1024 * _MIB
_GOOD_MEMORY: Final = 1024 * _MIB
_EPOCH_LEAST: Final = 1_767_225_600  # 2026-01-01: no release is older
_COUNT_SECONDS: Final = 5.0
_WATCHES: Final = Path("/proc/sys/fs/inotify/max_user_watches")
_INSTANCES: Final = Path("/proc/sys/fs/inotify/max_user_instances")


CheckState = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Check:
    """One line. ``found``: what is so; ``advice``: what to do, empty where there is nothing to do."""

    name: str
    state: CheckState
    found: str
    advice: str = ""


def check_machine(settings: Settings, *, serving: bool) -> Iterator[Check]:
    """Python, processor, memory, disk, clock and port. ``serving``: a service of ours holds the port."""
    yield check_python()
    yield check_processor()
    yield check_memory()
    yield check_disk(settings.data_dir)
    yield check_clock(settings.data_dir)
    if not serving:
        yield check_port(settings.host, settings.port)


def check_roots(settings: Settings) -> Iterator[Check]:
    """Each root, whether all its folders can be watched, and the upload folder."""
    if settings.upload_root is not None:
        yield check_uploads(settings.upload_root, settings.nas_timeout)
    if not settings.roots:
        yield Check("roots", "warn", "no folder is named", "siss index DIR, siss serve DIR, or set SISS_ROOTS")
        return
    watched = 0
    complete = True
    for root in settings.roots:
        check, by_events = check_root(root, settings)
        yield check
        if by_events:
            folders, whole = count_folders(root, settings)
            watched += folders
            complete = complete and whole
    if watched and sys.platform == "linux":
        yield check_watches(watched, complete=complete)


def check_python() -> Check:
    """The interpreter, and whether it was built for speed."""
    found = (
        f"{platform.python_implementation()} {platform.python_version()} on {platform.system()} {platform.machine()}"
    )
    if interpreter.is_optimised():
        return Check("python", "ok", found)
    return Check(
        "python",
        "warn",
        f"{found}, built without optimisation",
        "SISS runs about a fifth quicker on a Python built with --enable-optimizations, as distributions and "
        "python.org have it",
    )


def check_processor() -> Check:
    """How many processors there are, and of what kind."""
    return Check("processor", "ok", f"{psutil.cpu_count() or 1} cores, {platform.machine()}")


def check_memory() -> Check:
    """Free memory, of which indexing takes up to 1 GB; and what of it may be mapped, if there is a limit."""
    limit = address_space()
    if limit is not None:
        return Check("memory", "fail" if limit < LEAST else "warn", describe_limit(limit), ADVICE)
    memory = psutil.virtual_memory()
    found = f"{memory.available // _MIB:,} of {memory.total // _MIB:,} MiB free"
    if memory.available < _GOOD_MEMORY:
        return Check("memory", "warn", found, "indexing takes up to 1 GB: SISS_INDEX_WORKERS=1 needs less")
    return Check("memory", "ok", found)


def check_disk(data_dir: Path) -> Check:
    """Room for the state folder, or on the fullest disk of its parts, and whether it may be written."""
    place = data_dir
    while not place.exists():
        place = place.parent
    state = StateFolder(data_dir)
    parts = {part: shutil.disk_usage(part).free for part in (state.postgres, state.search) if part.exists()}
    free, fullest = min((free, part) for part, free in {**parts, place: shutil.disk_usage(place).free}.items())
    found = f"{data_dir if fullest == place else fullest}: {free // _MIB:,} MiB free"
    if not os.access(place, os.W_OK | os.X_OK):
        return Check("state folder", "fail", f"{place} cannot be written", "set SISS_DATA_DIR to a folder of yours")
    if free < _LEAST_DISK:
        return Check("state folder", "fail", found, "free some room, or set SISS_DATA_DIR to another disk")
    if free < _GOOD_DISK:
        return Check(
            "state folder",
            "warn",
            found,
            "an index takes about 1.7 times the text, more where files are tiny: keep an eye on it",
        )
    return Check("state folder", "ok", found)


def check_clock(data_dir: Path) -> Check:
    """A clock that is behind takes every file for one that changes just now."""
    now = time.time()
    shown = time.strftime("%Y-%m-%d %H:%M:%S %Z", time.localtime(now))
    written = [path.stat().st_mtime for path in (data_dir, data_dir / "owner.json") if path.exists()]
    if now < _EPOCH_LEAST or any(moment > now + 60 for moment in written):
        return Check(
            "clock", "fail", f"{shown}, but files were written later", "set the clock (timedatectl set-ntp on)"
        )
    return Check("clock", "ok", shown)


def check_port(host: str, port: int) -> Check:
    """Whether the port is free."""
    if port == 0:
        return Check("port", "ok", "any free one")
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        no_address = isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL
        advice = "choose another: siss serve " + ("--host ADDRESS" if no_address else "--port N")
        return Check("port", "fail", f"{host}:{port}: {error.strerror}", advice)
    return Check("port", "ok", f"{host}:{port} is free")


def check_root(root: Path, settings: Settings) -> tuple[Check, bool]:
    """A root's mount, and whether it will be watched by events."""
    found = probe_mount(os.fsencode(root), settings.nas_timeout)
    name = f"root {root}"
    rights = "let this user read it, or run SISS as one who may"
    if not found.available:
        closed = os.strerror(errno.EACCES) in found.reason
        advice = rights if closed else "mount it, or look at the network; what is indexed stays"
        return Check(name, "fail", found.reason, advice), False
    if not os.access(root, os.R_OK | os.X_OK):
        return Check(name, "fail", "it may not be read", rights), False
    where = f"{found.filesystem}, {'network' if found.network else 'local'}"
    case = "case does not matter" if found.case_insensitive else "case matters"
    if found.empty:
        return Check(name, "warn", f"{where}, empty", "is it mounted?"), False
    if settings.watch == "off":
        return Check(name, "ok", f"{where}, {case}, not watched (SISS_WATCH)"), False
    if settings.watch == "polling" or (settings.watch == "auto" and not found.events_work):
        every = f"polled every {settings.poll_interval:g} s"
        return Check(name, "ok", f"{where}, {case}, {every}{f' ({found.reason})' if found.reason else ''}"), False
    if not found.events_work:
        return Check(name, "warn", f"{where}, {case}: {found.reason}", "set SISS_WATCH=auto"), True
    return Check(name, "ok", f"{where}, {case}, changes seen by events"), True


def check_uploads(folder: Path, timeout: float) -> Check:
    """Whether uploads can be written. ``timeout``: seconds that its file system has to answer."""
    found = probe_mount(os.fsencode(folder), timeout)
    if not found.available:
        advice = "mount it, make it, or name another one (SISS_UPLOAD_ROOT): uploads are refused until then"
        return Check("uploads", "fail", found.reason, advice)
    if not folder.is_dir():
        return Check("uploads", "fail", f"{folder} is no folder", "name one (SISS_UPLOAD_ROOT)")
    if not os.access(folder, os.W_OK | os.X_OK):
        return Check("uploads", "fail", f"{folder} may not be written", "let this user write it, and mount it rw")
    return Check("uploads", "ok", f"{folder} can be written")


def count_folders(root: Path, settings: Settings) -> tuple[int, bool]:
    """How many folders would be watched, and whether that is all of them (counting ends after some seconds)."""
    until = time.monotonic() + _COUNT_SECONDS
    rules = make_rules(settings.ignore, defaults=settings.default_ignores)
    count = 0
    try:
        folders = walk_folders(
            os.path.realpath(os.fsencode(root)),
            rules,
            walk_options(settings),
            should_stop=lambda: time.monotonic() > until,
        )
        for _ in folders:
            count += 1
    except NasUnavailableError:
        return count, False
    return count, time.monotonic() <= until


def check_watches(folders: int, *, complete: bool) -> Check:
    """The limits of inotify beside the number of folders."""
    try:
        limit = int(_WATCHES.read_text("ascii"))
        instances = int(_INSTANCES.read_text("ascii"))
    except (OSError, ValueError):
        return Check("inotify", "warn", "its limits cannot be read", "SISS_WATCH=polling works without")
    counted = f"{folders:,}{'' if complete else ' or more'} folders, {limit:,} watches allowed"
    if folders >= limit:
        return Check(
            "inotify",
            "fail",
            counted,
            f"sysctl fs.inotify.max_user_watches={max(524_288, folders * 2)}, or SISS_WATCH=polling",
        )
    if instances < 8 or folders > limit * 0.8:
        return Check("inotify", "warn", counted, "sysctl fs.inotify.max_user_watches=524288")
    return Check("inotify", "ok", counted)
