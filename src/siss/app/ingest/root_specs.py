"""Which folders are roots, as the settings name them."""

import os

from siss.discover.mount import probe_mount
from siss.discover.paths import shown_path
from siss.errors import ConfigError
from siss.model.ingest import RootSpec
from siss.settings import Settings


def root_specs(settings: Settings) -> list[RootSpec]:
    """The roots with whether names that differ in case are one file there. Raises what ``root_paths`` raises."""
    specs = []
    for path in root_paths(settings):
        folds = settings.case_insensitive == "yes" or (
            settings.case_insensitive == "auto" and probe_mount(path, settings.nas_timeout).case_insensitive
        )
        specs.append(RootSpec(path, shown_path(path), folds))
    return specs


def root_paths(settings: Settings) -> list[bytes]:
    """The roots, links resolved; and the upload root where it is in none of them: what is uploaded is to be found.

    Raises ``ConfigError`` for a root inside another one, and for one that is, or is in, the state folder: that is
    never indexed. A root that is not there is kept: it may be away.
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
        if outer := next((other for other in paths if other != path and _is_in(path, other)), None):
            raise ConfigError(
                f"SISS_ROOTS: {shown_path(path)} is inside {shown_path(outer)}; name the outer one alone",
                variable="SISS_ROOTS",
            )
    return paths


def _is_in(path: bytes, folder: bytes) -> bool:
    return path == folder or path.startswith(folder.rstrip(b"/") + b"/")
