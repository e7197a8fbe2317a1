"""Files that hold one secret and nothing else, as ``master.key`` and ``/run/secrets`` do: their name says so."""

import re
from typing import Final

from siss.extract.secrets.candidate import Candidate
from siss.extract.secrets.names import read_name
from siss.extract.secrets.values import is_password, is_placeholder, is_random, is_reference

LONGEST: Final = 512

_ENDINGS: Final = re.compile(r"(?i)(?:[._-]file)?(?:\.(?:txt|conf|cfg|dat|bak|old|gz|bz2|xz|zst))*$")


def is_telling(name: str) -> bool:
    """Whether the name of a file says that it holds a secret: ``db_password``, ``api.token``, ``master.key``."""
    stem = _ENDINGS.sub("", name[-200:])
    told = read_name(stem)
    return stem.lower().endswith(".key") or (told is not None and not told.digest)


def classify_bare(data: bytes) -> Candidate | None:
    """The one word of a text, if it can be a secret."""
    value = data.strip()
    if not 6 <= len(value) <= LONGEST or len(value.split()) != 1:
        return None
    text = value.decode("utf-8", "replace")
    if is_placeholder(text) or is_reference(text) or not (is_random(text) or is_password(text, config=True)):
        return None
    start = data.index(value)
    return Candidate("secret-file", start, start + len(value), value)
