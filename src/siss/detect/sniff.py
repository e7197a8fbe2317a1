"""What a file is, by its first bytes. The name only chooses among what the bytes allow."""

from dataclasses import dataclass
from typing import Final

from siss.model.content import Kind
from siss.model.coverage import Gap
from siss.model.dialect import Dialect

HEAD_BYTES: Final = 1 << 16
"""How much of a (decompressed) stream ``sniff`` looks at; more does no harm, less only if there is no more."""


@dataclass(frozen=True, slots=True)
class Detected:
    """What a file is. ``encoding``: a Python codec, None for what is not text.

    ``dialect`` for ``Kind.DELIMITED``; ``gaps``: to be noted on the ledger (binary, guessed encoding).
    """

    kind: Kind
    mime: str
    encoding: str | None = None
    dialect: Dialect | None = None
    gaps: tuple[Gap, ...] = ()


def sniff(head: bytes, name: str, *, complete: bool) -> Detected:
    """What the (decompressed) bytes are. ``name``: the file's own name; ``complete``: ``head`` is all there is."""
    raise NotImplementedError
