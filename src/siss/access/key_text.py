"""The text of an API key: ``siss_<id>_<secret><checksum>``.

``id`` (12 letters) finds its record; ``secret`` (32 letters of 62, so 190 bits) cannot be guessed; ``checksum`` (6
letters, CRC-32 of what stands before it) tells a mistyped or cut key, and a made-up one, without a look at the
database. Scanners of repositories recognise the form.
"""

import re
import secrets
import zlib
from dataclasses import dataclass
from typing import Final

import bcrypt

_LETTERS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_FORM: Final = re.compile(r"siss_([0-9A-Za-z]{12})_([0-9A-Za-z]{32})([0-9A-Za-z]{6})")

BCRYPT_ROUNDS: Final = 10
"""2^10 rounds, about 50 ms. They slow down guessing, which 190 random bits make hopeless anyway."""


@dataclass(frozen=True, slots=True)
class KeyText:
    """A key as its holder has it. Its ``repr`` does not show the secret."""

    id: str
    secret: str

    @property
    def text(self) -> str:
        """All of it."""
        begin = f"siss_{self.id}_{self.secret}"
        return begin + _checksum(begin)

    def __repr__(self) -> str:
        return f"KeyText(siss_{self.id}_…)"

    def hash(self) -> str:
        """What the database keeps: bcrypt's hash of the secret (its limit of 72 bytes is far)."""
        return bcrypt.hashpw(self.secret.encode(), bcrypt.gensalt(BCRYPT_ROUNDS)).decode()

    def matches(self, hashed: str) -> bool:
        """Whether this is the key of that hash, in a time that does not tell. Takes about 50 ms of processor."""
        return bcrypt.checkpw(self.secret.encode(), hashed.encode())


def new_key() -> KeyText:
    """A key that nobody has yet."""
    return KeyText(_random(12), _random(32))


def parse_key(text: str) -> KeyText | None:
    """The key with this text; None for what cannot be one."""
    match = _FORM.fullmatch(text)
    if match is None or not secrets.compare_digest(_checksum(text[:-6]), match[3]):
        return None
    return KeyText(match[1], match[2])


def _random(letters: int) -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(letters))


def _checksum(text: str) -> str:
    number = zlib.crc32(text.encode())
    found = ""
    for _ in range(6):
        number, letter = divmod(number, len(_LETTERS))
        found += _LETTERS[letter]
    return found
