"""Files, contents and outcomes for catalog tests, and a small world to put them in."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import zstandard

from siss.adapters.postgres.database import Database
from siss.adapters.postgres.ingest.catalog import PostgresIngestCatalog
from siss.adapters.postgres.ingest.renewal import PostgresRenewal
from siss.adapters.postgres.ingest.scan_catalog import PostgresScanCatalog
from siss.adapters.postgres.ingest.state import PostgresIngestState
from siss.adapters.postgres.questions.catalog import PostgresCatalog
from siss.model.content import Chunk, ContentFacts, Kind, Segment, TailState, TextBlock
from siss.model.coverage import Extent, Gap
from siss.model.file import FileRecord, FileStat, ObservedFile, PendingFile, Root
from siss.model.ids import FileId
from siss.model.ingest import FileOutcome, FolderDelta, Outcome, RootSpec, WrittenBatch
from siss.model.principal import LOCAL, Principal
from siss.ports.texts import BLOCK_CHUNKS, BLOCK_STEP

CHUNK = 10
"""Bytes of text in a chunk of these tests."""


def observed(path: str, *, inode: int = 0, size: int = 10, mtime_ns: int = 1_000_000_000, key: str | None = None):
    """A file as a scan saw it; its inode follows from its path."""
    raw = path.encode()
    made_up = int.from_bytes(hashlib.sha256(raw).digest()[:6], "big")
    return ObservedFile(raw, path, (key or path).encode(), FileStat(size, mtime_ns, inode or made_up, 1))


async def files_of(
    catalog: PostgresCatalog, ids: Iterable[FileId], principal: Principal = LOCAL
) -> dict[FileId, FileRecord]:
    """The files that the catalog shows of these."""
    found = await catalog.files([(file_id, None) for file_id in ids], principal)
    assert all(chunk is None for _, chunk in found.values())
    return {file_id: record for (file_id, _), (record, _) in found.items()}


def segment_of(text: bytes, *, first: int = 0) -> Segment:
    """A text in chunks and blocks, beginning with chunk number ``first`` (a multiple of ``BLOCK_CHUNKS``)."""
    chunks = [
        Chunk(first + number, at, min(at + CHUNK, len(text)), at, min(at + CHUNK, len(text)), 1 + first + number, 1)
        for number, at in enumerate(range(first * CHUNK, len(text), CHUNK))
    ]
    step = CHUNK * BLOCK_CHUNKS
    blocks = [
        TextBlock(
            at // (CHUNK * BLOCK_STEP), at, min(at + step, len(text)), at, zstandard.compress(text[at : at + step])
        )
        for at in range(first * CHUNK, len(text), step)
    ]
    return Segment(chunks, blocks, [])


def facts_of(text: bytes, *, sha256: bytes | None = None, gaps: Sequence[Gap] = (), **more: Any) -> ContentFacts:
    """What is known of a text that was read whole. ``sha256`` empty: not known."""
    facts = ContentFacts(
        hashlib.sha256(text).digest() if sha256 is None else sha256,
        len(text),
        len(text),
        len(text),
        len(text),
        text.count(b"\n"),
        -(-len(text) // CHUNK),
        "text/plain",
        Kind.TEXT,
        "utf-8",
        None,
        Extent.WHOLE,
        list(gaps),
    )
    return msgspec.structs.replace(facts, **more)


def tail_of(text: bytes, inode: int = 1) -> TailState:
    """The state after reading a log to the end of ``text``."""
    restart = len(text) // (CHUNK * BLOCK_CHUNKS) * BLOCK_CHUNKS
    at = restart * CHUNK
    return TailState(len(text), b"h" * 32, b"l" * 32, at, at, 1, restart, "utf-8", inode, facts_of(text, sha256=b""))


@dataclass
class World:
    """A root with files, driven as indexing drives it."""

    database: Database
    roots: list[Root] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.scans = PostgresScanCatalog(self.database)
        self.ingest = PostgresIngestCatalog(self.database)
        self.ingest_state = PostgresIngestState(self.database)
        self.renewal = PostgresRenewal(self.database)

    async def begin(self, *shown: str, case_insensitive: bool = False) -> Root:
        """Make roots; returns the first."""
        specs = [RootSpec(path.encode(), path, case_insensitive) for path in shown or ("/nas",)]
        self.roots = await self.scans.sync_roots(specs)
        return self.roots[0]

    @property
    def root(self) -> Root:
        return self.roots[0]

    async def add(self, *files: ObservedFile, root: Root | None = None) -> int:
        """Record files, each in its folder."""
        folders: dict[bytes, list[ObservedFile]] = {}
        for file in files:
            folders.setdefault(file.path.rpartition(b"/")[0], []).append(file)
        deltas = [FolderDelta(path, b"listed", added) for path, added in folders.items()]
        return await self.scans.record_folders((root or self.root).id, deltas)

    async def pending(self) -> dict[str, PendingFile]:
        """What waits, by shown path."""
        return {file.shown: file for file in await self.ingest.pending_files(1000, FileId(0))}

    async def index(self, texts: dict[str, bytes], **more: Any) -> WrittenBatch:
        """Read pending files (by shown path) as these texts."""
        waiting = await self.pending()
        outcomes = [indexed(waiting[shown], text, **more) for shown, text in texts.items()]
        return await self.ingest.write_outcomes(outcomes)

    async def index_new(self, texts: dict[str, bytes]) -> dict[str, FileId]:
        """Add files below the root and read them; returns ids by shown path."""
        await self.add(*(observed(path, size=len(text)) for path, text in texts.items()))
        waiting = await self.pending()
        await self.index({f"{self.root.shown}/{path}": text for path, text in texts.items()})
        return {shown: file.id for shown, file in waiting.items()}

    async def touch(self, file: PendingFile | FileId, stat: FileStat) -> None:
        """A file changed on the NAS."""
        file_id = file if isinstance(file, int) else file.id
        await self.scans.record_folders(self.root.id, [FolderDelta(b"", None, changed=[(file_id, stat)])])


def indexed(file: PendingFile, text: bytes, **more: Any) -> FileOutcome:
    """The outcome of reading a file whole."""
    values = {"facts": facts_of(text), "segment": segment_of(text)} | more
    return FileOutcome(
        file.id,
        more.pop("outcome", Outcome.INDEXED),
        file.stat,
        **{k: v for k, v in values.items() if k != "outcome"},
    )


def appended(file: PendingFile, text: bytes, **more: Any) -> FileOutcome:
    """The outcome of reading on where ``file.tail`` says; ``text`` is the whole new text."""
    assert file.tail is not None
    return FileOutcome(
        file.id,
        Outcome.APPENDED,
        file.stat,
        facts_of(text, sha256=b""),
        segment_of(text, first=file.tail.restart_seq),
        tail=tail_of(text),
        **more,
    )


def later(stat: FileStat, *, size: int | None = None) -> FileStat:
    """The stat of the same file after a write."""
    return FileStat(stat.size + 1 if size is None else size, stat.mtime_ns + 1_000_000_000, stat.inode, stat.device)
