"""The stamps of an index's last commit, in a file beside it: Tantivy's own payload cannot be written from Python."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from siss.state import to_disk

_NAME: Final = "stamps"


def write_stamps(folder: Path, stamps: Sequence[str]) -> None:
    """Keep them, whole or not at all, over a power failure too. Raises ``OSError``."""
    new = folder / f"{_NAME}.new"
    new.write_text("\n".join(stamps), "ascii")
    to_disk(new)
    new.replace(folder / _NAME)
    to_disk(folder)


def read_stamps(folder: Path) -> Sequence[str]:
    """What was kept last; nothing where nothing was, or where it cannot be read."""
    try:
        return (folder / _NAME).read_text("ascii").split()
    except (OSError, UnicodeDecodeError):
        return ()
