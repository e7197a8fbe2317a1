"""What of an index on disk is not as it was written: files that are lost, cut off, or changed.

Tantivy notices what is lost or cut off when it opens an index. Of bytes that changed it says nothing: it answers with
less, or panics. Each of its files ends with a checksum (JSON with the CRC-32 of all before it), the length of that,
and a magic number: that is what is looked at here.
"""

import json
import re
import shutil
import struct
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from siss.adapters.tantivy.folders import begin_writing
from siss.adapters.tantivy.room import HALVES, read_metas
from siss.adapters.tantivy.schema import Indexes, index_folder, open_indexes
from siss.errors import CorruptError
from siss.logs import get_logger

_MAGIC: Final = 1337
_TAIL: Final = struct.Struct("<II")
_LONGEST_FOOTER: Final = 4096
_BLOCK: Final = 1 << 20
_PARTS: Final = ("store", "term", "idx", "pos", "fast", "fieldnorm")
_NO_FAULT_OF_ITS: Final = re.compile(r"\bOs \{ code: (?!2\b)")
"""In a message: the system refused (rights, open files, a disk that fails), so what is on it may be whole."""

_log = get_logger(__name__)


def open_or_renew(data_dir: Path) -> Indexes:
    """Open both indexes for the one writer; empty ones in place of what is damaged: the caller fills them.

    All that is in them is made from the catalog and the local texts. Raises ``CorruptError`` where they cannot be
    read for another reason.
    """
    folder = index_folder(data_dir)
    begin_writing(data_dir)
    try:
        if len({(folder / name / "meta.json").exists() for name in HALVES}) == 1:
            return open_indexes(data_dir, create=True)
        said = f"one half of {folder} is lost"
    except CorruptError as error:
        if _NO_FAULT_OF_ITS.search(error.message):
            raise
        said = error.message
    _log.warning("the full-text index is damaged, and made anew from the local texts", error=said)
    shutil.rmtree(folder)
    begin_writing(data_dir)
    return open_indexes(data_dir, create=True)


def find_damage(folder: Path) -> list[str]:
    """The damaged files of both indexes in a folder, with what is wrong; read whole, so for ``siss verify`` only."""
    while True:
        metas = read_metas(folder)
        found = [
            f"{name}/{file.name}: {wrong}"
            for name, meta in metas.items()
            for file in _written(folder / name, json.loads(meta))
            if (wrong := _what_is_wrong(file))
        ]
        if not found or read_metas(folder) == metas:
            return found  # otherwise segments were merged meanwhile, and what went with them is not lost


def _written(folder: Path, meta: Mapping[str, Any]) -> Iterator[Path]:
    """The files that a commit names."""
    for segment in meta["segments"]:
        stem = segment["segment_id"].replace("-", "")
        for part in _PARTS:
            yield folder / f"{stem}.{part}"
        if deletes := segment.get("deletes"):
            yield folder / f"{stem}.{deletes['opstamp']}.del"


def _what_is_wrong(file: Path) -> str:
    try:
        size = file.stat().st_size
        with file.open("rb") as stream:
            stream.seek(max(size - _LONGEST_FOOTER, 0))
            end = stream.read()
            length, magic = _TAIL.unpack(end[-_TAIL.size :]) if len(end) >= _TAIL.size else (0, 0)
            if magic != _MAGIC or length > len(end) - _TAIL.size:
                return "cut off"
            told = json.loads(end[-_TAIL.size - length : -_TAIL.size])["crc"]
            stream.seek(0)
            found, left = 0, size - _TAIL.size - length
            while left and (block := stream.read(min(left, _BLOCK))):
                found = zlib.crc32(block, found)
                left -= len(block)
    except FileNotFoundError:
        return "lost"
    except OSError as error:
        return f"unreadable ({error.strerror or error})"
    except (ValueError, KeyError, TypeError):  # where the checksum should be
        return "changed"
    return "" if found == told else "changed"
