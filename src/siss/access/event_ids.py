"""What events are called before those who may not see all of them.

Events are numbered for everybody together, so from two numbers somebody with scopes would read how much happened
between them outside of these. To them a number is given as sixteen bytes: a permutation with a secret key (Luby and
Rackoff 1988: four rounds of a keyed hash) of the number and of a random one, so that not even the same number looks
the same twice, and an idle stream does not tell whether others are. They lead back to the number for whoever has the
same scopes. No list of them is kept; they outlive a restart.
"""

import base64
import binascii
import functools
import hashlib
import secrets
from collections.abc import Callable
from typing import Final

from siss.errors import InvalidRequestError
from siss.model.principal import Principal

MOST_NUMBER: Final = (1 << 63) - 1
_HALF: Final = 8
_ROUNDS: Final = (b"1", b"2", b"3", b"4")
_ZEROS: Final = bytes(4)
"""Beside the random number: what was not made here does not come out with them."""


class EventIds:
    """Names of events.

    ``secret``: is asked for once; the same in all processes and after a restart, or names are good for this one only.
    """

    def __init__(self, secret: Callable[[], bytes] = lambda: secrets.token_bytes(32)) -> None:
        self._secret = functools.cache(secret)
        self._key = functools.lru_cache(256)(self._make_key)

    def name(self, principal: Principal, number: int) -> int | str:
        """What a principal is told of an event's number: the number itself where they see all events."""
        if principal.scopes is None:
            return number
        random = secrets.token_bytes(_HALF - len(_ZEROS))
        block = _mix(self._key(principal.scopes), number.to_bytes(_HALF, "big"), random + _ZEROS)
        return base64.urlsafe_b64encode(block).decode().rstrip("=")

    def number(self, principal: Principal, name: str) -> int:
        """The number of an event that was told to somebody who sees the same. Raises ``InvalidRequestError``.

        A mere number from somebody with scopes, who had it before there were names, is the beginning.
        """
        if name.isascii() and name.isdigit() and len(name) <= 19 and int(name) <= MOST_NUMBER:
            return int(name) if principal.scopes is None else 0
        if principal.scopes is not None:
            try:
                block = base64.b64decode(name + "==", b"-_", validate=True)
            except (binascii.Error, ValueError):
                block = b""
            if len(block) == 2 * _HALF:
                number, rest = _unmix(self._key(principal.scopes), block)
                if rest.endswith(_ZEROS) and number[0] < 0x80:
                    return int.from_bytes(number, "big")
        raise InvalidRequestError("This is no number of an event that this service gave.", field="Last-Event-ID")

    def _make_key(self, scopes: tuple[str, ...]) -> bytes:
        secret = hashlib.blake2b(self._secret(), person=b"siss events").digest()
        return hashlib.blake2b(
            "\0".join(scopes).encode("utf-8", "surrogatepass"), key=secret, digest_size=32
        ).digest()


def _mix(key: bytes, left: bytes, right: bytes) -> bytes:
    for round_ in _ROUNDS:
        left, right = right, _xor(left, key, right, round_)
    return left + right


def _unmix(key: bytes, block: bytes) -> tuple[bytes, bytes]:
    left, right = block[:_HALF], block[_HALF:]
    for round_ in reversed(_ROUNDS):
        left, right = _xor(right, key, left, round_), left
    return left, right


def _xor(half: bytes, key: bytes, other: bytes, round_: bytes) -> bytes:
    mask = hashlib.blake2b(other, key=key, salt=round_, digest_size=_HALF).digest()
    return (int.from_bytes(half, "big") ^ int.from_bytes(mask, "big")).to_bytes(_HALF, "big")
