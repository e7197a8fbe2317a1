"""The exact tier's key: what is in it, and what is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from growth import assert_linear
from siss.gateway.cache.key import LEFT_OUT, build_key, canonical_json
from siss.gateway.model.request import Endpoint, ModelIdentity
from unit.gateway.cache.asking import MODEL, ask, pose


def test_a_key_is_256_bits_and_stable():
    assert len(build_key(ask("hello"))) == 32
    assert build_key(ask("hello")) == build_key(ask("hello"))


@pytest.mark.parametrize("name", sorted(LEFT_OUT))
def test_fields_that_change_no_answer_are_left_out(name):
    values = {"stream": True, "stream_options": {"include_usage": True}, "user": "u", "metadata": {"a": "b"}}
    assert build_key(ask("hello", **{name: values.get(name, "x")})) == build_key(ask("hello"))


@pytest.mark.parametrize(
    "more",
    [
        {"seed": 1},
        {"max_tokens": 5},
        {"unknown_field": True},
        {"response_format": {"type": "json_object"}},
        {"temperature": 0.0},  # 0.0 is not written as 0: another request, never a wrong hit
        {"stop": ["a", "b"]},
        {"logit_bias": {"1": 2}},
    ],
)
def test_every_other_field_is_in_it(more):
    assert build_key(ask("hello", **more)) != build_key(ask("hello"))


def test_array_order_white_space_and_unicode_are_kept():
    keys = {
        build_key(ask(text, **more))
        for text, more in (
            ("a b", {}),
            ("a  b", {}),
            ("a b ", {}),
            ("A b", {}),
            ("caf\u00e9", {}),
            ("cafe\u0301", {}),
            ("x", {"stop": ["a", "b"]}),
            ("x", {"stop": ["b", "a"]}),
        )
    }
    assert len(keys) == 8


def test_the_order_of_an_object_is_not_in_it():
    body = {"model": "m", "messages": [{"role": "user", "content": "x"}], "seed": 1}
    turned = dict(reversed(list(body.items())))
    assert build_key(pose(Endpoint.CHAT, body)) == build_key(pose(Endpoint.CHAT, turned))


def test_tenant_endpoint_and_model_are_in_it_but_not_the_name_of_the_model():
    body = {"model": "m", "prompt": "x", "messages": [{"role": "user", "content": "x"}]}
    alias = {**body, "model": "an-alias"}
    chat = build_key(pose(Endpoint.CHAT, body))
    assert build_key(pose(Endpoint.CHAT, alias)) == chat
    assert build_key(pose(Endpoint.COMPLETIONS, body)) != chat
    assert build_key(pose(Endpoint.CHAT, body, tenant="blue")) != chat
    for other in (
        ModelIdentity("stella", "/models/other.gguf", MODEL.build, MODEL.template),
        ModelIdentity("stella", MODEL.path, "b2", MODEL.template),
        ModelIdentity("stella", MODEL.path, MODEL.build, "another"),
    ):
        assert build_key(pose(Endpoint.CHAT, body, model=other)) != chat


_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(
    one=st.dictionaries(st.text(max_size=6), _json, max_size=4),
    other=st.dictionaries(st.text(max_size=6), _json, max_size=4),
)
def test_bodies_share_a_key_only_where_their_json_is_the_same(one, other):
    base = {"model": "m", "messages": [{"role": "user", "content": "x"}]}
    fields = {"model", "messages", "n", "temperature", "top_p", "tools", "response_format", *LEFT_OUT}
    left, right = (
        pose(Endpoint.CHAT, {**{key: value for key, value in each.items() if key not in fields}, **base})
        for each in (one, other)
    )
    assert (build_key(left) == build_key(right)) == (canonical_json(left) == canonical_json(right))


def test_key_of_a_large_request_takes_linear_time():
    assert_linear(lambda length: build_key(ask("x" * length)), 1 << 20)
