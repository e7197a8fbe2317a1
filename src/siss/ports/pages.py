"""The pages port: what a page of results shows of its files, in one question, because every search asks it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from siss.errors import CorruptError
from siss.model.content import Chunk
from siss.model.file import FileRecord
from siss.model.ids import FileId
from siss.model.principal import Principal
from siss.ports.texts import Block


class Wanted(NamedTuple):
    """A file to be shown: with a chunk of its content, or None; ``copied``: with the paths of its content."""

    file_id: FileId
    chunk_seq: int | None = None
    copied: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """A file. ``chunk`` and the ``block`` of text that holds it: None where there is none, or it does not read back.

    ``copies``: shown paths of the files with its content, its own among them, in order. ``damage``: why it does not.
    """

    file: FileRecord
    chunk: Chunk | None = None
    block: Block | None = None
    copies: tuple[str, ...] = ()
    damage: CorruptError | None = None


class Pages(Protocol):
    """Raises ``DatabaseUnavailableError``. What a principal may not see is as if it were not there."""

    async def read(self, wanted: Sequence[Wanted], copies: int, principal: Principal) -> Mapping[FileId, Shown]:
        """Those of the files that are there. ``copies``: the most paths of one content.

        A text that cannot be read costs its own file's snippet only. Raises ``DatabaseDamagedError`` for the rest.
        """
        ...
