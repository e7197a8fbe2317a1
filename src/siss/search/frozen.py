"""A ranked list, frozen: what later pages are read from, packed for the cache."""

from typing import Final

import msgspec

from siss.errors import CorruptError
from siss.model.hit import EngineAnswer, EngineHit, FacetCount
from siss.model.ids import ContentId, FileId, Generation
from siss.model.query import FacetField, Relation

MAX_HITS: Final = 1000
"""How far a ranked list goes; beyond it comes what is left, by path."""

MAX_FILES: Final = 20
"""Files of one content that a page may choose from."""


class FrozenHit(msgspec.Struct, frozen=True, array_like=True, omit_defaults=True):
    """``EngineHit`` in few bytes."""

    content_id: int | None
    content_generation: int | None
    files: tuple[tuple[int, int], ...]
    chunk_seq: int | None
    score: float
    relaxed: bool = False
    explanation: dict[str, float | int] | None = None


class FrozenList(msgspec.Struct, frozen=True, array_like=True):
    """The hits after the first page, and what is true of all matches.

    ``key`` names the list; ``seen``: what the first page showed, as ``hit_key`` has it; ``longer``: more match than
    the list holds.
    """

    fingerprint: bytes
    key: bytes
    seen: tuple[int, ...]
    hits: tuple[FrozenHit, ...]
    longer: bool
    total: int
    relation: Relation
    facets: dict[str, tuple[tuple[str, int], ...]]
    highlights: tuple[str, ...]
    phrases: tuple[tuple[str, ...], ...]
    relaxed: bool

    def keys(self) -> frozenset[int]:
        """Everything that pages of this list show or showed."""
        return frozenset({*self.seen, *(hit_key(hit) for hit in self.hits)})

    def answer(self) -> EngineAnswer:
        """The list as the engine gave it."""
        return EngineAnswer(
            hits=tuple(_thaw(hit) for hit in self.hits),
            total=self.total,
            total_relation=self.relation,
            facets={
                FacetField(name): tuple(FacetCount(*count) for count in counts)
                for name, counts in self.facets.items()
            },
            highlights=self.highlights,
            phrases=self.phrases,
            relaxed=self.relaxed,
        )


def hit_key(hit: EngineHit | FrozenHit) -> int:
    """What identifies a hit: its content, or its file as a negative number where there is no content."""
    if hit.content_id is not None:
        return hit.content_id
    return -hit.files[0][0]


def freeze(
    answer: EngineAnswer, fingerprint: bytes, key: bytes, seen: tuple[int, ...], *, longer: bool
) -> FrozenList:
    """The list of an answer, without what the first page showed."""
    shown = frozenset(seen)
    return FrozenList(
        fingerprint,
        key,
        seen,
        tuple(_frozen(hit) for hit in answer.hits if hit_key(hit) not in shown),
        longer,
        answer.total,
        answer.total_relation,
        {
            name.value: tuple((count.value, count.count) for count in counts)
            for name, counts in (answer.facets or {}).items()
        },
        answer.highlights,
        answer.phrases,
        answer.relaxed,
    )


def pack(frozen: FrozenList) -> bytes:
    """The list as bytes."""
    return _ENCODER.encode(frozen)


def unpack(data: bytes) -> FrozenList:
    """The list that ``pack`` wrote. Raises ``CorruptError``."""
    try:
        return _DECODER.decode(data)
    except msgspec.MsgspecError as error:
        raise CorruptError("A frozen list in the cache does not read back.") from error


def _frozen(hit: EngineHit) -> FrozenHit:
    return FrozenHit(
        hit.content_id,
        hit.content_generation,
        hit.files[:MAX_FILES],
        hit.chunk_seq,
        hit.score,
        hit.relaxed,
        hit.explanation,
    )


def _thaw(hit: FrozenHit) -> EngineHit:
    return EngineHit(
        None if hit.content_id is None else ContentId(hit.content_id),
        None if hit.content_generation is None else Generation(hit.content_generation),
        tuple((FileId(file), Generation(generation)) for file, generation in hit.files),
        hit.chunk_seq,
        hit.score,
        hit.relaxed,
        explanation=hit.explanation,
    )


_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(FrozenList)
