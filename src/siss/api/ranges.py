"""HTTP ranges and validators (RFC 9110, sections 8.8, 13 and 14), and file names in headers (RFC 6266, 8187)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Final, Literal
from urllib.parse import quote

from siss.errors import RangeError

_SINGLE: Final = re.compile(r"\s*bytes\s*=\s*(\d{0,18})\s*-\s*(\d{0,18})\s*", re.IGNORECASE)
_UNSAFE: Final = re.compile(r"[^ !#$&+\-.0-9A-Z^_`a-z|~()\[\]{},;=@\']")


@dataclass(frozen=True, slots=True)
class Version:
    """What tells two states of a file apart. ``etag`` is quoted; a weak one begins with ``W/``."""

    etag: str
    modified: datetime

    @property
    def last_modified(self) -> str:
        """For the header: whole seconds, GMT."""
        return format_datetime(self.modified.astimezone(UTC).replace(microsecond=0), usegmt=True)


@dataclass(frozen=True, slots=True)
class Selection:
    """Which bytes to send: half-open, with the status that says so."""

    status: Literal[200, 206]
    start: int
    end: int


def is_expected(headers: Mapping[str, str], version: Version) -> bool:
    """Whether it is what who asks has parts of already; where it is not, the answer is 412."""
    tags = headers.get("if-match")
    if tags is not None:
        strong = not version.etag.startswith("W/")
        return tags.strip() == "*" or (strong and version.etag in {tag.strip() for tag in tags.split(",")})
    since = _parse_date(headers.get("if-unmodified-since"))
    return since is None or version.modified.astimezone(UTC).replace(microsecond=0) <= since


def is_unchanged(headers: Mapping[str, str], version: Version) -> bool:
    """Whether a conditional GET is answered with 304."""
    tags = headers.get("if-none-match")
    if tags is not None:
        bare = version.etag.removeprefix("W/")
        return tags.strip() == "*" or bare in {tag.strip().removeprefix("W/") for tag in tags.split(",")}
    since = _parse_date(headers.get("if-modified-since"))
    return since is not None and version.modified.astimezone(UTC).replace(microsecond=0) <= since


def select_range(headers: Mapping[str, str], size: int, version: Version) -> Selection:
    """The bytes that a request asks for; all of them where it asks for several ranges or for none.

    Raises ``RangeError`` for a range that begins after the end.
    """
    whole = Selection(200, 0, size)
    found = _SINGLE.fullmatch(headers.get("range", ""))
    if found is None or not (found[1] or found[2]) or not _range_applies(headers.get("if-range"), version):
        return whole
    if found[1]:
        start = int(found[1])
        end = min(int(found[2]) + 1, size) if found[2] else size
        if found[2] and int(found[2]) < start:
            return whole  # not a range at all, so as if it were not there
    else:
        start, end = max(0, size - int(found[2])), size
    if start >= size or end <= start:
        raise RangeError(f"The file has {size:,} bytes.", size=size)
    return Selection(206, start, end)


def _range_applies(if_range: str | None, version: Version) -> bool:
    """Whether the client's part is of these bytes: a strong tag, or a date that is certain to tell."""
    if if_range is None:
        return True
    if if_range.lstrip().startswith(('"', "W/")):
        return not version.etag.startswith("W/") and if_range.strip() == version.etag
    # A date has whole seconds, so a file that changes twice in one keeps it: only a strong tag goes with it.
    return not version.etag.startswith("W/") and _parse_date(if_range) == version.modified.astimezone(UTC).replace(
        microsecond=0
    )


def _parse_date(value: str | None) -> datetime | None:
    if value is None:
        return None
    try:
        found = parsedate_to_datetime(value)
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def disposition(kind: Literal["attachment", "inline"], name: str) -> str:
    """``Content-Disposition`` with a name that old clients can read and the right one beside it."""
    plain = _UNSAFE.sub("_", name)
    if plain == name:
        return f'{kind}; filename="{name}"'
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name.encode('utf-8', 'replace'), safe='')}"
