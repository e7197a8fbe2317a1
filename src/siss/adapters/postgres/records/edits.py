"""What people change of files, in PostgreSQL."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from siss.adapters.postgres.database import Connection, Database, fetch
from siss.adapters.postgres.group_writes import GroupWrites
from siss.adapters.postgres.ingest.enqueue import enqueue, renew_generations, ring
from siss.adapters.postgres.ingest.record_folders import holding_root, record_files
from siss.adapters.postgres.rows import short_hash
from siss.adapters.postgres.statements import load_statements
from siss.model.file import FileRecord, ObservedFile
from siss.model.ids import FileId, RootId
from siss.model.ingest import OutboxOp

SQL: Final = load_statements("edits")


_Labels = tuple[tuple[str, ...] | None, str | None]


@dataclass(frozen=True, slots=True)
class _Upload:
    """A file that was just written. ``labels``: its tags and description, None for those that it has."""

    root_id: RootId
    file: ObservedFile
    labels: _Labels

    def fits(self, other: "_Upload") -> bool:
        """Whether both may be recorded in one transaction."""
        return self.root_id == other.root_id and self.file.key != other.file.key


class PostgresFileEdits:
    """Implements ``siss.ports.edits.FileEdits``."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._uploads = GroupWrites(self._record_uploads, _Upload.fits)
        """Who records uploads waits for the lock of their root, and for scans that hold it: all of them with one
        connection, or a few dozen uploads at once would leave none for questions."""

    async def record_upload(
        self, root_id: RootId, file: ObservedFile, tags: Sequence[str] | None, description: str | None
    ) -> None:
        """Make a file that was just written known, and have it read now."""
        await self._uploads.add(_Upload(root_id, file, (None if tags is None else tuple(tags), description)))

    async def _record_uploads(self, uploads: Sequence[_Upload]) -> None:
        root_id = uploads[0].root_id

        async def record(connection: Connection) -> None:
            await record_files(connection, root_id, [upload.file for upload in uploads])
            alike: dict[_Labels, list[ObservedFile]] = {}
            for upload in uploads:
                alike.setdefault(upload.labels, []).append(upload.file)
            relabelled: list[int] = []
            for (tags, description), files in alike.items():
                relabelled += await _label(connection, root_id, files, tags, description)
            await renew_generations(connection, relabelled, labels=True)
            await enqueue(connection, [(OutboxOp.PUT_FILE, file_id) for file_id in relabelled])
            await ring(connection, "outbox")

        await holding_root(self._database, root_id, record)

    async def annotate(
        self,
        file_id: FileId,
        tags: Sequence[str] | None,
        description: str | None,
        seen: FileRecord | None = None,
    ) -> bool:
        """Set tags and description."""
        values = {"id": file_id, "tags": None if tags is None else list(tags), "description": description}
        values |= _as_seen(seen)
        async with self._database.transaction() as connection:
            rows = await fetch(connection, SQL["annotate"], values)
            if rows and rows[0][0]:
                await renew_generations(connection, [file_id], labels=True)
                await _tell(connection, OutboxOp.PUT_FILE, file_id)
        return bool(rows)

    async def remove(self, file_id: FileId, subject: str, seen: FileRecord | None = None) -> bool:
        """Take a file out of the index."""
        values = {"id": file_id, "subject": subject, **_as_seen(seen)}
        async with self._database.transaction() as connection:
            rows = await fetch(connection, SQL["remove"], values)
            for generation, content_id in rows:
                await connection.execute(SQL["orphan"], {"content_id": content_id})
                if generation:
                    await _tell(connection, OutboxOp.DROP_FILE, file_id)
        return bool(rows)

    async def restore(self, file_id: FileId) -> bool:
        """Put a file that somebody removed into the index again."""
        async with self._database.transaction() as connection:
            restored = (await connection.execute(SQL["restore"], {"id": file_id})).rowcount
            await ring(connection, "outbox")
        return bool(restored)


async def _label(
    connection: Connection,
    root_id: RootId,
    files: Sequence[ObservedFile],
    tags: Sequence[str] | None,
    description: str | None,
) -> list[int]:
    """Give files that were just recorded these labels; the ids of those that the engine has with others."""
    keys = [(short_hash(file.key), short_hash(file.key, file.path), _name(file)) for file in files]
    values = {
        "root_id": root_id,
        "hashes": [key_hash for own, beside, _ in keys for key_hash in (own, beside)],
        "names": [name for _, _, name in keys for _ in range(2)],
        "tags": None if tags is None else list(tags),
        "description": description,
    }
    return [row[0] for row in await fetch(connection, SQL["label_uploads"], values) if row[1]]


def _name(file: ObservedFile) -> bytes:
    return file.path.rpartition(b"/")[2]


def _as_seen(file: FileRecord | None) -> dict[str, Any]:
    """How the file looked when it was seen, for the fragment ``as_seen``: it must still be so when it is changed."""
    return {
        "seen": file is not None,
        "seen_shown": file and file.shown,
        "seen_size": file and file.size,
        "seen_status": file and file.status.value,
        "seen_tags": file and list(file.tags),
        "seen_description": file and file.description,
        "seen_indexed_at": file and file.indexed_at,
        "seen_content_id": file and file.content_id,
    }


async def _tell(connection: Connection, op: OutboxOp, file_id: FileId) -> None:
    await enqueue(connection, [(op, file_id)])
    await ring(connection, "outbox")
