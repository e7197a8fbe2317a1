"""A message, its stream, and the message that is put together of it again."""

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from draws import examples
from siss.gateway.hosts.client import HostFailure
from siss.gateway.model.request import Endpoint
from siss.gateway.streams.assemble import Assembler
from siss.gateway.streams.replay import replay

HEAD = {"id": "chatcmpl-1", "created": 1_700_000_000, "model": "stella"}
WORDS = st.text(max_size=12)
CALLS = st.lists(
    st.fixed_dictionaries(
        {
            "id": st.sampled_from(["call_1", "call_2"]),
            "type": st.just("function"),
            "function": st.fixed_dictionaries({"name": st.just("look_up"), "arguments": WORDS}),
        }
    ),
    min_size=1,
    max_size=3,
)
MESSAGES = st.one_of(
    st.fixed_dictionaries(
        {"role": st.just("assistant"), "content": WORDS},
        optional={"reasoning_content": st.text(min_size=1, max_size=9)},
    ),
    st.fixed_dictionaries({"role": st.just("assistant"), "content": st.none(), "tool_calls": CALLS}),
    st.fixed_dictionaries(
        {"role": st.just("assistant"), "content": st.none(), "refusal": st.text(min_size=1, max_size=9)}
    ),
)


def assemble(endpoint, events):
    assembler = Assembler(endpoint, "stella", "host")
    shown = [assembler.add(orjson.loads(each[6:])) for each in events]
    return assembler.finish(), [each for each in shown if each is not None], assembler.usage_chunk()


@given(st.lists(MESSAGES, min_size=1, max_size=3), st.booleans())
def test_a_message_survives_being_streamed(messages, counted):
    choices = [
        {"index": at, "message": message, "finish_reason": "tool_calls" if "tool_calls" in message else "stop"}
        for at, message in enumerate(messages)
    ]
    body = HEAD | {"object": "chat.completion", "choices": choices}
    body |= {"usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}} if counted else {}
    *events, done = replay(Endpoint.CHAT, body, wants_usage=True)
    assert done == b"data: [DONE]\n\n"
    again, shown, usage = assemble(Endpoint.CHAT, events)
    assert again == body
    assert (usage is not None) is counted
    assert all("usage" not in chunk for chunk in shown)


@settings(max_examples=examples(40))
@given(st.lists(WORDS, min_size=1, max_size=5))
def test_pieces_are_joined_in_order(words):
    def chunk(choice):
        return b"data: " + orjson.dumps(HEAD | {"choices": [{"index": 0, "finish_reason": None, **choice}]})

    for endpoint, piece, last in (
        (Endpoint.CHAT, lambda word: {"delta": {"content": word}}, {"delta": {}}),
        (Endpoint.COMPLETIONS, lambda word: {"text": word}, {"text": ""}),
    ):
        body, _, _ = assemble(endpoint, [*map(chunk, map(piece, words)), chunk(last | {"finish_reason": "stop"})])
        (choice,) = body["choices"]
        said = choice["text"] if endpoint is Endpoint.COMPLETIONS else choice["message"]["content"]
        assert said == "".join(words)


def test_a_stream_that_never_finished_is_no_answer():
    with pytest.raises(HostFailure):
        assemble(Endpoint.CHAT, [b"data: " + orjson.dumps({"choices": [{"index": 0, "delta": {"content": "so"}}]})])


@pytest.mark.parametrize(
    "chunk",
    [{}, {"choices": 3}, {"choices": [3]}, {"choices": [{"index": "x"}]},
     {"choices": [{"index": 0, "delta": {"tool_calls": [3]}}]},
     {"choices": [{"index": 0, "delta": {"tool_calls": [{"index": "x"}]}}]}],
)  # fmt: skip
def test_a_chunk_of_another_shape_is_garbage(chunk):
    with pytest.raises(HostFailure) as caught:
        Assembler(Endpoint.CHAT, "stella", "host").add(chunk)
    assert caught.value.garbage
