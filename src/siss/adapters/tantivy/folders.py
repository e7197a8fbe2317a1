"""Which folder is written and which one answers while an index is built anew: it is filled beside the old one.

``search/<version>`` holds the indexes of one schema. A new version marks its predecessor as outdated, because not all
is written into it any more, and fills a folder of its own, marked as being built, from the catalog and the local
texts. Readers use the predecessor until the mark is removed, which is the switch; then the predecessor goes. Files
that are read meanwhile go into both (``sides.OlderSide``). A process that is killed at any moment finds by the marks
what is left to do. An index that is built anew though its schema stays (``begin_rebuild``) goes the same way: the one
that is there is put aside, and is the predecessor.

What a predecessor can answer: it is asked with the new version's fields, which are numbers to the engine. So it
answers as long as the fields that both know stand at the same places, which they do where new ones are added at the
end; a question about a field that it does not have is refused for the time being, never answered with less.
"""

import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from siss.adapters.tantivy.schema import (
    CHUNK_FIELDS,
    FILE_FIELDS,
    NumberField,
    TextField,
    create_indexes,
    index_folder,
)
from siss.logs import get_logger
from siss.state import to_disk

_BUILDING: Final = "building"
_OUTDATED: Final = "outdated"
_ASIDE: Final = "-before"
"""Behind the name of a folder that another version has outdated, when its own is back, or that is built anew."""

_log = get_logger(__name__)


def begin_writing(data_dir: Path) -> None:
    """See that the folder of this version is there to be written, and marked for what it is. For the one writer."""
    own = index_folder(data_dir)
    own.parent.mkdir(parents=True, exist_ok=True)
    if (own / _OUTDATED).exists():
        own.rename(_aside(own))
    if own.exists() and not is_building(data_dir):
        _remove_others(own, keep=None)
        return
    older = find_older(data_dir)
    if older is None:
        own.mkdir(exist_ok=True)
        (own / _BUILDING).unlink(missing_ok=True)  # nothing better answers: it is seen while it is filled
    elif not own.exists():
        _mark(older / _OUTDATED)
        _empty_beside(own).rename(own)
        to_disk(own.parent)
        _log.info("the full-text index is built anew for this version; the old one answers meanwhile")
    _remove_others(own, keep=older)


def begin_rebuild(data_dir: Path) -> None:
    """Put the index of this version aside, where it answers on, and an empty one in its place. Nobody writes to it.

    A process that is killed between the renames leaves what ``begin_writing`` goes on with. Raises ``OSError`` and
    ``CorruptError``, and all is as it was.
    """
    own = index_folder(data_dir)
    empty, aside = _empty_beside(own), _aside(own)
    create_indexes(empty)
    own.rename(aside)
    try:
        empty.rename(own)
    except OSError:
        aside.rename(own)
        raise
    to_disk(own.parent)
    _log.info("the full-text index is built anew; the old one answers meanwhile")


def is_building(data_dir: Path) -> bool:
    """Whether the index of this version is not complete, while an older one answers."""
    return os.path.exists(index_folder(data_dir) / _BUILDING)  # noqa: PTH110 - on every question meanwhile


def finish_building(data_dir: Path) -> None:
    """Let the index of this version answer, and remove its predecessor."""
    own = index_folder(data_dir)
    (own / _BUILDING).unlink(missing_ok=True)
    to_disk(own)
    _remove_others(own, keep=None)
    _log.info("the full-text index of this version is complete and answers")


def find_older(data_dir: Path) -> Path | None:
    """The newest complete index in another folder that can be asked with this version's fields; None: none."""
    own = index_folder(data_dir)
    if not own.parent.is_dir():
        return None
    others = [folder for folder in own.parent.iterdir() if folder != own and _is_usable(folder)]
    return max(others, key=lambda folder: (folder / "files" / "meta.json").stat().st_mtime_ns, default=None)


def _is_usable(folder: Path) -> bool:
    return not (folder / _BUILDING).exists() and all(
        _stand_alike(folder / name / "meta.json", fields)
        for name, fields in (("files", FILE_FIELDS), ("chunks", CHUNK_FIELDS))
    )


def _stand_alike(meta: Path, fields: Sequence[TextField | NumberField]) -> bool:
    """Whether the fields that an index and this version both know stand at the same places."""
    try:
        there = [field["name"] for field in json.loads(meta.read_bytes())["schema"]]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    ours = {field.name: place for place, field in enumerate(fields)}
    common = [(place, ours[name]) for place, name in enumerate(there) if name in ours]
    return bool(common) and all(theirs == own for theirs, own in common)


def _empty_beside(own: Path) -> Path:
    """A folder that is marked as being built, to be renamed."""
    beside = own.with_name(f"{own.name}.new")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir()
    _mark(beside / _BUILDING)
    return beside


def _aside(own: Path) -> Path:
    """Where a folder of this version's name can be renamed to."""
    aside = own.with_name(own.name + _ASIDE)
    shutil.rmtree(aside, ignore_errors=True)
    return aside


def _mark(file: Path) -> None:
    file.touch()
    to_disk(file.parent)


def _remove_others(own: Path, keep: Path | None) -> None:
    for other in own.parent.iterdir():
        if other not in {own, keep} and other.is_dir():
            shutil.rmtree(other, ignore_errors=True)
