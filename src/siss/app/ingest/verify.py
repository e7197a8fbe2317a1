"""Whether the engine and the texts hold what the catalog says, document by document; and mending what differs."""

from dataclasses import dataclass, field
from typing import Any, Final

from siss.app.ingest.reading.extraction import ExtractionConfig
from siss.app.ingest.redraw import compare_drawn
from siss.app.ingest.write import IndexWriter
from siss.model.ids import ContentId, FileId
from siss.model.ingest import OutboxEntry, OutboxOp
from siss.model.principal import LOCAL
from siss.ports.catalog import Catalog
from siss.ports.catalog_check import CatalogCheck
from siss.ports.fulltext import FullText
from siss.ports.ingest_catalog import IngestCatalog
from siss.ports.outbox import Outbox
from siss.ports.texts import Texts

_NAMED: Final = 20
"""Files that are named in an answer."""


@dataclass(slots=True)
class Differences:
    """What differs, by kind. ``files`` and ``contents`` count what was compared.

    ``texts_missing``: contents of which a part of the local text is gone; ``texts_damaged``: of which a block does
    not read back. ``files_without_content``: files that count as indexed, and no search could find. ``left_behind``:
    contents that are gone from the catalog, and of which rows were left. ``engine_damaged``: what of the engine does
    not read back; it was not compared then. ``drawn_again``: of how many contents entities, fields and secrets were
    drawn from the local text once more; ``drawn_otherwise``: those of them for which the catalog holds others.
    ``read_again``: files that are read again to mend that.
    """

    files: int = 0
    contents: int = 0
    waiting: int = 0
    texts_missing: list[ContentId] = field(default_factory=list)
    texts_damaged: list[ContentId] = field(default_factory=list)
    files_without_content: list[FileId] = field(default_factory=list)
    left_behind: list[ContentId] = field(default_factory=list)
    engine_damaged: list[str] = field(default_factory=list)
    files_missing: list[FileId] = field(default_factory=list)
    files_stale: list[FileId] = field(default_factory=list)
    files_unknown: list[FileId] = field(default_factory=list)
    contents_missing: list[ContentId] = field(default_factory=list)
    contents_stale: list[ContentId] = field(default_factory=list)
    contents_unknown: list[ContentId] = field(default_factory=list)
    drawn_again: int = 0
    drawn_otherwise: list[ContentId] = field(default_factory=list)
    named_files: list[str] = field(default_factory=list)
    """Some files of these that are not hidden, as they are shown."""
    read_again: int = 0

    @property
    def clean(self) -> bool:
        """Whether nothing differs, apart from what still waits in the outbox."""
        return not (
            self.broken_texts
            or self.files_without_content
            or self.left_behind
            or self.engine_damaged
            or self.drawn_otherwise
            or self.touched_files
            or self.touched_contents
        )

    @property
    def broken_texts(self) -> list[ContentId]:
        """Contents whose local text is not as it was written."""
        return sorted({*self.texts_missing, *self.texts_damaged} - {*self.left_behind})

    @property
    def touched_files(self) -> list[FileId]:
        """Files whose documents must be looked at."""
        return [*self.files_missing, *self.files_stale, *self.files_unknown]

    @property
    def touched_contents(self) -> list[ContentId]:
        """Contents whose documents must be looked at."""
        return [*self.contents_missing, *self.contents_stale, *self.contents_unknown]

    def counts(self) -> dict[str, Any]:
        """For answers: how many of each kind."""
        return {
            "clean": self.clean,
            "files": self.files,
            "contents": self.contents,
            "waiting": self.waiting,
            "texts_missing": len(self.texts_missing),
            "texts_damaged": len(self.texts_damaged),
            "files_without_content": len(self.files_without_content),
            "left_behind": len(self.left_behind),
            "engine_damaged": self.engine_damaged,
            "files_missing": len(self.files_missing),
            "files_stale": len(self.files_stale),
            "files_unknown": len(self.files_unknown),
            "contents_missing": len(self.contents_missing),
            "contents_stale": len(self.contents_stale),
            "contents_unknown": len(self.contents_unknown),
            "drawn_again": self.drawn_again,
            "drawn_otherwise": len(self.drawn_otherwise),
            "drawn_otherwise_paths": self.named_files,
            "read_again": self.read_again,
        }


async def verify_index(check: CatalogCheck, texts: Texts, outbox: Outbox, engine: FullText) -> Differences:
    """Compare catalog, texts and engine. Call it with nothing in the outbox: what waits there is counted apart.

    Raises ``DatabaseDamagedError`` where something that the database keeps cannot be read.
    """
    await check.read_everything()
    found = Differences(
        waiting=await outbox.depth(),
        texts_missing=await check.broken_texts(),
        texts_damaged=[content_id async for content_id in texts.find_damage()],
        files_without_content=await check.files_without_content(),
        left_behind=await check.left_behind(),
        engine_damaged=list(await engine.find_damage()),
    )
    if found.engine_damaged:
        return found  # a damaged engine is not compared: what it lists may be wrong
    await engine.refresh()
    held_files = {file_id: generation async for file_id, generation in engine.every_file()}
    async for file_id, generation in outbox.every_file():
        found.files += 1
        held = held_files.pop(file_id, None)
        if held is None:
            found.files_missing.append(file_id)
        elif held != generation:
            found.files_stale.append(file_id)
    found.files_unknown.extend(held_files)
    held_contents = {content_id: (gen, count) async for content_id, gen, count in engine.every_content()}
    async for content_id, gen, count in outbox.every_content():
        found.contents += 1
        chunks = held_contents.pop(content_id, None)
        if chunks is None:
            if count:
                found.contents_missing.append(content_id)
        elif chunks != (gen, count):
            found.contents_stale.append(content_id)
    found.contents_unknown.extend(held_contents)
    return found


async def verify_drawn(
    check: CatalogCheck,
    texts: Texts,
    catalog: Catalog,
    extraction: ExtractionConfig,
    share: float,
    found: Differences,
) -> None:
    """The same for what was drawn from a random share (0 to 1) of the contents. Call it with nothing in flight."""
    found.drawn_again, found.drawn_otherwise = await compare_drawn(check, texts, extraction, share)
    files = await catalog.same_content(found.drawn_otherwise[:_NAMED], _NAMED, LOCAL)
    found.named_files = sorted({path for paths in files.values() for path in paths})[:_NAMED]


async def repair_catalog(check: CatalogCheck, ingest: IngestCatalog, found: Differences) -> None:
    """Have read again what the catalog lacks, soon, and drop what belongs to no file; the outbox tells the engine."""
    nobodys = list(found.left_behind)
    for content_id in sorted({*found.broken_texts, *found.drawn_otherwise}):
        files = await ingest.requeue_content(content_id)
        found.read_again += files
        if not files:
            nobodys.append(content_id)
    if found.files_without_content:
        found.read_again += await check.requeue_without_content(found.files_without_content)
    if nobodys:
        await check.drop_contents(nobodys)


async def repair_index(writer: IndexWriter, found: Differences) -> None:
    """Bring every document that differs to what the catalog says now, and commit."""
    await writer.bring_up_to_date(
        [OutboxEntry(0, OutboxOp.PUT_CONTENT, content) for content in found.touched_contents]
        + [OutboxEntry(0, OutboxOp.PUT_FILE, file) for file in found.touched_files]
    )
    await writer.commit()
