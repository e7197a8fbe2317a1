"""Outbox rows: the documents of the engine that a transaction makes stale, noted in that transaction."""

from collections.abc import Sequence
from typing import Any, Final

from siss.adapters.postgres.database import Connection, fetch
from siss.adapters.postgres.ingest.contents import delete_contents
from siss.adapters.postgres.statements import load_statements
from siss.model.ids import ContentId, new_generation
from siss.model.ingest import OutboxEntry, OutboxOp

SQL: Final = load_statements("outbox")


async def enqueue(connection: Connection, changes: Sequence[tuple[OutboxOp, int]]) -> list[OutboxEntry]:
    """Add outbox rows in order."""
    if not changes:
        return []
    values = {"ops": [op.value for op, _ in changes], "subjects": [subject for _, subject in changes]}
    rows = await fetch(connection, SQL["put_outbox"], values)
    return [OutboxEntry(number, OutboxOp(op), subject) for number, op, subject in sorted(rows)]


async def ring(connection: Connection, channel: str) -> None:
    """Wake whoever listens, when the transaction is on disk."""
    await connection.execute(SQL["ring"], {"channel": channel})


async def renew_generations(
    connection: Connection, files: Sequence[int], *, path: bool = False, labels: bool = False
) -> None:
    """Give files new generations, because their engine documents change: in their path, their labels, or neither."""
    if files:
        generations = [new_generation() for _ in files]
        values = {"ids": list(files), "generations": generations, "path": path, "labels": labels}
        await connection.execute(SQL["set_generations"], values)


async def show_again(connection: Connection, files: Sequence[int], *, renamed: bool = False) -> None:
    """Files that the engine held are to be shown again, as they are now."""
    if files:
        await renew_generations(connection, files, path=renamed)
        await enqueue(connection, [(OutboxOp.PUT_FILE, file_id) for file_id in files])
        await ring(connection, "outbox")


async def drop_files(connection: Connection, files: Sequence[tuple[Any, ...]]) -> None:
    """Have the engine forget files (id, generation); it knows of those with a generation."""
    changes = [(OutboxOp.DROP_FILE, file_id) for file_id, generation in files if generation]
    if changes:
        await enqueue(connection, changes)
        await ring(connection, "outbox")


async def drop_contents(connection: Connection, contents: Sequence[ContentId]) -> None:
    """Delete contents, and have the engine forget them when it is next brought up to date."""
    await delete_contents(connection, contents)
    await enqueue(connection, [(OutboxOp.DROP_CONTENT, content_id) for content_id in contents])
