"""Cursors: where a list goes on, as an opaque text.

Three kinds. ``Opening`` follows the first page of a ranked list and carries what that page showed, so that most
searches, which end there, freeze nothing. ``Frozen`` is a place in a list that was frozen in the cache. ``After`` is
a place in a sorted list, or in what follows a frozen one.

Each carries a fingerprint of the question and of what the caller may see: a cursor of another question is refused.
The checksum finds damage; it is no signature, because a cursor grants nothing: every page is bound by its caller's
scopes.
"""

import base64
import binascii
import hashlib
from typing import Final

import msgspec

from siss.errors import InvalidRequestError
from siss.model.principal import Principal
from siss.model.query import Query

MAX_CURSOR: Final = 16_384
"""Characters of a cursor."""

_VERSION: Final = 1
_CHECK_BYTES: Final = 6
_REFUSED: Final = "Take the cursor from an answer to the same question, or leave it out to begin at the first page."


class Opening(msgspec.Struct, frozen=True, array_like=True, tag="o"):
    """After the first page of a ranked list. ``seen``: what it showed (content ids; file ids as ``-id``)."""

    fingerprint: bytes
    seen: tuple[int, ...]


class Frozen(msgspec.Struct, frozen=True, array_like=True, tag="f"):
    """A place in the frozen list that ``key`` names."""

    fingerprint: bytes
    key: bytes
    position: int


class After(msgspec.Struct, frozen=True, array_like=True, tag="a"):
    """After a sort value and file id. ``key``: the frozen list that this follows; its hits do not come again."""

    fingerprint: bytes
    value: int | str
    file_id: int
    key: bytes | None = None


Cursor = Opening | Frozen | After


def identify_question(query: Query, principal: Principal) -> bytes:
    """A fingerprint of the question and of what its asker may see; facets, size, highlighting may differ by page."""
    asked = (
        query.text,
        query.sort.field.value,
        query.sort.descending,
        query.last_is_prefix,
        query.typos,
        principal.scopes,
    )
    return hashlib.blake2b(_ENCODER.encode(asked), digest_size=8).digest()


def encode_cursor(cursor: Cursor) -> str:
    """The cursor as url-safe text."""
    body = bytes([_VERSION]) + _ENCODER.encode(cursor)
    return base64.urlsafe_b64encode(_checksum(body) + body).rstrip(b"=").decode()


def decode_cursor(text: str, expected: bytes) -> Cursor:
    """The cursor of a text. ``expected``: the fingerprint of the question that it comes with.

    Raises ``InvalidRequestError`` for a text that is not a cursor, or not of this question.
    """
    if len(text) > MAX_CURSOR or not text.isascii():
        raise _refuse("The cursor is not one of ours.")
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise _refuse("The cursor is not one of ours.") from error
    check, body = data[:_CHECK_BYTES], data[_CHECK_BYTES:]
    if not body or check != _checksum(body):
        raise _refuse("The cursor was altered on its way.")
    if body[0] != _VERSION:
        raise _refuse("The cursor is of another version.")
    try:
        cursor: Cursor = _DECODER.decode(body[1:])
    except msgspec.MsgspecError as error:
        raise _refuse("The cursor is not one of ours.") from error
    if cursor.fingerprint != expected:
        raise _refuse("The cursor belongs to another question.")
    return cursor


def _checksum(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=_CHECK_BYTES, person=b"siss-cursor").digest()


def _refuse(message: str) -> InvalidRequestError:
    return InvalidRequestError(f"{message} {_REFUSED}", field="cursor")


_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(Opening | Frozen | After)
