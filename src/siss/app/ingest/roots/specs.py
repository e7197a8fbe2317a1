"""Which folders are roots, as the settings name them, and how they are walked."""

import os
from collections.abc import Callable

from siss.discover.bounds import WalkOptions
from siss.discover.mount import probe_mount
from siss.discover.paths import shown_path
from siss.errors import ConfigError
from siss.model.ingest import RootSpec
from siss.settings import Settings
from siss.state import LOCK, is_state_folder


def root_specs(settings: Settings, redact_path: Callable[[str], str] = str) -> list[RootSpec]:
    """The roots with whether names that differ in case are one file there. Raises what ``root_paths`` raises.

    ``redact_path``: what may be told of their shown paths.
    """
    specs = []
    for path in root_paths(settings):
        folds = settings.case_insensitive == "yes" or (
            settings.case_insensitive == "auto" and probe_mount(path, settings.nas_timeout).case_insensitive
        )
        specs.append(RootSpec(path, redact_path(shown_path(path)), folds))
    return specs


def root_paths(settings: Settings) -> list[bytes]:
    """The roots, links resolved; and the upload root where it is in none of them: what is uploaded is to be found.

    Raises ``ConfigError`` for a root inside another one, and for one that is, or is in, the state folder, or that
    of another SISS: those are never indexed. A root that is not there is kept: it may be away.
    """
    paths = list(dict.fromkeys(os.path.realpath(os.fsencode(path)) for path in settings.roots))
    if settings.upload_root is not None:
        uploads = os.path.realpath(os.fsencode(settings.upload_root))
        if not any(_is_in(uploads, path) for path in paths):
            paths.append(uploads)
    state = os.path.realpath(os.fsencode(settings.data_dir))
    for path in paths:
        if _is_in(path, state):
            raise ConfigError(
                f"SISS_ROOTS: {shown_path(path)} is in the state folder ({shown_path(state)}), which is not indexed: "
                "choose another SISS_DATA_DIR",
                variable="SISS_ROOTS",
            )
        if other := _state_folder_above(path):
            raise ConfigError(
                f"SISS_ROOTS: {shown_path(path)} is in the state folder of another SISS ({shown_path(other)}), "
                f"which is not indexed: name another folder, or remove {LOCK} there if it was made by mistake",
                variable="SISS_ROOTS",
            )
        if outer := next((other for other in paths if other != path and _is_in(path, other)), None):
            raise ConfigError(
                f"SISS_ROOTS: {shown_path(path)} is inside {shown_path(outer)}; name the outer one alone",
                variable="SISS_ROOTS",
            )
    return paths


def _state_folder_above(path: bytes) -> bytes | None:
    while not is_state_folder(path):
        if path == b"/":
            return None
        path = path[: path.rindex(b"/")] or b"/"
    return path


def _is_in(path: bytes, folder: bytes) -> bool:
    return path == folder or path.startswith(folder.rstrip(b"/") + b"/")


def walk_options(settings: Settings) -> WalkOptions:
    """How roots are walked by these settings."""
    return WalkOptions(
        follow_symlinks=settings.follow_symlinks,
        one_filesystem=settings.one_filesystem,
        state_folder=os.fsencode(settings.data_dir),
    )
