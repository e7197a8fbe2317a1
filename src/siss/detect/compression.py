"""Compressed streams are read through: recognised by their first bytes, bounded, kept up to where they are damaged."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from siss.model.text import Ledger


class Compression(StrEnum):
    """The formats that are read through. The values are what answers show."""

    GZIP = "gzip"
    BZIP2 = "bzip2"
    XZ = "xz"
    ZSTD = "zstd"


@dataclass(frozen=True, slots=True)
class Limits:
    """Where reading through ends: ``max_bytes`` of decompressed stream, or ``max_ratio`` times what was read."""

    max_bytes: int
    max_ratio: int


def compression_of(head: bytes) -> Compression | None:
    """The format by its magic bytes (16 are enough), never by a name."""
    raise NotImplementedError


def decompress(blocks: Iterable[bytes], kind: Compression, limits: Limits, ledger: Ledger) -> Iterator[bytes]:
    """The decompressed stream in blocks of at most 1 MiB.

    Concatenated streams are read as one. Damage, truncation and limits are noted with their offset in the decompressed
    stream, and end the iteration without taking the rest of ``blocks``: who needs a hash drains them.
    """
    raise NotImplementedError
