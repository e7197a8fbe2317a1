"""First indexing of a folder with all that is drawn from it: files a minute, MB/s, processor time, peak memory."""

from bench.peers import limits
from bench.report import Beside, Budget, Row
from bench.stage import Stage

MEGABYTE = 1e6


async def run(stage: Stage) -> list[Row]:
    """``siss index`` from nothing beside Recoll, bare Tantivy, ``sha256sum`` and ``rg`` over the same folder."""
    built = stage.built()
    manifest = built.corpus.manifest
    done = built.indexed.run
    files, size = manifest.files, manifest.bytes / MEGABYTE
    hashed = limits.hash_all(built.corpus.root)
    searched = limits.grep_word(built.corpus.root, "qzqzqzqz")
    rate = [Beside("sha256sum", files / hashed.seconds * 60, f"{hashed.lines:,}")]
    through = [
        Beside("sha256sum", size / hashed.seconds),
        Beside(f"{searched.name}, one word", size / searched.seconds),
    ]
    cpu: list[Beside] = []
    memory: list[Beside] = []
    if stage.options.peers:
        bare = stage.bare_index(built.corpus)
        through.append(
            Beside("bare tantivy, text in memory", bare.text / MEGABYTE / bare.seconds, f"{bare.chunks:,} chunks")
        )
    if peer := stage.recoll_index(built.corpus):
        rate.insert(0, Beside("Recoll", files / peer.run.seconds * 60, f"{peer.documents:,}"))
        through.insert(0, Beside("Recoll", size / peer.run.seconds))
        cpu.append(Beside("Recoll", peer.run.cpu_seconds / size * 1000))
        memory.append(Beside("Recoll", peer.run.peak_pss / MEGABYTE))
    skipped = sum(built.indexed.skipped.values())
    counted = f"{built.indexed.files:,} files" + (f", {skipped:,} skipped" if skipped else "")
    return [
        Row("files a minute", files / done.seconds * 60, "files/min", counted, rate, Budget(42_000, most=False)),
        Row(
            "text a second",
            size / done.seconds,
            "MB/s",
            f"{built.indexed.chunks:,} chunks",
            through,
            Budget(7, most=False),
        ),
        Row(
            "without start and end",
            files / built.indexed.seconds * 60,
            "files/min",
            f"{built.indexed.seconds:.1f} s of {done.seconds:.1f}",
        ),
        Row("processor time", done.cpu_seconds / size * 1000, "ms/MB", f"{done.cpu_seconds:.1f} s", cpu),
        Row("peak memory, summed PSS", done.peak_pss / MEGABYTE, "MB", "", memory, Budget(1000)),
    ]
