"""Real texts that any machine with the project's virtual environment has: what the corpora are recombined from.

They are the Python sources, type stubs, notes and data files of the installed packages and of the standard library,
and the package notes in /usr/share/doc where these exist. Two machines with the same versions of these give the same
corpus; ``Sources.digest`` tells whether they do.
"""

import gzip
import hashlib
import os
import re
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

LARGEST = 400_000
"""bytes: larger files are tables and generated code, which would drown everything else."""
ENOUGH = 20 << 20
"""bytes of text that are kept of one place: so many that words are various, so few that loading takes a second."""

_SUFFIXES = {
    ".py": "code",
    ".pyi": "code",
    ".pyx": "code",
    ".c": "code",
    ".h": "code",
    ".sql": "code",
    ".md": "prose",
    ".rst": "prose",
    ".txt": "prose",
    ".gz": "prose",
    "METADATA": "prose",
    "LICENSE": "prose",
    "copyright": "prose",
}
_LEFT_OUT = ("__pycache__", "siss", "bench", "direct_url.json", "RECORD", "INSTALLER")
_SENTENCE = re.compile(r"^[ #*-]*([A-Z][a-z]+(?: [A-Za-z'-]+,?){3,10})[.:]?$", re.MULTILINE)
_IDENTIFIER = re.compile(r"\b[a-z]{3,12}(?:_[a-z]{3,12}){1,2}\b")
_CLASS = re.compile(r"\bclass ([A-Z][A-Za-z]{5,30})\b")


@dataclass(frozen=True, slots=True)
class Sources:
    """Texts by sort, with pools of what generated files are made of. ``digest``: hex sha256 of all inputs."""

    code: tuple[str, ...]
    prose: tuple[str, ...]
    sentences: tuple[str, ...]
    identifiers: tuple[str, ...]
    classes: tuple[str, ...]
    digest: str


def read_sources() -> Sources:
    """The texts of this machine, in an order that does not depend on where they lie."""
    texts: dict[str, list[str]] = {"code": [], "prose": []}
    digest = hashlib.sha256()
    for place in _places():
        kept = 0
        for file in _files(place):
            sort = _SUFFIXES.get(file.suffix) or _SUFFIXES.get(file.name)
            if sort is None or kept > ENOUGH or (text := _read(file)) is None:
                continue
            kept += len(text)
            digest.update(hashlib.sha256(text.encode()).digest())
            texts[sort].append(text)
    everything = "\n".join(texts["code"][:3000] + texts["prose"][:2000])
    return Sources(
        tuple(texts["code"]),
        tuple(texts["prose"]),
        _distinct(_SENTENCE, everything, 20_000),
        _distinct(_IDENTIFIER, everything, 12_000),
        _distinct(_CLASS, everything, 3_000),
        digest.hexdigest(),
    )


def _places() -> list[Path]:
    named = sysconfig.get_paths()
    return [Path(named["purelib"]), Path(named["stdlib"]), Path("/usr/share/doc")]


def _files(place: Path) -> Iterator[Path]:
    # the standard library's folder may hold site-packages: those were taken already, from their own place
    for folder, folders, names in os.walk(place):
        folders[:] = sorted(name for name in folders if name not in {*_LEFT_OUT, "site-packages", "dist-packages"})
        yield from (Path(folder, name) for name in sorted(names) if name not in _LEFT_OUT)


def _read(file: Path) -> str | None:
    try:
        if file.is_symlink() or not 200 <= file.stat().st_size <= LARGEST:
            return None
        data = file.read_bytes()
        text = (gzip.decompress(data) if file.suffix == ".gz" else data).decode("utf-8")
    except (OSError, EOFError, ValueError):
        return None
    return text if "\0" not in text else None


def _distinct(pattern: re.Pattern[str], text: str, most: int) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for match in pattern.finditer(text):
        found[match[match.lastindex or 0]] = None
        if len(found) == most:
            break
    return tuple(found)
