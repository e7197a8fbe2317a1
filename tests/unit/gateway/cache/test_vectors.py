"""Vectors as they are stored, and the search over their codes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from siss.errors import VectorError
from siss.gateway.cache.vectors import (
    Partition,
    VectorIndex,
    decode_vector,
    encode_code,
    encode_vector,
    normalise,
)

DIMENSIONS = (1, 63, 64, 65, 384, 768, 1024, 1536)


def some(dimension, seed=0):
    return normalise(np.random.default_rng(seed).standard_normal(dimension), dimension)


@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_a_stored_vector_comes_back(dimension):
    vector = some(dimension)
    data = encode_vector(vector, dimension)
    assert len(data) == 2 * dimension
    assert float(np.dot(decode_vector(data, dimension), vector)) == pytest.approx(1, abs=2e-3)
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize(
    "values", [[float("nan"), 1], [float("inf"), 1], [0, 0], [None, 1], [1e300, 1], [1], [1, 2, 3], [[1, 2]]]
)
def test_what_is_no_vector_is_refused(values):
    with pytest.raises(VectorError):
        normalise(values, 2)


def hamming(left: bytes, right: bytes) -> int:
    return sum((a ^ b).bit_count() for a, b in zip(left, right, strict=True))


def test_a_vector_of_the_wrong_size_tells_both_sizes():
    with pytest.raises(VectorError) as caught:
        encode_vector(some(384), 768)
    assert (caught.value.details["expected"], caught.value.details["given"]) == (768, 384)


@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_codes_are_whole_words_of_signs(dimension):
    vector = some(dimension)
    code = encode_code(vector)
    assert len(code) == -(-dimension // 64) * 8
    assert hamming(code, code) == 0
    assert hamming(code, encode_code(normalise(-vector, dimension))) == dimension


@given(st.integers(1, 200), st.integers(0, 2**32 - 1), st.data())
def test_the_index_finds_what_a_plain_search_finds(count, seed, data):
    dimension = data.draw(st.sampled_from([64, 100, 384]))
    vectors = np.random.default_rng(seed).standard_normal((count, dimension))
    codes = {entry: encode_code(normalise(row, dimension)) for entry, row in enumerate(vectors, 1)}
    loaded = data.draw(st.integers(0, count))
    index = VectorIndex(dimension)
    assert index.load((b"p", entry, code) for entry, code in codes.items() if entry <= loaded) == 0
    for entry, code in codes.items():
        if entry > loaded:
            index.add(b"p", entry, code)
    gone = data.draw(st.sets(st.sampled_from(sorted(codes)), max_size=count))
    for entry in gone:
        index.remove(entry)
        del codes[entry]
    asked = encode_code(normalise(np.random.default_rng(seed + 1).standard_normal(dimension), dimension))
    wanted = data.draw(st.integers(1, 50))
    plain = sorted((hamming(asked, code), entry) for entry, code in codes.items())[:wanted]
    assert index.nearest(b"p", asked, wanted) == [entry for _, entry in plain]
    assert index.size_of(b"p") == len(codes)
    assert index.totals[0] == len(codes)


def test_an_entry_may_move_and_an_empty_partition_goes():
    index = VectorIndex(64)
    code = encode_code(some(64))
    index.add(b"p", 1, code)
    index.add(b"q", 1, code)
    assert (index.size_of(b"p"), index.size_of(b"q")) == (0, 1)
    index.remove(1)
    index.remove(1)
    assert index.totals == (0, 0, 0)
    assert index.nearest(b"q", code, 3) == []


def test_codes_of_another_length_are_passed_over_when_loading_and_refused_otherwise():
    index = VectorIndex(384)
    assert index.load([(b"p", 1, b"short"), (b"p", 2, encode_code(some(384)))]) == 1
    assert index.size_of(b"p") == 1
    with pytest.raises(VectorError):
        index.add(b"p", 3, b"short")
    with pytest.raises(VectorError):
        Partition(6).nearest(b"short", 1)
