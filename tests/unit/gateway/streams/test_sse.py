"""Event streams, however their bytes are cut."""

import itertools

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from siss.gateway.hosts.client import HostFailure
from siss.gateway.streams.sse import EventParser, event, read_events

TEXTS = st.lists(st.text(max_size=20), max_size=6)


def cut(data, at):
    edges = sorted({0, len(data), *(place % (len(data) + 1) for place in at)})
    return [data[left:right] for left, right in itertools.pairwise(edges)]


@given(TEXTS, st.lists(st.integers(0, 5000), max_size=8), st.sampled_from([b"\n", b"\r\n"]))
def test_events_are_the_same_however_the_bytes_are_cut(texts, at, end):
    data = b": hello" + end + end
    data += b"".join(b"event: x" + end + b"data: " + orjson.dumps({"t": text}) + end + end for text in texts)
    parser = EventParser()
    found = [each for chunk in cut(data, at) for each in parser.feed(chunk)] + parser.finish()
    assert [orjson.loads(each)["t"] for each in found] == texts


def test_several_data_lines_are_one_event_and_the_last_needs_no_empty_line():
    parser = EventParser()
    assert parser.feed(b"data: a\ndata:b\nid: 1\n\ndata: c") == [b"a\nb"]
    assert parser.finish() == [b"c"]


def test_a_line_without_end_is_refused():
    with pytest.raises(ValueError, match="8 MiB"):
        EventParser().feed(b"data: " + b"x" * (9 << 20))


async def collect(*chunks):
    async def arriving():
        for chunk in chunks:
            yield chunk

    return [each async for each in read_events(arriving(), "stella")]


async def test_a_stream_ends_at_done_and_nowhere_else():
    one = event({"choices": []})
    assert await collect(one, b"data: [DONE]\n\n", b"data: what is this\n\n") == [{"choices": []}]
    assert await collect(one, b"data: [DONE]") == [{"choices": []}]
    with pytest.raises(HostFailure, match="before the answer was whole"):
        await collect(one)


@pytest.mark.parametrize(
    "data",
    [
        b'data: {"choices": [',
        b"data: 3",
        b'error: {"message": "no slot"}',
        b'data: {"error": {"message": "no slot"}}',
    ],
)
async def test_what_is_no_chunk_is_a_failure_that_shows_nothing_of_an_answer_to_the_log(data):
    with pytest.raises(HostFailure) as caught:
        await collect(data + b"\n\n", b"data: [DONE]\n\n")
    assert "choices" not in caught.value.message
