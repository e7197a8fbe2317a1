"""What an index holds, whole: for comparing one that was disturbed with one that was not."""

import hashlib
from pathlib import Path

from siss.bootstrap import open_services, own_state
from siss.model.principal import LOCAL
from siss.model.query import Sort, SortField
from siss.ports.catalog import FileFilter
from siss.settings import Settings

Snapshot = dict[str, tuple[str, str, tuple[str, ...], tuple[str, ...]]]


async def snapshot(data_dir: Path, root: Path) -> Snapshot:
    """For each path: status, hash, the hashes of its chunks' texts, and the reasons on its ledger."""
    settings = Settings(data_dir=data_dir, roots=(root,))
    found: Snapshot = {}
    async with own_state(settings) as state, open_services(settings, state.dsn) as services:
        after = None
        while True:
            page = await services.catalog.list_files(
                FileFilter(), Sort(SortField.PATH, descending=False), after, 500, LOCAL
            )
            for file in page.files:
                chunks: list[str] = []
                if file.content_id is not None:
                    for chunk in await services.catalog.chunk_page(file.content_id, -1, 100_000):
                        text = await services.texts.read(file.content_id, chunk.start, chunk.end)
                        chunks.append(f"{chunk.source_start}:{chunk.line}:{hashlib.sha256(text).hexdigest()}")
                gaps = tuple(gap.reason.value for gap in await services.catalog.gaps(file))
                sha256 = file.sha256.hex() if file.sha256 else ""
                found[file.shown] = (file.status.value, sha256, tuple(chunks), gaps)
            after = page.after
            if after is None:
                return found
