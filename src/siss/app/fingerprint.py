"""Looking up a value that leaked: what stands for it in the index, told by who holds the key.

It needs no index and asks none: the value goes nowhere. What it gives is searched for like any word, and a baseline
takes it as it is.
"""

from dataclasses import dataclass

from siss.app.ingest.reading.extraction import load_extraction
from siss.app.secret_key import NAME
from siss.errors import ConfigError
from siss.extract.secrets.fingerprint import Fingerprinter
from siss.extract.secrets.piece import Piece
from siss.extract.secrets.scan import Scanner
from siss.settings import Settings


@dataclass(frozen=True, slots=True)
class Known:
    """A fingerprint. ``rule``: what found the value in the text that was given; empty for the whole text itself."""

    fingerprint: str
    rule: str = ""


def look_up(settings: Settings, text: str) -> list[Known]:
    """The fingerprints of what rules find in a text (a key block, a line of a file), and of one line as it is.

    Raises ``ConfigError`` where there is no key yet, so nothing that could be found.
    """
    if settings.secret_key_file is None and not (settings.data_dir / NAME).exists():
        raise ConfigError(
            f"{settings.data_dir} holds no {NAME}: nothing was indexed there.", variable="SISS_DATA_DIR"
        )
    config = load_extraction(settings, make_key=False)
    maker, data = Fingerprinter(config.key), text.strip("\r\n").encode()
    known: dict[str, Known] = {}
    if data and b"\n" not in data:
        known[maker.of(data)] = Known(maker.of(data))
    for candidate in Scanner(config.custom).scan(Piece.whole(data + b"\n")).found:
        found = maker.of(candidate.value)
        known[found] = Known(found, candidate.rule)
    return list(known.values())
