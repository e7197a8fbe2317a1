"""Files on their way onto the NAS."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from siss.model.file import FileStat

INCOMING_FOLDER: Final = ".siss-incoming"
"""Where files lie until they have their name: in the upload root, so that a rename stays within one file system."""


class Existing(StrEnum):
    """What to do where another file has the name of an upload already."""

    FAIL = "fail"
    RENAME = "rename"
    REPLACE = "replace"


@dataclass(frozen=True, slots=True)
class Staged:
    """Bytes that were received whole and are on disk under a temporary name. ``size``: bytes."""

    name: str
    size: int
    sha256: bytes


@dataclass(frozen=True, slots=True)
class Placed:
    """A file in its place. ``path``: relative to the upload root; ``created``: False where it was there already.

    ``former``: the temporary name under which what it replaced is kept until it is settled.
    """

    path: str
    stat: FileStat
    created: bool
    former: str | None = None
