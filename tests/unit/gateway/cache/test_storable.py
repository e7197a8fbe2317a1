"""Which replies are kept, and which of them may answer others."""

import orjson
import pytest

from siss.gateway.cache.storable import may_answer_others, text_of, why_not_kept
from siss.gateway.model.lookup import Reason
from siss.gateway.model.policy import CachePolicy
from siss.gateway.model.reply import Reply
from siss.gateway.model.request import Endpoint
from unit.gateway.cache.asking import answer, ask, pose

POLICY = CachePolicy()
NEGATIVE = CachePolicy(negative_ttl=10)
SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
FORM = {"type": "json_schema", "json_schema": {"name": "r", "schema": SCHEMA}}


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (answer("yes"), Reason.NONE),
        (answer("cut", finish="length"), Reason.NONE),
        (answer("", tool_calls=[{"id": "1"}], finish="tool_calls"), Reason.NONE),
        (answer("half", finish=None), Reason.INCOMPLETE),
        (answer("bad", finish="content_filter"), Reason.INCOMPLETE),
        (Reply(b"{garbage"), Reason.INCOMPLETE),
        (Reply(b"[1]"), Reason.FAILED),
        (Reply(b"{}"), Reason.INCOMPLETE),
        (Reply(b'{"choices": []}'), Reason.INCOMPLETE),
        (Reply(b'{"choices": [5]}'), Reason.INCOMPLETE),
        (Reply(b'{"error": {"message": "x"}}'), Reason.FAILED),
        (Reply(b'{"error": {}}', status=500), Reason.FAILED),
        (Reply(b'{"error": {}}', status=404), Reason.FAILED),
    ],
)
def test_only_whole_replies_are_kept(reply, reason):
    assert why_not_kept(ask("x"), reply, POLICY) is reason


@pytest.mark.parametrize(
    ("status", "kept"),
    [(400, True), (404, True), (422, True), (401, False), (429, False), (500, False), (503, False)],
)
def test_negative_replies_of_the_client_s_own_making(status, kept):
    reply = Reply(b'{"error": {"message": "no"}}', status=status)
    assert (why_not_kept(ask("x"), reply, NEGATIVE) is Reason.NONE) == kept


def test_a_reply_over_the_limit():
    assert why_not_kept(ask("x"), answer("y" * 100), CachePolicy(max_bytes=50)) is Reason.TOO_LARGE


@pytest.mark.parametrize(
    ("content", "fits"),
    [
        ('{"n": 1}', True),
        ('{"n": "one"}', False),
        ("{}", False),
        ("not json", False),
        ("", False),
        ("[" * 5000, False),
    ],
)
def test_output_is_held_against_its_own_schema(content, fits):
    reason = why_not_kept(ask("x", response_format=FORM), answer(content), POLICY)
    assert reason is (Reason.NONE if fits else Reason.OWN_SCHEMA)


def test_other_forms_of_structured_output():
    assert why_not_kept(ask("x", response_format={"type": "json_object"}), answer("{}"), POLICY) is Reason.NONE
    assert why_not_kept(ask("x", response_format={"type": "json_object"}), answer("5"), POLICY) is Reason.OWN_SCHEMA
    assert why_not_kept(ask("x", response_format={"type": "text"}), answer("5"), POLICY) is Reason.NONE
    own = {"type": "json_object", "schema": SCHEMA}
    assert why_not_kept(ask("x", response_format=own), answer('{"n": "1"}'), POLICY) is Reason.OWN_SCHEMA


@pytest.mark.parametrize(
    "schema", [{"$ref": "https://example.com/s.json"}, {"type": "nonsense"}, {"pattern": "(a+)+$"}, 5]
)
def test_a_schema_that_cannot_be_used_is_never_fitted_and_nothing_is_fetched(schema):
    form = {"type": "json_schema", "json_schema": {"schema": schema}}
    reply = answer(orjson.dumps("a" * 64 + "!").decode())
    assert why_not_kept(ask("x", response_format=form), reply, POLICY) is Reason.OWN_SCHEMA


def test_embeddings_are_whole_and_numbers():
    question = pose(Endpoint.EMBEDDINGS, {"model": "m", "input": ["a", "b"]})

    def kept(*vectors):
        body = {"data": [{"index": index, "embedding": vector} for index, vector in enumerate(vectors)]}
        return why_not_kept(question, Reply.of(body), POLICY) is Reason.NONE

    assert kept([0.1, 1], [0.2, 2])
    assert kept("AAAA", "AAAA")
    assert not kept([0.1])
    assert not kept([0.1, None], [0.2, 0.3])  # what a host writes for NaN
    assert not kept([], [0.1])
    tokens = pose(Endpoint.EMBEDDINGS, {"model": "m", "input": [1, 2, 3]})
    assert why_not_kept(tokens, Reply.of({"data": [{"embedding": [0.1]}]}), POLICY) is Reason.NONE


def test_rerank_and_completions():
    rerank = pose(Endpoint.RERANK, {"model": "m", "query": "q", "documents": ["a"]})
    assert why_not_kept(rerank, Reply.of({"results": [{"index": 0, "relevance_score": 0.5}]}), POLICY) is Reason.NONE
    assert (
        why_not_kept(rerank, Reply.of({"results": [{"index": 0, "relevance_score": None}]}), POLICY)
        is Reason.INCOMPLETE
    )
    completion = pose(Endpoint.COMPLETIONS, {"model": "m", "prompt": "x"})
    assert (
        why_not_kept(completion, Reply.of({"choices": [{"text": "y", "finish_reason": "stop"}]}), POLICY)
        is Reason.NONE
    )
    assert why_not_kept(completion, Reply.of({"choices": [{"finish_reason": "stop"}]}), POLICY) is Reason.INCOMPLETE


@pytest.mark.parametrize(
    ("reply", "may"),
    [
        (answer("yes"), True),
        (answer("cut", finish="length"), False),
        (answer(" "), False),
        (answer("no", refusal="I may not"), False),
        (answer("call", tool_calls=[{"id": "1"}]), False),
        (Reply(b'{"error": {}}', status=404), False),
    ],
)
def test_what_may_answer_another_question(reply, may):
    assert may_answer_others(reply) is may


def test_text_of_a_reply():
    assert text_of(answer("yes")) == "yes"
    assert text_of(Reply(b'{"choices": []}')) == ""
    assert text_of(answer("x", content=None)) == ""
