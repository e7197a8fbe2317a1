"""The cache in figures, for people and programs."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheStats:
    """The cache as it is now. Sizes: bytes.

    ``problem``: why there is no disk tier; ``semantic_off``: why no semantic tier. ``owners``: (tenant, model,
    entries). The counters are those of ``Counts``.
    """

    entries: int
    bytes: int
    max_bytes: int
    memory_entries: int
    memory_bytes: int
    vectors: int
    partitions: int
    index_bytes: int
    embedder: str
    semantic_off: str
    problem: str
    owners: tuple[tuple[str, str, int], ...]
    lookups: dict[tuple[str, str, str], int]
    stores: dict[str, int]
    faults: dict[str, int]
    refusals: dict[str, int]
    dropped_scores: int
    prompt_tokens_saved: int
    completion_tokens_saved: int
