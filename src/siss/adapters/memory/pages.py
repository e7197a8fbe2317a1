"""Pages put together from a catalog and texts, whatever they are: what another store does in one question."""

from collections.abc import Mapping, Sequence
from typing import Final

from siss.errors import CorruptError
from siss.model.ids import ContentId, FileId
from siss.model.principal import Principal
from siss.ports.catalog import Catalog
from siss.ports.pages import Shown, Wanted
from siss.ports.texts import Block, Texts

_NONE: Final = (None, None)


class MemoryPages:
    """Implements ``siss.ports.pages.Pages``."""

    def __init__(self, catalog: Catalog, texts: Texts) -> None:
        self._catalog = catalog
        self._texts = texts

    async def read(self, wanted: Sequence[Wanted], copies: int, principal: Principal) -> Mapping[FileId, Shown]:
        """Those of the files that are there."""
        found = await self._catalog.files([(each.file_id, each.chunk_seq) for each in wanted], principal)
        copied = {each.file_id for each in wanted if each.copied}
        contents = {
            file.content_id for file, _ in found.values() if file.id in copied and file.content_id is not None
        }
        same = await self._catalog.same_content(sorted(contents), copies, principal) if contents else {}
        shown: dict[FileId, Shown] = {}
        for (file_id, _), (file, chunk) in found.items():
            content_id = file.content_id
            paths = same.get(content_id, ()) if file_id in copied and content_id is not None else ()
            block, damage = await self._block(content_id, chunk.seq) if chunk and content_id is not None else _NONE
            shown[file_id] = Shown(file, chunk, block, paths, damage)
        return shown

    async def _block(self, content_id: ContentId, seq: int) -> tuple[Block | None, CorruptError | None]:
        try:
            return (await self._texts.blocks_of([(content_id, seq)])).get((content_id, seq)), None
        except CorruptError as error:
            return None, error
