"""The indexed text of a file, from local state only."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

from siss.app.coverage import describe_gap
from siss.app.services import Services
from siss.errors import NotFoundError
from siss.model.coverage import Extent
from siss.model.file import FileRecord

PART_BYTES: Final = 512 * 1024


@dataclass(frozen=True, slots=True)
class TextRange:
    """A stretch of a file's UTF-8 text: half-open byte offsets, and the length of the whole text."""

    start: int
    end: int
    total: int


async def locate_text(services: Services, file: FileRecord, offset: int, length: int | None) -> TextRange:
    """Which bytes of the text a request means.

    Raises ``NotFoundError`` with the reasons where nothing of the file was taken as text.
    """
    # A compressed nothing and a lone byte order mark are read whole, and are no text, as an empty file is none.
    if file.content_id is None or (file.text_bytes == 0 and file.extent != Extent.WHOLE):
        gaps = await services.catalog.gaps(file)
        reasons = " ".join(dict.fromkeys(describe_gap(gap) for gap in gaps)) or _without_gaps(file)
        raise NotFoundError(
            f"{file.shown} has no indexed text. {reasons}",
            id=str(file.public_id),
            status=file.status,
            reasons=sorted({gap.reason for gap in gaps}),
        )
    start = min(offset, file.text_bytes)
    end = file.text_bytes if length is None else min(start + length, file.text_bytes)
    return TextRange(start, end, file.text_bytes)


def _without_gaps(file: FileRecord) -> str:
    if file.removed_at is not None:
        return "It was taken out of the index; restoring it has it read anew."
    return "It has not been read yet."


async def stream_text(services: Services, file: FileRecord, span: TextRange) -> AsyncIterator[bytes]:
    """The text between two offsets, a part at a time. Parts may cut a character; together they do not."""
    at = span.start
    while at < span.end and file.content_id is not None:
        part = await services.texts.read(file.content_id, at, min(at + PART_BYTES, span.end))
        if not part:
            return  # the content was replaced meanwhile, and is shorter
        at += len(part)
        yield part
