"""What people change of files, over records in the process: for tests."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from siss.model.file import FileRecord, FileStatus, ObservedFile
from siss.model.ids import FileId, Generation, RootId, new_generation, new_public_id
from siss.model.ingest import OutboxOp


class MemoryFileEdits:
    """Implements ``siss.ports.edits.FileEdits``.

    ``roots``: their shown paths. ``files``: by id, as they are now; ``told``: what an engine is to do, in order.
    """

    def __init__(self, roots: Mapping[RootId, str], files: Iterable[FileRecord] = ()) -> None:
        self._roots = dict(roots)
        self.files = {file.id: file for file in files}
        self.told: list[tuple[OutboxOp, FileId]] = []

    async def record_upload(
        self, root_id: RootId, file: ObservedFile, tags: Sequence[str] | None, description: str | None
    ) -> None:
        """Make a file that was just written known, and have it read now."""
        shown = f"{self._roots[root_id]}/{file.shown}"
        old = next((kept for kept in self.files.values() if (kept.root_id, kept.shown) == (root_id, shown)), None)
        now = datetime.now(UTC)
        known = _new_file(FileId(max(self.files, default=0) + 1), root_id, shown, now) if old is None else old
        labels = (
            known.tags if tags is None else tuple(tags),
            known.description if description is None else description,
        )
        relabelled = bool(known.generation) and labels != (known.tags, known.description)
        if relabelled:
            self.told.append((OutboxOp.PUT_FILE, known.id))
        self.files[known.id] = replace(
            _relabelled(known) if relabelled else known,
            size=file.stat.size,
            modified_at=datetime.fromtimestamp(file.stat.mtime_ns / 1e9, UTC),
            seen_at=now,
            status=FileStatus.PENDING,
            tags=labels[0],
            description=labels[1],
            removed_at=None,
            removed_by=None,
        )

    async def annotate(
        self,
        file_id: FileId,
        tags: Sequence[str] | None,
        description: str | None,
        seen: FileRecord | None = None,
    ) -> bool:
        """Set tags and description."""
        file = self._there(file_id, seen)
        if file is None:
            return False
        self.files[file_id] = replace(
            _relabelled(file) if file.generation else file,
            tags=file.tags if tags is None else tuple(tags),
            description=file.description if description is None else description or None,
        )
        if file.generation:
            self.told.append((OutboxOp.PUT_FILE, file_id))
        return True

    async def remove(self, file_id: FileId, subject: str, seen: FileRecord | None = None) -> bool:
        """Take a file out of the index."""
        file = self._there(file_id, seen)
        if file is None:
            return False
        self.files[file_id] = replace(
            file,
            status=FileStatus.DELETED,
            content_id=None,
            indexed_at=None,
            removed_at=datetime.now(UTC),
            removed_by=subject,
        )
        if file.generation:
            self.told.append((OutboxOp.DROP_FILE, file_id))
        return True

    async def restore(self, file_id: FileId) -> bool:
        """Put a file that somebody removed into the index again."""
        file = self.files.get(file_id)
        if file is None or file.removed_at is None:
            return False
        self.files[file_id] = replace(file, status=FileStatus.PENDING, removed_at=None, removed_by=None)
        return True

    def _there(self, file_id: FileId, seen: FileRecord | None) -> FileRecord | None:
        """A file that is in the index and, where somebody looked at it, still as they saw it."""
        file = self.files.get(file_id)
        if file is None or file.status is FileStatus.DELETED:
            return None
        return file if seen is None or _looks(file) == _looks(seen) else None


def _relabelled(file: FileRecord) -> FileRecord:
    """With the next generation: its labels change."""
    generation = Generation(max(new_generation(), file.generation + 1))
    return replace(file, generation=generation, labels_since=generation)


def _looks(file: FileRecord) -> tuple[object, ...]:
    """What makes it another file to somebody who looked at it."""
    return (
        file.shown,
        file.size,
        file.status,
        file.tags,
        file.description,
        file.indexed_at,
        file.content_id,
    )


def _new_file(file_id: FileId, root_id: RootId, shown: str, now: datetime) -> FileRecord:
    return FileRecord(
        id=file_id,
        public_id=new_public_id(),
        root_id=root_id,
        shown=shown,
        name=shown.rpartition("/")[2],
        size=0,
        modified_at=now,
        discovered_at=now,
        seen_at=now,
        indexed_at=None,
        status=FileStatus.PENDING,
        tags=(),
        description=None,
        generation=Generation(0),
        content_id=None,
        content_generation=None,
        sha256=None,
        mime=None,
        kind=None,
        encoding=None,
        compression=None,
        chunk_count=0,
        line_count=0,
        text_bytes=0,
        extent="none",
    )
