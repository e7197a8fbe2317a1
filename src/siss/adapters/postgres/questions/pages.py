"""Pages in PostgreSQL: catalog and texts lie together, so one statement has all that a page shows."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from siss.adapters.postgres.database import Database
from siss.adapters.postgres.questions.catalog import CHUNK_COLUMNS, SQL, record_of
from siss.adapters.postgres.questions.texts import decode_block
from siss.adapters.postgres.rows import array, chunk_of
from siss.adapters.postgres.scopes import scope_values
from siss.errors import CorruptError, DatabaseDamagedError
from siss.logs import get_logger
from siss.model.ids import FileId
from siss.model.principal import Principal
from siss.ports.pages import Shown, Wanted
from siss.ports.texts import BLOCK_CHUNKS, BLOCK_STEP, BLOCK_STEPS, Block

_BLOCK_COLUMNS = 6

_log = get_logger(__name__)


class PostgresPages:
    """Implements ``siss.ports.pages.Pages``. ``lookups``: a database ``by_key``."""

    def __init__(self, lookups: Database) -> None:
        self._lookups = lookups

    async def read(self, wanted: Sequence[Wanted], copies: int, principal: Principal) -> Mapping[FileId, Shown]:
        """Those of the files that are there."""
        try:
            return await self._read(wanted, copies, principal)
        except DatabaseDamagedError:
            found = dict(await self._read([each._replace(chunk_seq=None) for each in wanted], copies, principal))
        for each in wanted:
            if each.chunk_seq is not None and each.file_id in found:
                try:
                    found |= await self._read([each], copies, principal)
                except DatabaseDamagedError as error:
                    _log.error("a text cannot be read", file=each.file_id, error=error.message)
                    found[each.file_id] = replace(found[each.file_id], damage=error)
        return found

    async def _read(self, wanted: Sequence[Wanted], copies: int, principal: Principal) -> Mapping[FileId, Shown]:
        values = {
            "ids": array(each.file_id for each in wanted),
            "seqs": array(each.chunk_seq for each in wanted),
            "copied": array("t" if each.copied else "f" for each in wanted),
            "copies": copies,
            "block_chunks": BLOCK_CHUNKS,
            "block_step": BLOCK_STEP,
            "block_steps": BLOCK_STEPS,
        }
        rows = await self._lookups.rows(SQL["page"], {**values, **scope_values(principal)})
        return {FileId(shown.file.id): shown for shown in map(_shown, rows)}


def _shown(row: tuple[Any, ...]) -> Shown:
    same, packed, rest = row[0], row[1 : 1 + _BLOCK_COLUMNS], row[1 + _BLOCK_COLUMNS :]
    block: Block | None = None
    damage: CorruptError | None = None
    if packed[0] is not None:
        try:
            block = decode_block(packed)
        except CorruptError as error:
            _log.warning("a block of text cannot be read", error=error.message)
            damage = error
    return Shown(
        record_of(rest[CHUNK_COLUMNS:]),
        None if rest[1] is None else chunk_of(rest[:CHUNK_COLUMNS]),
        block,
        () if same is None else tuple(same),
        damage,
    )
