"""Cursors of lists in the order of a key: where the next page begins, as an opaque text.

Each carries the name of its list (a hash of filter and order), so that a cursor of one list means nothing in another.
"""

import base64
import binascii
import hashlib
import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import msgspec

from siss.errors import InvalidRequestError

CursorPlace = TypeVar("CursorPlace")
Item = TypeVar("Item")


class _Kept(Protocol):
    """What is listed in the order of its id."""

    @property
    def id(self) -> uuid.UUID: ...


KeptItem = TypeVar("KeptItem", bound=_Kept)


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """A page of a list. ``cursor`` names the next one, None on the last."""

    items: tuple[Item, ...]
    cursor: str | None


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


def read_cursor(cursor: str | None, name: bytes, kind: type[CursorPlace]) -> CursorPlace | None:
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


async def read_page(
    fetch: Callable[[uuid.UUID | None, int], Awaitable[Sequence[KeptItem]]],
    name: bytes,
    cursor: str | None,
    size: int,
) -> Page[KeptItem]:
    """A page of what is kept by id. ``fetch``: so many, beginning after one. Raises ``InvalidRequestError``."""
    found = await fetch(read_cursor(cursor, name, uuid.UUID), size + 1)
    last = str(found[size - 1].id) if len(found) > size else None
    return Page(tuple(found[:size]), write_cursor(last, name))


def cut_page(
    items: Sequence[Item], place_of: Callable[[Item], Any], after: Any | None, size: int
) -> tuple[Sequence[Item], Any | None]:
    """What follows a place in a list that is made whole each time, and the place of the page's end.

    ``items``: in the order of their places, which are all different. What comes or goes meanwhile moves nothing.
    """
    rest = items if after is None else [item for item in items if place_of(item) > after]
    page = rest[:size]
    return page, place_of(page[-1]) if len(rest) > size else None
