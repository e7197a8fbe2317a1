"""Writing outcomes: one transaction a batch, set-based statements and copies whatever the number of files.

What the database refuses (NUL in a text, a lone surrogate, a row too large) takes the whole transaction down. The
batch is then cut in halves until the one file is left that is to blame; it is recorded as failed, with the reason.
"""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import psycopg
from psycopg.errors import ProgramLimitExceeded

from siss.adapters.postgres.copying import copy_rows
from siss.adapters.postgres.database import Connection, Database, fetch
from siss.adapters.postgres.ingest.contents import SQL as CONTENTS
from siss.adapters.postgres.ingest.contents import (
    ContentIds,
    WriterMemory,
    delete_contents,
    hand_over,
    write_contents,
)
from siss.adapters.postgres.ingest.enqueue import enqueue, renew_generations
from siss.adapters.postgres.ingest.outcomes import FileRow, Known, Plan, Planner, file_columns
from siss.adapters.postgres.ingest.structure_write import StructureWriter
from siss.adapters.postgres.rows import GAP_TYPES, clamp, gap_rows, join, signed
from siss.adapters.postgres.statements import load_statements
from siss.model.coverage import REASONS, Gap, Reason
from siss.model.file import FileStatus
from siss.model.ids import ContentId, FileId, Generation
from siss.model.ingest import FileOutcome, OutboxOp, Outcome, WrittenBatch

SQL: Final = load_statements("outcomes")

REFUSALS: Final = (
    psycopg.DataError,
    psycopg.IntegrityError,
    ProgramLimitExceeded,
    UnicodeError,
    OverflowError,
    struct.error,
)
"""What one value can do to a batch: SQLSTATE classes 22, 23 and 54, and what psycopg cannot even send."""


async def write_outcomes(database: Database, memory: WriterMemory, outcomes: Sequence[FileOutcome]) -> WrittenBatch:
    """Record a batch, all that the database takes of it. Each part is one transaction."""
    if not outcomes:
        return WrittenBatch([], [])
    first, later = _once_each(outcomes)
    if later:
        return _joined(await write_outcomes(database, memory, first), await write_outcomes(database, memory, later))
    refusal: Exception
    async with database.connection() as connection:
        try:
            async with connection.transaction():
                return await _write(connection, memory, outcomes)
        except REFUSALS as error:
            refusal = error
    if len(outcomes) > 1:
        half = len(outcomes) // 2
        return _joined(
            await write_outcomes(database, memory, outcomes[:half]),
            await write_outcomes(database, memory, outcomes[half:]),
        )
    return await _write_refused(database, memory, outcomes[0], refusal)


def _once_each(outcomes: Sequence[FileOutcome]) -> tuple[list[FileOutcome], list[FileOutcome]]:
    seen: set[FileId] = set()
    first: list[FileOutcome] = []
    later: list[FileOutcome] = []
    for outcome in outcomes:
        (later if outcome.file_id in seen else first).append(outcome)
        seen.add(outcome.file_id)
    return first, later


def _joined(one: WrittenBatch, other: WrittenBatch) -> WrittenBatch:
    return WrittenBatch([*one.files, *other.files], [*one.outbox, *other.outbox], [*one.refused, *other.refused])


async def _write_refused(
    database: Database, memory: WriterMemory, outcome: FileOutcome, refusal: Exception
) -> WrittenBatch:
    told = str(refusal).strip().splitlines()[0].replace("\0", "").encode("utf-8", "replace").decode("utf-8")
    gap = Gap(Reason.REFUSED_BY_DATABASE, detail=told[:500])
    failed = FileOutcome(outcome.file_id, Outcome.FAILED, outcome.stat, opened=outcome.opened, gaps=(gap,))
    async with database.transaction() as connection:
        written = await _write(connection, memory, [failed])
    return replace(written, refused=[(outcome.file_id, told)])


async def _write(connection: Connection, memory: WriterMemory, outcomes: Sequence[FileOutcome]) -> WrittenBatch:
    planner = await _prepare(connection, memory.ids, outcomes)
    for outcome in outcomes:
        planner.decide(outcome)
    plan = planner.plan
    await _write_contents(connection, memory.structures, plan)
    await _write_files(connection, plan)
    await _note_orphans(connection, plan)
    return WrittenBatch(plan.written, await enqueue(connection, plan.outbox))


async def _prepare(connection: Connection, ids: ContentIds, outcomes: Sequence[FileOutcome]) -> Planner:
    rows = await fetch(connection, SQL["lock_files"], {"ids": [outcome.file_id for outcome in outcomes]})
    files = {FileId(row[0]): FileRow(FileId(row[0]), FileStatus(row[1]), *row[2:]) for row in rows}
    hashes = {outcome.facts.sha256 for outcome in outcomes if outcome.facts is not None and outcome.facts.sha256}
    known: dict[bytes, Known] = {}
    if hashes:
        found = await fetch(connection, CONTENTS["contents_by_hash"], {"hashes": list(hashes)})
        known = {row[0]: Known(*row[1:]) for row in found}
    grown = [
        content_id
        for outcome in outcomes
        if outcome.outcome is Outcome.APPENDED
        and (row := files.get(outcome.file_id)) is not None
        and (content_id := row.content_id) is not None
    ]
    sharers: dict[ContentId, int] = {}
    if grown:
        sharers = dict(await fetch(connection, CONTENTS["count_sharers"], {"ids": grown}))
    opened = [outcome.opened for outcome in outcomes if outcome.opened is not None]
    generations: dict[ContentId, Generation] = {}
    if opened:
        generations = dict(await fetch(connection, CONTENTS["generations_of"], {"ids": opened}))
    await ids.reserve(connection, len(outcomes))
    return Planner(files, known, sharers, generations, ids, await _seen_anew(connection, files, outcomes))


async def _seen_anew(
    connection: Connection, files: Mapping[FileId, FileRow], outcomes: Sequence[FileOutcome]
) -> set[FileId]:
    """Files that a reader did not find, and that a scan saw meanwhile, under another path or as another file."""
    sought = {outcome.file_id: outcome.sought for outcome in outcomes if outcome.sought is not None}
    if not sought:
        return set()
    rows = await fetch(connection, SQL["places"], {"ids": list(sought)})
    places = {FileId(row[0]): join(row[1].rstrip(b"/"), join(row[2], row[3])) for row in rows}
    return {
        file_id
        for file_id, at in sought.items()
        if (row := files.get(file_id)) is not None
        and (places[file_id], row.inode, row.mtime_ns) != (at.path, signed(at.stat.inode), clamp(at.stat.mtime_ns))
    }


async def _write_contents(connection: Connection, structures: StructureWriter, plan: Plan) -> None:
    await delete_contents(connection, plan.parsed_again)
    for source, heir in plan.hand_overs:
        await hand_over(connection, source, heir)
    await delete_contents(connection, plan.discarded)
    await write_contents(connection, structures, plan.contents)
    if plan.hashes:
        values = {
            "ids": [content_id for content_id, _, _ in plan.hashes],
            "hashes": [sha256 for _, sha256, _ in plan.hashes],
            "tails": [tail for _, _, tail in plan.hashes],
        }
        await connection.execute(CONTENTS["set_hashes"], values)


async def _write_files(connection: Connection, plan: Plan) -> None:
    if plan.files:
        await connection.execute(SQL["update_files"], file_columns(plan.files))
    if plan.newcomers:
        await _recognise_moves(connection, plan)
    if plan.parsed_again:
        await _renew_sharers(connection, plan)
    if plan.gaps:
        await connection.execute(SQL["delete_file_gaps"], {"ids": list(plan.gaps)})
        rows = (row for file_id, gaps in plan.gaps.items() for row in gap_rows(file_id, gaps))
        await copy_rows(connection, SQL["copy_file_gaps"], GAP_TYPES, rows)
    if plan.unread:
        await connection.execute(SQL["forget_outcome_gaps"], {"ids": list(plan.unread)})
        await note_unread(connection, plan.unread)
    if plan.versions:
        files, hashes, sizes, mtimes = zip(*plan.versions, strict=True)
        values = {"files": list(files), "hashes": list(hashes), "sizes": list(sizes), "mtimes": list(mtimes)}
        await connection.execute(SQL["put_versions"], values)


async def note_unread(connection: Connection, found: Mapping[FileId, Gap]) -> None:
    """Note on the ledgers of indexed files that they cannot be read now, and why.

    The time since when is that of the first such note, until the file is read again.
    """
    values = {
        "ids": list(found),
        "reasons": [gap.reason.value for gap in found.values()],
        "details": [gap.detail or REASONS[gap.reason].rstrip(".") for gap in found.values()],
        "lost": [gap.lost for gap in found.values()],
    }
    await connection.execute(SQL["note_unread"], values)


async def _recognise_moves(connection: Connection, plan: Plan) -> None:
    """A new path takes the identity of the one missing file that had its bytes: tags, description, versions."""
    contents = list({content_id for _, content_id in plan.newcomers})
    lost = dict(await fetch(connection, SQL["missing_with_content"], {"contents": contents}))
    for file_id, content_id in plan.newcomers:
        old = lost.pop(content_id, None)
        if old is None or not await fetch(connection, SQL["lock_missing"], {"id": old}):
            continue  # a scan may have found it again just now
        await connection.execute(SQL["hand_over_versions"], {"heir": file_id, "id": old})
        found = (await fetch(connection, SQL["take_identity"], {"id": old}))[0]
        public_id, tags, description, discovered_at, generation = found
        values = {"public_id": public_id, "tags": tags, "description": description, "discovered_at": discovered_at}
        await connection.execute(SQL["give_identity"], {**values, "id": file_id})
        if generation:
            plan.outbox.append((OutboxOp.DROP_FILE, old))


async def _renew_sharers(connection: Connection, plan: Plan) -> None:
    """Give new generations to all files whose content was parsed again: their engine documents change."""
    values = {"contents": plan.parsed_again, "besides": [change.id for change in plan.files]}
    await connection.execute(SQL["hide_files"], values)
    others = [row[0] for row in await fetch(connection, SQL["files_of_contents"], values)]
    await renew_generations(connection, others)
    plan.outbox.extend((OutboxOp.PUT_FILE, other) for other in others)


async def _note_orphans(connection: Connection, plan: Plan) -> None:
    if plan.left:
        await connection.execute(CONTENTS["orphan_contents"], {"ids": sorted(plan.left)})
    if plan.shared:
        await connection.execute(CONTENTS["keep_contents"], {"ids": sorted(plan.shared)})
