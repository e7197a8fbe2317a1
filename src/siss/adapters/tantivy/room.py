"""The room that an index takes on disk, and how much of it is taken by documents that are gone.

A document that is replaced or removed stays where it is until its segment is merged with others, and Tantivy merges
segments of like size: the largest may keep most of what was ever deleted from it. Its policy for that
(``del_docs_ratio_before_merge``) cannot be set from Python.
"""

import json
from pathlib import Path
from typing import Final

HALVES: Final = ("files", "chunks")


def read_metas(folder: Path) -> dict[str, bytes]:
    """What the last commits of both indexes in a folder say of themselves."""
    return {name: (folder / name / "meta.json").read_bytes() for name in HALVES}


def dead_share(folder: Path) -> float:
    """Of the documents on disk of either index, whichever has more, those that are deleted: 0 to 1."""
    return max(_dead_share(meta) for meta in read_metas(folder).values())


def bytes_of(folder: Path) -> int:
    """What all files below a folder take; of those that go meanwhile, nothing."""
    total = 0
    for file in folder.rglob("*"):
        try:
            total += file.stat().st_size
        except FileNotFoundError:
            continue
    return total


def _dead_share(meta: bytes) -> float:
    segments = json.loads(meta)["segments"]
    everything = sum(segment["max_doc"] for segment in segments)
    dead = sum((segment["deletes"] or {}).get("num_deleted_docs", 0) for segment in segments)
    return dead / everything if everything else 0.0
