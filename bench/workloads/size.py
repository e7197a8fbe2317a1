"""Index on disk as a share of the text: mixed files, and files under 2 KB."""

from bench.product import Product, is_log_of_writes, parts_of
from bench.report import Beside, Budget, Row
from bench.stage import Built, Stage, remove_folder

MEGABYTE = 1e6


async def run(stage: Stage) -> list[Row]:
    """State folder after a clean end, write-ahead log apart, beside Recoll's index and bare Tantivy's.

    The vacuum that the service comes to by itself, ten minutes after it first has nothing to index, was done.
    The second figure leaves out what an index of nothing takes, which outweighs a small corpus.
    """
    empty = _measure_empty(stage)
    return [
        Row("an index of nothing", empty / MEGABYTE, "MB"),
        *await _rows(stage, stage.built(), empty, Budget(1.4)),
        *await _rows(stage, stage.built(variant="tiny"), empty, Budget(1.8)),
    ]


def _measure_empty(stage: Stage) -> int:
    root = stage.work / "nothing"
    root.mkdir(exist_ok=True)  # kept by an earlier run
    product = Product(stage.work / "state-nothing")
    remove_folder(product.state)  # one that an earlier run did not come to measure
    product.index(root)
    size = _whole(parts_of(product.state))
    remove_folder(product.state)
    return size


def _whole(parts: dict[str, int]) -> int:
    return sum(size for name, size in parts.items() if not is_log_of_writes(name))


async def _rows(stage: Stage, built: Built, empty: int, budget: Budget) -> list[Row]:
    name, manifest = built.corpus.root.name, built.corpus.manifest
    sort, text = manifest.variant, manifest.text_bytes
    left = _whole(parts_of(built.product.state))
    async with built.product.serving(built.corpus.root) as server:
        await server.maintain("vacuum")
    parts = parts_of(built.product.state)
    whole = _whole(parts)
    stage.recorder.keep("size", corpus=name, parts=parts, empty=empty, text=text, unique=manifest.unique_text_bytes)
    beside: list[Beside] = []
    if peer := stage.recoll_index(built.corpus):
        beside.append(Beside("Recoll", peer.size / text, f"{peer.documents:,} files"))
    if stage.options.peers:
        bare = stage.bare_index(built.corpus)
        beside.append(Beside("bare tantivy, no stored text", bare.size / text, f"{bare.chunks:,} chunks"))
    rows = [
        Row(f"{sort}: index / text", whole / text, "x", f"{text / MEGABYTE:,.1f} MB of text", beside, budget),
        Row(f"{sort}: before the first vacuum", left / text, "x"),
        Row(f"{sort}: beyond an index of nothing", (whole - empty) / text, "x"),
    ]
    for part, size in sorted(parts.items(), key=lambda entry: -entry[1])[:5]:
        rows.append(Row(f"  {sort}: {part}", size / text, "x", f"{size / MEGABYTE:,.1f} MB"))
    return rows
