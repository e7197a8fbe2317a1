"""Index on disk as a share of the text: mixed files, and files under 2 KB."""

from bench.processes import folder_size
from bench.product import is_log_of_writes, parts_of
from bench.report import Beside, Budget, Row
from bench.stage import Built, Stage


async def run(stage: Stage) -> list[Row]:
    """State folder after a clean end, write-ahead log apart, beside Recoll's index and bare Tantivy's."""
    return [
        *_rows(stage, stage.built(), Budget(1.4)),
        *_rows(stage, stage.built(variant="tiny"), Budget(1.8)),
    ]


def _rows(stage: Stage, built: Built, budget: Budget) -> list[Row]:
    manifest = built.corpus.manifest
    parts = parts_of(built.product.state)
    stage.recorder.keep(
        "size",
        corpus=built.corpus.root.name,
        parts=parts,
        text=manifest.text_bytes,
        unique=manifest.unique_text_bytes,
    )
    whole = sum(size for name, size in parts.items() if not is_log_of_writes(name))
    beside: list[Beside] = []
    if peer := stage.recoll_index(built.corpus):
        beside.append(
            Beside("Recoll", folder_size(peer.config / "xapiandb") / manifest.text_bytes, f"{peer.documents:,} files")
        )
    if stage.options.peers:
        bare = stage.bare_index(built.corpus)
        beside.append(
            Beside("bare tantivy, no stored text", bare.size / manifest.text_bytes, f"{bare.chunks:,} chunks")
        )
    sort = manifest.variant
    rows = [
        Row(
            f"{sort}: index / text",
            whole / manifest.text_bytes,
            "x",
            f"{manifest.text_bytes / 1e6:,.0f} MB",
            beside,
            budget,
        )
    ]
    for name, size in sorted(parts.items(), key=lambda part: -part[1])[:5]:
        rows.append(Row(f"  {sort}: {name}", size / manifest.text_bytes, "x", f"{size / 1e6:,.1f} MB"))
    return rows
