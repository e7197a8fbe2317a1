"""A whole message as an event stream: for a client that streams what another one did not."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from siss.gateway.model.request import Endpoint
from siss.gateway.streams.sse import DONE, event

_NOT_STREAMED: Final = frozenset({"choices", "usage", "object"})


def replay(endpoint: Endpoint, body: Mapping[str, Any], *, wants_usage: bool) -> Iterator[bytes]:
    """The events of a reply: what each choice says, its finish chunk, the usage where asked, ``[DONE]``."""
    shared = {name: value for name, value in body.items() if name not in _NOT_STREAMED}
    shared["object"] = "chat.completion.chunk" if endpoint is Endpoint.CHAT else "text_completion"
    for choice in body.get("choices", ()):
        index = choice.get("index", 0)
        said = {"logprobs": choice["logprobs"]} if choice.get("logprobs") is not None else {}
        if endpoint is Endpoint.CHAT:
            spoken: dict[str, Any] = {"delta": _delta(choice.get("message") or {})}
            last: dict[str, Any] = {"delta": {}}
        else:
            spoken, last = {"text": choice.get("text", "")}, {"text": ""}
        yield event(shared | {"choices": [{"index": index, "finish_reason": None, **spoken, **said}]})
        yield event(shared | {"choices": [{"index": index, "finish_reason": choice.get("finish_reason"), **last}]})
    if wants_usage and isinstance(body.get("usage"), Mapping):
        yield event(shared | {"choices": [], "usage": body["usage"]})
    yield DONE


def _delta(message: Mapping[str, Any]) -> dict[str, Any]:
    delta = {name: value for name, value in message.items() if value is not None}
    if calls := delta.get("tool_calls"):
        delta["tool_calls"] = [{"index": index, **call} for index, call in enumerate(calls)]
    return delta
