"""Files with structures, as indexing will write them."""

from integration.adapters.postgres.made import World
from siss.adapters.postgres.database import Database
from siss.adapters.postgres.ingest.structure_write import StructureWriter
from siss.extract.structure.select import select_fields
from siss.model.content import Kind
from siss.model.ids import ContentId, FileId
from siss.model.shape import Structure
from siss.model.text import Window

KINDS = {"json": Kind.JSON, "jsonl": Kind.JSONL, "xml": Kind.XML}


def structure_of(text: bytes, kind: Kind) -> Structure | None:
    reader = select_fields(kind, None, max_depth=8)
    assert reader is not None
    reader.feed(Window(0, text, 0, final=True))
    return reader.close()


async def index_structured(
    database: Database, world: World, files: dict[str, bytes], writer: StructureWriter | None = None
) -> dict[str, FileId]:
    """Add files below the root with their structures; the kind is that of the extension."""
    found = await world.index_new(files)
    rows = await database.rows(b"SELECT id, content_id FROM files WHERE content_id IS NOT NULL")
    contents = {file_id: ContentId(content_id) for file_id, content_id in rows}
    items: dict[ContentId, Structure] = {}
    for path, text in files.items():
        kind = KINDS[path.rpartition(".")[2]]
        content_id = contents[found[f"{world.root.shown}/{path}"]]
        await database.execute(
            b"UPDATE contents SET kind = %(kind)s, mime = 'test/' || %(kind)s::text WHERE id = %(id)s",
            {"kind": kind.value, "id": content_id},
        )
        structure = structure_of(text, kind)
        if structure is not None:
            items[content_id] = structure
    async with database.transaction() as connection:
        await (writer or StructureWriter()).write(connection, list(items.items()))
    return found
