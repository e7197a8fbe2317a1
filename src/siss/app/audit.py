"""The audit log: written in batches beside the requests, read by admins, moved into files when it is old."""

import asyncio
import contextlib
import os
import tempfile
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

import msgspec
import zstandard

from siss.app.cursors import Page, name_list, read_page
from siss.app.rights import require_everything, require_role
from siss.errors import SissError
from siss.logs import get_logger
from siss.model.audit import AuditEntry, AuditFilter
from siss.model.principal import Principal, Role
from siss.ports.audit import AuditLog
from siss.state import to_disk

AUDIT_FOLDER: Final = "audit"
"""The part of the state folder that has old entries, as files."""
MAX_PAGE: Final = 1000
BATCH_SECONDS: Final = 0.5
MOST_WAITING: Final = 20_000
"""Entries that wait while the database is away, about 10 MB; beyond it the oldest are let go, counted and logged."""
MOST_TEXT: Final = 4096
"""Characters that are kept of a query."""
_QUESTIONS: Final = frozenset({"query", "parameters"})
"""The details that hold what somebody asked."""
_BATCH: Final = 1000
_ROTATED_AT_ONCE: Final = 10_000

_log = get_logger(__name__)


class AuditWriter:
    """Takes entries without waiting, and writes them a moment later.

    ``redact``: what may be written of a text that somebody sent, ``redact_question``: of what somebody asked; called
    in a thread.
    """

    def __init__(
        self,
        log: AuditLog,
        redact: Callable[[str], str] = str,
        redact_question: Callable[[str], str] = str,
        batch_seconds: float = BATCH_SECONDS,
    ) -> None:
        self._log = log
        self._redact = redact
        self._redact_question = redact_question
        self._pause = batch_seconds
        self._waiting: deque[AuditEntry] = deque()
        self._lost = 0
        self._failing = False

    def note(self, entry: AuditEntry) -> None:
        """Write this soon."""
        if len(self._waiting) >= MOST_WAITING:
            self._waiting.popleft()
            self._lost += 1
        self._waiting.append(entry)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator["AuditWriter"]:
        """Write while the block runs, and what is left at its end."""
        writing = asyncio.create_task(self._run(), name="audit")
        try:
            yield self
        finally:
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)
            await self.flush()

    async def flush(self) -> None:
        """Write what waits; what the log does not take waits on."""
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), _BATCH))]
            try:
                await self._log.append(await asyncio.to_thread(self._redacted, batch))
            except BaseException as error:
                self._waiting.extendleft(reversed(batch))
                if not isinstance(error, SissError):
                    raise
                if not self._failing:
                    _log.warning(
                        "the audit log cannot be written now", waiting=len(self._waiting), error=error.message
                    )
                self._failing = True
                return
            self._failing = False
        if self._lost:
            _log.error("entries of the audit log were lost", entries=self._lost)
            self._lost = 0

    def _redacted(self, batch: list[AuditEntry]) -> list[AuditEntry]:
        return [
            msgspec.structs.replace(entry, details=self._clean(entry.details)) if entry.details else entry
            for entry in batch
        ]

    def _clean(self, value: Any, name: str = "") -> Any:
        if isinstance(value, str):
            return (self._redact_question if name in _QUESTIONS else self._redact)(value[:MOST_TEXT])
        if isinstance(value, dict):
            return {name: self._clean(item, name) for name, item in value.items()}
        if isinstance(value, list | tuple):
            return [self._clean(item) for item in value]
        return value

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._pause)
            await self.flush()


async def read_audit(
    log: AuditLog, principal: Principal, where: AuditFilter, cursor: str | None, limit: int
) -> Page[AuditEntry]:
    """A page of the log, the latest first.

    Raises ``ForbiddenError``, ``InvalidRequestError`` for a cursor of another list.
    """
    require_role(principal, Role.ADMIN, "Reading the audit log")
    require_everything(principal, "Reading the audit log")
    name = name_list("audit", msgspec.to_builtins(where))
    return await read_page(partial(log.latest, where), name, cursor, limit)


def rotated_files(folder: Path) -> list[Path]:
    """The files in ``folder`` that ``rotate_audit`` made, the oldest first."""
    return sorted(folder.glob("audit-*.jsonl.zst"))


async def rotate_audit(log: AuditLog, folder: Path, before: datetime) -> int:
    """Move entries from before a time into files of ``folder``, JSON Lines in zstd; returns how many.

    A file has the name of its first entry and is whole before the log forgets: when this is killed, it is written
    again, with the same name.
    """
    where, moved = AuditFilter(until=before.astimezone(UTC)), 0
    while entries := await log.oldest(where, _ROTATED_AT_ONCE):
        first = entries[0]
        await asyncio.to_thread(_write_file, folder / f"audit-{first.at:%Y-%m-%d}-{first.id}.jsonl.zst", entries)
        await log.forget([entry.id for entry in entries])
        moved += len(entries)
    return moved


def _write_file(file: Path, entries: Sequence[AuditEntry]) -> None:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    lines = b"".join(msgspec.json.encode(entry) + b"\n" for entry in entries)
    number, name = tempfile.mkstemp(dir=file.parent, prefix=".audit-")
    try:
        with os.fdopen(number, "wb") as temporary:
            temporary.write(zstandard.compress(lines))
        to_disk(Path(name))
        Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    to_disk(file.parent)
