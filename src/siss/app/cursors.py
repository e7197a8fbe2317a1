"""Cursors of lists in the order of a key: where the next page begins, as an opaque text.

Each carries the name of its list (a hash of filter and order), so that a cursor of one list means nothing in another.
"""

import base64
import binascii
import hashlib
from typing import Any, Final, TypeVar

import msgspec

from siss.errors import InvalidRequestError

MAX_CURSOR: Final = 8192
"""Characters of a cursor."""

Place = TypeVar("Place")


class _Cursor(msgspec.Struct, array_like=True):
    list_name: bytes
    place: Any


_ENCODE = msgspec.msgpack.Encoder().encode
_DECODE = msgspec.msgpack.Decoder(_Cursor).decode


def name_list(*parts: Any) -> bytes:
    """The name of the list that these values (filter, order, whose) make."""
    return hashlib.blake2b(_ENCODE(parts), digest_size=8).digest()


def write_cursor(place: Any, name: bytes) -> str | None:
    """The cursor of a place; None where the list ends."""
    if place is None:
        return None
    return base64.urlsafe_b64encode(_ENCODE(_Cursor(name, place))).decode().rstrip("=")


def read_cursor(cursor: str | None, name: bytes, kind: type[Place]) -> Place | None:
    """The place of a cursor, which must have this form. Raises ``InvalidRequestError``."""
    if not cursor:
        return None
    try:
        found = _DECODE(base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True))
    except (binascii.Error, msgspec.MsgspecError, ValueError) as error:
        raise InvalidRequestError("The cursor is not one that this service gave out.", field="cursor") from error
    if found.list_name != name:
        raise InvalidRequestError(
            "The cursor belongs to a list with another filter or order: begin again without it.", field="cursor"
        )
    try:
        return msgspec.convert(found.place, kind)
    except msgspec.ValidationError as error:
        raise InvalidRequestError("The cursor is not one that this service gave out.", field="cursor") from error
