"""Vectors: how they are stored, and the search over their binary codes.

A code has one bit a component (its sign). The codes of a partition lie in memory; the nearest by Hamming distance
are rescored with the stored vectors. Distances between codes are for finding candidates, never for deciding.
"""

from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from siss.errors import VectorError

Vector = NDArray[np.float32]
"""(dimension,) float32, L2-normalised."""

_WORD: Final = 64
_FIRST: Final = 8


def normalise(values: Iterable[float] | NDArray[np.floating], dimension: int) -> Vector:
    """A vector of length 1. Raises ``VectorError``: wrong size, a component not finite, or all zero."""
    with np.errstate(over="ignore"):  # what float32 cannot hold is infinite, and refused below
        vector = np.asarray(values, dtype=np.float32)
    if vector.shape != (dimension,):
        raise VectorError(
            f"a vector has shape {vector.shape}, its namespace has dimension {dimension}",
            expected=dimension,
            given=int(vector.size),
        )
    length = float(np.linalg.norm(vector.astype(np.float64)))
    if not np.isfinite(length) or length == 0.0:
        raise VectorError("a vector is not finite, or has no length", expected=dimension, given=dimension)
    return (vector / np.float32(length)).astype(np.float32)


def encode_vector(vector: Vector, dimension: int) -> bytes:
    """A vector as stored: little-endian float16, whatever the machine. Raises ``VectorError`` for another size."""
    if vector.shape != (dimension,):
        raise VectorError(
            f"a vector has {vector.size} components, its namespace has {dimension}",
            expected=dimension,
            given=int(vector.size),
        )
    return vector.astype("<f2").tobytes()


def decode_vector(data: bytes | memoryview, dimension: int, offset: int = 0) -> Vector:
    """A stored vector, from any offset, odd ones included. Raises ``VectorError`` where the blob is cut off."""
    given = len(data) - offset
    if given < 2 * dimension:
        raise VectorError(
            f"a stored vector has {given} bytes, {2 * dimension} are needed", expected=2 * dimension, given=given
        )
    # copied as bytes first: reading 16-bit words needs no alignment then
    return np.frombuffer(bytes(data[offset : offset + 2 * dimension]), "<f2").astype(np.float32)


def encode_code(vector: Vector) -> bytes:
    """The signs of a vector, one bit each, padded with zeros to whole 64-bit words."""
    bits = np.zeros(-(-len(vector) // _WORD) * _WORD, np.uint8)
    bits[: len(vector)] = vector > 0
    return np.packbits(bits).tobytes()


class Partition:
    """The codes of one namespace, tenant and fingerprint. ``words``: 64-bit words a code."""

    __slots__ = ("_codes", "_ids", "_places", "_words")

    def __init__(self, words: int) -> None:
        self._words = words
        self._ids = np.zeros(_FIRST, np.int64)
        self._codes = np.zeros((words, _FIRST), np.uint64)  # a word's column is contiguous: 3x faster to search
        self._places: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._places)

    @property
    def nbytes(self) -> int:
        """Memory of ids and codes; the dictionary of places costs about 100 bytes an entry more."""
        return self._ids.nbytes + self._codes.nbytes

    def add(self, entry: int, code: bytes) -> None:
        """Add or replace an entry's code; raises ``VectorError`` for one of another length."""
        words = self._as_words(code)
        place = self._places.get(entry, len(self._places))
        if place == len(self._ids):
            self._ids = np.concatenate([self._ids, np.zeros_like(self._ids)])
            self._codes = np.concatenate([self._codes, np.zeros_like(self._codes)], axis=1)
        self._ids[place] = entry
        self._codes[:, place] = words
        self._places[entry] = place

    def fill(self, entries: list[int], codes: bytes) -> None:
        """Set all entries at once: ``codes`` are theirs, one after the other."""
        self._ids = np.array(entries, np.int64)
        self._codes = np.frombuffer(codes, np.uint64).reshape(len(entries), self._words).T.copy()
        self._places = {entry: place for place, entry in enumerate(entries)}

    def remove(self, entry: int) -> None:
        """Forget an entry: the last one takes its place."""
        place = self._places.pop(entry, None)
        if place is None or place == (last := len(self._places)):
            return
        self._ids[place] = self._ids[last]
        self._codes[:, place] = self._codes[:, last]
        self._places[int(self._ids[place])] = place

    def nearest(self, code: bytes, count: int) -> list[int]:
        """The ids of the ``count`` nearest codes, nearest first, ties by id; raises ``VectorError`` as ``add``.

        May run in a thread while the loop adds and removes: it may then miss an entry or name one twice, no more,
        since what it names is read again from the store.
        """
        words = self._as_words(code)
        all_ids, codes = self._ids, self._codes
        size = min(len(self._places), len(all_ids), codes.shape[1])
        distances = np.zeros(size, np.uint16)
        for word in range(self._words):
            distances += np.bitwise_count(codes[word, :size] ^ words[word])
        ids = all_ids[:size]
        if count < size:
            within = np.flatnonzero(distances <= np.partition(distances, count - 1)[count - 1])
            distances, ids = distances[within], ids[within]
        order = np.lexsort((ids, distances))[:count]
        return [int(entry) for entry in ids[order]]

    def _as_words(self, code: bytes) -> NDArray[np.uint64]:
        if len(code) != self._words * 8:
            raise VectorError(
                f"a code has {len(code)} bytes, its partition {self._words * 8}",
                expected=self._words * 8,
                given=len(code),
            )
        return np.frombuffer(code, np.uint64)


class VectorIndex:
    """The partitions of one namespace. ``dimension``: components of its vectors."""

    def __init__(self, dimension: int) -> None:
        self.dimension: Final = dimension
        self._words = -(-dimension // _WORD)
        self._partitions: dict[bytes, Partition] = {}
        self._homes: dict[int, bytes] = {}

    def load(self, rows: Iterable[tuple[bytes, int, bytes]]) -> int:
        """Fill from (partition, entry, code), ordered by partition; codes of another length are passed over.

        Gives the number of those that were passed over.
        """
        groups: dict[bytes, tuple[list[int], list[bytes]]] = {}
        skipped = 0
        for partition, entry, code in rows:
            if len(code) != self._words * 8:
                skipped += 1
                continue
            entries, codes = groups.setdefault(partition, ([], []))
            entries.append(entry)
            codes.append(code)
            self._homes[entry] = partition
        for name, (entries, codes) in groups.items():
            self._partitions[name] = made = Partition(self._words)
            made.fill(entries, b"".join(codes))
        return skipped

    def add(self, partition: bytes, entry: int, code: bytes) -> None:
        """Add an entry, or move it to another partition."""
        if self._homes.get(entry, partition) != partition:
            self.remove(entry)
        self._partitions.setdefault(partition, Partition(self._words)).add(entry, code)
        self._homes[entry] = partition

    def remove(self, entry: int) -> None:
        """Forget an entry; an empty partition goes with it."""
        name = self._homes.pop(entry, None)
        if name is not None:
            self._partitions[name].remove(entry)
            if not len(self._partitions[name]):
                del self._partitions[name]

    def size_of(self, partition: bytes) -> int:
        """The entries of a partition."""
        found = self._partitions.get(partition)
        return 0 if found is None else len(found)

    def nearest(self, partition: bytes, code: bytes, count: int) -> list[int]:
        """The entries of the nearest codes in a partition, nearest first."""
        found = self._partitions.get(partition)
        return [] if found is None else found.nearest(code, count)

    @property
    def totals(self) -> tuple[int, int, int]:
        """Vectors, partitions, and bytes of the codes in memory."""
        return len(self._homes), len(self._partitions), sum(part.nbytes for part in self._partitions.values())
