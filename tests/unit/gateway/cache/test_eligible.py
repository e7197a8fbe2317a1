"""What may be cached at all, and what may be answered by meaning."""

import pytest

from siss.gateway.cache.eligible import MOST_TEXT, take_apart, why_bypassed
from siss.gateway.cache.fingerprint import Namespace, build_fingerprint, build_partition
from siss.gateway.model.directives import NO_DIRECTIVES, Directives
from siss.gateway.model.lookup import Reason
from siss.gateway.model.policy import CachePolicy, SemanticMode
from siss.gateway.model.request import Endpoint
from unit.gateway.cache.asking import ask, pose

POLICY = CachePolicy()
SEMANTIC = CachePolicy(semantic=SemanticMode.ON)
TOOL = {"type": "function", "function": {"name": "f"}}


def chat(*messages, **more):
    return pose(Endpoint.CHAT, {"model": "m", "temperature": 0, "messages": list(messages), **more})


def user(content):
    return {"role": "user", "content": content}


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        (ask("x"), Reason.NONE),
        (ask("x", temperature=0.2), Reason.TEMPERATURE),
        (ask("x", tools=[TOOL]), Reason.TOOLS),
        (ask("x", functions=[{"name": "f"}]), Reason.TOOLS),
        (chat(user("x"), {"role": "tool", "content": "y", "tool_call_id": "1"}), Reason.TOOLS),
        (chat(user("x"), {"role": "assistant", "content": None, "tool_calls": [{}]}), Reason.TOOLS),
        (chat(user([{"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}])), Reason.REMOTE_IMAGE),
        (chat(user([{"type": "image_url", "image_url": "https://example.com/a.png"}])), Reason.REMOTE_IMAGE),
        (chat(user([{"type": "video_url", "video_url": [{"url": "http://example.com/"}]}])), Reason.REMOTE_IMAGE),
        (chat(user([{"type": "file", "file": {"file_id": "f1"}}])), Reason.REMOTE_IMAGE),
        (chat(user([{"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}}])), Reason.NONE),
        (chat(user([{"type": "text", "text": "see https://example.com"}])), Reason.NONE),
    ],
)
def test_what_the_cache_keeps_out_of(question, reason):
    assert why_bypassed(question, POLICY, NO_DIRECTIVES) is reason


def test_routes_may_let_tools_and_temperature_in():
    open_ = CachePolicy(allow_tools=True, allow_temperature=True, semantic=SemanticMode.ON)
    for question in (ask("x", temperature=1), ask("x", tools=[TOOL])):
        assert why_bypassed(question, open_, NO_DIRECTIVES) is Reason.NONE
        assert take_apart(question, open_) is None


def test_no_store_and_a_route_that_is_off():
    assert why_bypassed(ask("x"), POLICY, Directives(no_store=True)) is Reason.NO_STORE
    assert why_bypassed(ask("x"), CachePolicy(exact=False), NO_DIRECTIVES) is Reason.OFF


@pytest.mark.parametrize(
    "question",
    [
        chat(user("x")),
        chat({"role": "system", "content": "s"}, {"role": "developer", "content": "d"}, user("x")),
        chat(user([{"type": "text", "text": "x"}])),
        chat(user("x"), n=1, logprobs=False, top_logprobs=0),
        chat(user("x"), temperature=0.0),
    ],
)
def test_the_semantic_tier_takes_one_user_turn_of_text(question):
    template = take_apart(question, SEMANTIC)
    assert template is not None
    assert template.text == "x"


@pytest.mark.parametrize(
    "question",
    [
        pose(Endpoint.CHAT, {"model": "m", "messages": [user("x")]}),  # no temperature: not certain
        chat(user("x"), temperature=0.1),
        chat(user("x"), temperature=None),
        chat(user("x"), n=2),
        chat(user("x"), logprobs=True),
        chat(user("x"), logprobs={"odd": ["shape"]}),
        chat(user("x"), top_logprobs=3),
        chat(user("x"), n_probs=3),
        chat(user("x"), tools=[TOOL]),
        chat(user("x"), modalities=["audio"]),
        chat(user("x"), {"role": "assistant", "content": "y"}, user("z")),
        chat(user("x"), user("z")),
        chat(user("x"), {"role": "assistant", "content": "y"}),
        chat(user([{"type": "text", "text": "x"}, {"type": "text", "text": "y"}])),
        chat(user([{"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}}])),
        chat(user([{"type": "text", "text": 5}])),
        chat(user([])),
        chat(user("   ")),
        chat(user("x" * (MOST_TEXT + 1))),
        pose(Endpoint.COMPLETIONS, {"model": "m", "prompt": "x", "temperature": 0}),
    ],
)
def test_and_nothing_else(question):
    assert take_apart(question, SEMANTIC) is None


def test_a_route_without_semantic_tier():
    assert take_apart(ask("x"), POLICY) is None
    assert take_apart(ask("x"), CachePolicy(semantic=SemanticMode.SHADOW)) is not None


def fingerprint(question):
    template = take_apart(question, SEMANTIC)
    assert template is not None
    return build_fingerprint(question, template)


def test_a_fingerprint_is_the_request_without_its_text():
    assert fingerprint(ask("one")) == fingerprint(ask("another"))
    others = [
        ask("one", tenant="blue"),
        ask("one", seed=4),
        ask("one", max_tokens=10),
        ask("one", response_format={"type": "json_object"}),
        chat({"role": "system", "content": "other"}, user("one")),
        chat({"role": "system", "content": "other"}, user([{"type": "text", "text": "one"}])),
        chat({"role": "system", "content": "other"}, {**user("one"), "name": "alice"}),
    ]
    prints = [fingerprint(each) for each in (ask("one"), *others)]
    assert len(set(prints)) == len(prints)


def test_a_partition_is_of_one_namespace():
    one = Namespace("m", 384, pooling="mean")
    variants = [
        one,
        Namespace("n", 384, pooling="mean"),
        Namespace("m", 768, pooling="mean"),
        Namespace("m", 384, pooling="last"),
        Namespace("m", 384, pooling="mean", quantisation="q8_0"),
        Namespace("m", 384, pooling="mean", prefix="query: "),
        Namespace("m", 384, pooling="mean", template="2"),
        Namespace("m", 384, pooling="mean", revision="a"),
    ]
    assert len({build_partition(each, b"f") for each in variants}) == len(variants)
    assert build_partition(one, b"f") != build_partition(one, b"g")
