"""What is shown in a secret's place: ``«secret:aws-access-key:3f9a6b01c2d4e8f7»``.

The hex digits are a keyed BLAKE2b (RFC 7693) of the unescaped value, 64 bits. The key belongs to the database: equal
values can be counted and a leaked one looked up by who holds the key, and nobody can try guesses without it. The rule
is no part of it: a password is the same in a URL and in an assignment.
"""

import re
from hashlib import blake2b
from typing import Final

KEY_BYTES: Final = 32
"""The least length of a key."""

MARK: Final = re.compile(rb"\xc2\xabsecret:[a-z0-9](?:[a-z0-9-]{0,62}):[0-9a-f]{16}\xc2\xbb")
"""A fingerprint as it stands in text. What looks like one is left alone: redaction is idempotent."""

_PERSON: Final = b"siss-secret"


class Fingerprinter:
    """Fingerprints under one database's key. Its representation does not show the key."""

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        if len(key) < KEY_BYTES:
            raise ValueError(f"A fingerprint key has at least {KEY_BYTES} bytes.")
        self._key = blake2b(key, digest_size=32, person=_PERSON).digest()

    def __repr__(self) -> str:
        return "Fingerprinter(…)"

    def of(self, value: bytes) -> str:
        """16 hex digits for an unescaped value: what a finding holds and a look-up asks for."""
        return blake2b(value, digest_size=8, key=self._key, person=_PERSON).hexdigest()


def mark(rule: str, fingerprint: str) -> bytes:
    """The text that stands for a secret. It needs no escape in JSON, XML, CSV, YAML or a shell."""
    return f"«secret:{rule}:{fingerprint}»".encode()
