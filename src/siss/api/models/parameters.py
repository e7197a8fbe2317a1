"""Parameters that several routes take: a page, a folder, a time."""

import re
from datetime import datetime
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from siss.search.cursor import MAX_CURSOR


def _written_out(value: object) -> object:
    """A time of a parameter is written out: a bare number could be seconds, milliseconds, or a typing error."""
    if isinstance(value, str) and not (value[:4].isdigit() and value[4:5] == "-"):
        raise ValueError("expected a time such as 2026-11-01T00:00:00Z")
    return value


def _well_formed(value: str | None) -> str | None:
    """Whether a cursor may be one is told even where there is no page that it could lead to."""
    if value is not None and re.fullmatch(_CURSOR, value) is None:
        raise ValueError("expected a cursor as the last page named it")
    return value


def _absolute(value: str | None) -> str | None:
    if value is not None and re.fullmatch(_FOLDER, value) is None:
        raise ValueError("expected an absolute path as results show it, such as /nas/logs")
    return value


_CURSOR: Final = "^[A-Za-z0-9_-]*$"
_FOLDER: Final = "^/[^\\x00]*$"

Cursor = Annotated[
    str | None,
    Field(
        max_length=MAX_CURSOR,
        description="The next page, as the last one named it.",
        json_schema_extra={"pattern": _CURSOR},
    ),
    AfterValidator(_well_formed),
]
"""Which page, as a parameter of every list; without it the first."""

Folder = Annotated[
    str | None,
    Field(
        max_length=16384,
        description="Shown absolute path; files at any depth below it.",
        json_schema_extra={"pattern": _FOLDER},
    ),
    AfterValidator(_absolute),
]
"""A filter by folder. A relative one would be below none, and say nothing for ever."""

Moment = Annotated[datetime, BeforeValidator(_written_out)]


class PageParams(BaseModel):
    """Which page of a list."""

    model_config = ConfigDict(extra="forbid")

    cursor: Cursor = None
    size: int = Field(50, ge=1, le=1000)


class ShortPageParams(BaseModel):
    """Which page of a list of what people made: never a long one."""

    model_config = ConfigDict(extra="forbid")

    cursor: Cursor = None
    size: int = Field(50, ge=1, le=200)
