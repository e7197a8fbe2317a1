"""What became of files, as changes of rows: the hot path of indexing.

The ``Planner`` is pure: it looks at outcomes and at the rows they meet, and says what to write
(``siss.adapters.postgres.ingest.write_outcomes`` writes it).
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from siss.adapters.postgres.ingest.contents import ContentWrite
from siss.adapters.postgres.rows import clamp, pack_tail, signed
from siss.model.coverage import UNREADABLE, Gap
from siss.model.file import FileStat, FileStatus
from siss.model.ids import ContentId, FileId, Generation, new_generation
from siss.model.ingest import FileOutcome, OutboxOp, Outcome, WrittenFile

MOST_READS: Final = 3
"""How often a file that changed while it was read is read again at once. On some mounts each look finds a new inode,
so that a file would be read for ever."""


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file as an outcome meets it, with its content."""

    id: FileId
    status: FileStatus
    content_id: ContentId | None
    mtime_ns: int
    inode: int
    read_mtime_ns: int | None
    attempts: int
    forced: bool
    generation: Generation
    sha256: bytes | None
    content_generation: Generation | None
    metadata_only: bool
    tailed: bool
    content_size: int
    hidden: bool


@dataclass(slots=True)
class Known:
    """A content that several files may have. ``extraction``: as in its facts; ``fresh``: this batch writes it."""

    id: ContentId
    generation: Generation
    metadata_only: bool
    extraction: int = 0
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class FileChange:
    """The new values of a file's row. None keeps the old value, but in ``content_id`` and ``wait`` it means none."""

    id: FileId
    status: FileStatus
    content_id: ContentId | None
    stat: FileStat | None
    read_mtime_ns: int | None
    generation: Generation | None
    attempts: int = 0
    forced: bool = False
    wait: float | None = None
    indexed: bool = False


@dataclass(slots=True)
class Plan:
    """What one batch writes.

    ``hand_overs``: (opened content, its heir), where the chunks that were stored under the opened one go to a content
    that is known, because it grew or was parsed again; ``parsed_again``: known contents that are replaced whole;
    ``discarded``: opened contents to delete; ``left``: contents that a file no longer has; ``newcomers``: new paths
    with the bytes of a known content, which may be moves; ``unread``: why files that are indexed cannot be read now.
    """

    contents: list[ContentWrite] = field(default_factory=list)
    hand_overs: list[tuple[ContentId, ContentId]] = field(default_factory=list)
    hashes: list[tuple[ContentId, bytes, bytes | None]] = field(default_factory=list)
    files: list[FileChange] = field(default_factory=list)
    gaps: dict[FileId, Sequence[Gap]] = field(default_factory=dict)
    unread: dict[FileId, Gap] = field(default_factory=dict)
    versions: list[tuple[FileId, bytes, int, int]] = field(default_factory=list)
    discarded: list[ContentId] = field(default_factory=list)
    shared: set[ContentId] = field(default_factory=set)
    left: set[ContentId] = field(default_factory=set)
    parsed_again: list[ContentId] = field(default_factory=list)
    newcomers: list[tuple[FileId, ContentId]] = field(default_factory=list)
    outbox: list[tuple[OutboxOp, int]] = field(default_factory=list)
    written: list[WrittenFile] = field(default_factory=list)


class Planner:
    """Decides on one batch.

    ``known``: contents by sha256; ``sharers``: how many files have a content; ``opened``: generations of opened
    contents; ``ids``: new identities, at least one an outcome; ``seen_anew``: files that were not found, and that a
    scan has seen since.
    """

    def __init__(
        self,
        rows: Mapping[FileId, FileRow],
        known: Mapping[bytes, Known],
        sharers: Mapping[ContentId, int],
        opened: Mapping[ContentId, Generation],
        ids: Iterator[ContentId],
        seen_anew: Collection[FileId] = (),
    ) -> None:
        self._rows = rows
        self._seen_anew = seen_anew
        self._known = dict(known)
        self._sharers = sharers
        self._opened = opened
        self._ids = ids
        self._told: set[ContentId] = set()
        self.plan = Plan()

    def decide(self, outcome: FileOutcome) -> None:
        """Add what an outcome means. One that meets no row, or a file that is gone, is dropped."""
        row = self._rows.get(outcome.file_id)
        if row is None or row.status in {FileStatus.MISSING, FileStatus.DELETED}:
            self._discard(outcome)
            self.plan.written.append(WrittenFile(outcome.file_id, None, None, fresh=False))
            return
        if outcome.stat is not None and not row.inode:
            # Its file system has no inodes: with one from the reader it would look like another file each time.
            outcome = replace(outcome, stat=replace(outcome.stat, inode=0))
        match outcome.outcome:
            case Outcome.INDEXED | Outcome.METADATA_ONLY:
                self._indexed(row, outcome)
            case Outcome.APPENDED:
                self._appended(row, outcome)
            case Outcome.RESTED:
                self._rested(row, outcome)
            case Outcome.UNCHANGED:
                self._unchanged(row, outcome)
            case Outcome.FAILED if row.content_id is not None and _why_unread(outcome) is not None:
                self._discard(outcome)
                self._unread(row, outcome)
            case Outcome.FAILED:
                self._discard(outcome)
                self._settle(row, outcome, FileStatus.FAILED, None)
            case Outcome.RETRY | Outcome.VANISHED if row.id in self._seen_anew:
                self._discard(outcome)
                self._again(row, replace(outcome, retry_seconds=None), forced=row.forced)
            case Outcome.RETRY:
                self._discard(outcome)
                self._again(row, outcome, forced=row.forced)
            case Outcome.VANISHED:
                self._discard(outcome)
                self._vanished(row)

    def _indexed(self, row: FileRow, outcome: FileOutcome) -> None:
        assert outcome.facts is not None, "an indexed file has facts"
        facts, metadata_only = outcome.facts, outcome.outcome is Outcome.METADATA_ONLY
        known = self._known.get(facts.sha256) if facts.sha256 else None
        parsed_again = known is not None and (
            row.forced or known.metadata_only != metadata_only or known.extraction != facts.extraction
        )
        if known is not None and (known.fresh or not parsed_again):
            if known.id != outcome.opened:  # else this outcome was written before, and only the answer was lost
                self._discard(outcome)
            self.plan.shared.add(known.id)
            if row.content_id is None and not row.generation and not known.fresh and facts.size:
                self.plan.newcomers.append((row.id, known.id))
            self._settle(row, outcome, _status(known.metadata_only), known)
            return
        in_hand = True
        if known is not None:
            # It keeps its id: until the engine has the new text, searches go on finding the old one.
            content = Known(known.id, new_generation(), metadata_only, facts.extraction, fresh=True)
            in_hand = self._take_over(outcome, content)
            self.plan.parsed_again.append(known.id)
            if not facts.chunk_count:
                self.plan.outbox.append((OutboxOp.DROP_CONTENT, known.id))
        elif outcome.opened is not None:
            generation = self._opened.get(outcome.opened, new_generation())
            content = Known(outcome.opened, generation, metadata_only, facts.extraction, fresh=True)
        else:
            content = Known(next(self._ids), new_generation(), metadata_only, facts.extraction, fresh=True)
        if facts.sha256:
            self._known[facts.sha256] = content
        self._write(content, outcome, facts.sha256 or None, replaces=content.id == outcome.opened)
        self._settle(row, outcome, _status(metadata_only), content, in_hand=in_hand)

    def _appended(self, row: FileRow, outcome: FileOutcome) -> None:
        assert outcome.facts is not None, "a log that grew has facts"
        alone = row.content_id is not None and row.tailed and self._sharers.get(row.content_id, 1) == 1
        if row.content_id is None or not alone or (row.hidden and not outcome.facts.hidden):
            # Other files have the same content and did not grow: this one is read whole, as a content of its own.
            # So is a log that is no longer hidden, because the engine has nothing of it to go on from.
            self._discard(outcome)
            self._again(row, outcome, forced=True)
            return
        content = Known(row.content_id, new_generation(), metadata_only=False, fresh=True)
        in_hand = self._take_over(outcome, content)
        self._known.pop(row.sha256 or b"", None)
        self._write(content, outcome, None, replaces=True)
        self._settle(row, outcome, FileStatus.INDEXED, content, in_hand=in_hand)

    def _rested(self, row: FileRow, outcome: FileOutcome) -> None:
        assert outcome.facts is not None, "a log that rests has its hash"
        sha256 = outcome.facts.sha256
        if row.content_id is None or row.content_generation is None:
            self._again(row, outcome, forced=True)
            return
        known = self._known.get(sha256)
        if known is not None and known.id != row.content_id and known.extraction != outcome.facts.extraction:
            self._again(row, outcome, forced=True)
            return
        if known is None or known.id == row.content_id:
            known = Known(row.content_id, row.content_generation, row.metadata_only)
            self._known[sha256] = known
            self.plan.hashes.append((known.id, sha256, None if outcome.tail is None else pack_tail(outcome.tail)))
        else:
            self.plan.shared.add(known.id)
        self._settle(row, outcome, _status(known.metadata_only), known)

    def _unchanged(self, row: FileRow, outcome: FileOutcome) -> None:
        if row.content_id is None or row.content_generation is None or (row.forced and row.attempts < MOST_READS):
            self._again(row, outcome, forced=row.forced)
            return
        content = Known(row.content_id, row.content_generation, row.metadata_only)
        self._settle(row, outcome, _status(row.metadata_only), content)

    def _vanished(self, row: FileRow) -> None:
        self.plan.files.append(
            FileChange(
                row.id, FileStatus.MISSING, row.content_id, None, row.read_mtime_ns, None, row.attempts, row.forced
            )
        )
        if row.generation:
            self.plan.outbox.append((OutboxOp.DROP_FILE, row.id))
        self.plan.written.append(WrittenFile(row.id, row.content_id, row.content_generation, fresh=False))

    def _again(self, row: FileRow, outcome: FileOutcome, *, forced: bool) -> None:
        """Make the file pending again; meanwhile it keeps the content that it has."""
        self.plan.files.append(
            FileChange(
                row.id,
                FileStatus.PENDING,
                row.content_id,
                outcome.stat,
                row.read_mtime_ns,
                None,
                row.attempts + 1,
                forced,
                outcome.retry_seconds,
            )
        )
        why = _why_unread(outcome)
        if why is not None and row.content_id is not None:
            self.plan.unread[row.id] = why
        elif outcome.gaps:
            self.plan.gaps[row.id] = outcome.gaps
        self.plan.written.append(WrittenFile(row.id, row.content_id, row.content_generation, fresh=False))

    def _unread(self, row: FileRow, outcome: FileOutcome) -> None:
        """It cannot be read now. What was indexed of it stays, and its ledger says since when."""
        why = _why_unread(outcome)
        assert why is not None, "it was read"
        self.plan.unread[row.id] = why
        self.plan.files.append(
            FileChange(row.id, _status(row.metadata_only), row.content_id, outcome.stat, row.read_mtime_ns, None)
        )
        self.plan.written.append(WrittenFile(row.id, row.content_id, row.content_generation, fresh=False))

    def _settle(
        self, row: FileRow, outcome: FileOutcome, status: FileStatus, content: Known | None, *, in_hand: bool = True
    ) -> None:
        """Give the file this content, and make it pending again if it changed while it was read.

        ``in_hand``: the outcome, or its segments before, brought all chunks of a fresh content under its own id.
        """
        stat, content_id = outcome.stat, None if content is None else content.id
        # Any other mtime counts as a change, an older one too: tar, rsync and cp -p set it back after they wrote the
        # bytes. Only a log that grows may have a later one than the scan saw: it is read as it is.
        grows = outcome.tail is not None and stat is not None and row.mtime_ns < clamp(stat.mtime_ns)
        stale = (
            stat is not None
            and row.attempts < MOST_READS
            and (row.inode != signed(stat.inode) or (row.mtime_ns != clamp(stat.mtime_ns) and not grows))
        )
        read_mtime_ns = row.mtime_ns if stat is None else clamp(stat.mtime_ns)
        fresh = content is not None and content.fresh and content_id not in self._told
        # If only the mtime changed the generation stays, so that searches show the file until the engine is told.
        another = (
            (content is not None and content.fresh)
            or content_id != row.content_id
            or not row.generation
            or status is FileStatus.FAILED
        )
        self.plan.files.append(
            FileChange(
                row.id,
                FileStatus.PENDING if stale or outcome.retry_seconds is not None else status,
                content_id,
                stat,
                read_mtime_ns,
                new_generation() if another else None,
                row.attempts + 1 if stale else 0,
                wait=outcome.retry_seconds,
                indexed=status is not FileStatus.FAILED,
            )
        )
        self.plan.gaps[row.id] = outcome.gaps
        if row.content_id is not None and row.content_id != content_id:
            self.plan.left.add(row.content_id)
            self._note_version(row, outcome)
        if another or read_mtime_ns != row.read_mtime_ns:
            self.plan.outbox.append((OutboxOp.PUT_FILE, row.id))
        if content is not None:
            self._told.add(content.id)
        generation = None if content is None else content.generation
        self.plan.written.append(WrittenFile(row.id, content_id, generation, fresh and in_hand))

    def _note_version(self, row: FileRow, outcome: FileOutcome) -> None:
        edited = outcome.outcome in {Outcome.INDEXED, Outcome.METADATA_ONLY}
        same = outcome.facts is not None and outcome.facts.sha256 == row.sha256
        # A log that was growing has no hash yet, so its earlier content cannot be named as a version.
        if edited and not same and row.sha256 is not None:
            mtime_ns = row.mtime_ns if row.read_mtime_ns is None else row.read_mtime_ns
            self.plan.versions.append((row.id, row.sha256, row.content_size, mtime_ns))

    def _write(self, content: Known, outcome: FileOutcome, sha256: bytes | None, *, replaces: bool) -> None:
        assert outcome.facts is not None
        segment = outcome.segment
        grown = outcome.outcome is Outcome.APPENDED and segment is not None
        self.plan.contents.append(
            ContentWrite(
                content.id,
                content.generation,
                sha256,
                outcome.facts,
                content.metadata_only,
                outcome.tail,
                segment,
                outcome.structure,
                replaces,
                from_seq=segment.chunks[0].seq if grown and segment is not None and segment.chunks else None,
                from_block=segment.blocks[0].seq if grown and segment is not None and segment.blocks else None,
            )
        )
        if outcome.facts.chunk_count:
            self.plan.outbox.append((OutboxOp.PUT_CONTENT, content.id))

    def _take_over(self, outcome: FileOutcome, content: Known) -> bool:
        """Hand the chunks of an opened content over to this one. True if there were none (see ``in_hand``)."""
        if outcome.opened is None:
            return True
        self.plan.hand_overs.append((outcome.opened, content.id))
        self._discard(outcome)
        return False

    def _discard(self, outcome: FileOutcome) -> None:
        if outcome.opened is not None:
            self.plan.discarded.append(outcome.opened)
            self.plan.outbox.append((OutboxOp.DROP_CONTENT, outcome.opened))


def file_columns(changes: Sequence[FileChange]) -> dict[str, list[Any]]:
    """Changes as parameters of ``update_files``."""
    return {
        "ids": [change.id for change in changes],
        "statuses": [change.status.value for change in changes],
        "contents": [change.content_id for change in changes],
        "sizes": [change.stat.size if change.stat else None for change in changes],
        "mtimes": [clamp(change.stat.mtime_ns) if change.stat else None for change in changes],
        "inodes": [signed(change.stat.inode) if change.stat else None for change in changes],
        "devices": [signed(change.stat.device) if change.stat else None for change in changes],
        "read_mtimes": [change.read_mtime_ns for change in changes],
        "generations": [change.generation for change in changes],
        "attempts": [change.attempts for change in changes],
        "forced": [change.forced for change in changes],
        "waits": [change.wait for change in changes],
        "indexed": [change.indexed for change in changes],
    }


def _why_unread(outcome: FileOutcome) -> Gap | None:
    """Why the file itself could not be read, if that is so."""
    return next((gap for gap in outcome.gaps if gap.reason in UNREADABLE), None)


def _status(metadata_only: bool) -> FileStatus:
    return FileStatus.METADATA_ONLY if metadata_only else FileStatus.INDEXED
