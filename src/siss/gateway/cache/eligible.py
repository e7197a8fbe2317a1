"""Which questions may be cached: what the exact tier takes, and the smaller part that the semantic tier takes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from siss.gateway.model.directives import Directives
from siss.gateway.model.lookup import Reason
from siss.gateway.model.policy import CachePolicy, SemanticMode
from siss.gateway.model.request import Endpoint, Question

MOST_TEXT: Final = 2000
"""Characters of a user's text that the semantic tier takes: an embedder must read all of it (512 tokens)."""

_INSTRUCTIONS: Final = frozenset({"system", "developer"})
_TOOLS: Final = ("tools", "functions", "web_search_options")
_SPEECH: Final = ("audio", "modalities")
_LOGPROBS: Final = ("logprobs", "top_logprobs", "n_probs")  # the last is llama-server's own


@dataclass(frozen=True, slots=True)
class Template:
    """A question taken apart: the user's text, and the body with None in its place."""

    text: str
    body: Mapping[str, Any]


def why_bypassed(question: Question, policy: CachePolicy, directives: Directives) -> Reason:
    """Why the cache keeps out of a question altogether; ``Reason.NONE`` where it does not.

    A temperature that is not given counts as none: the semantic tier, which needs certainty, asks for an explicit 0.
    """
    if not policy.exact:
        return Reason.OFF
    if directives.no_store:
        return Reason.NO_STORE
    body = question.request.body
    if question.request.endpoint in {Endpoint.CHAT, Endpoint.COMPLETIONS}:
        if not policy.allow_temperature and (body.get("temperature") or 0) > 0:
            return Reason.TEMPERATURE
        if not policy.allow_tools and _has_tools(body):
            return Reason.TOOLS
        if _has_remote_parts(body):
            return Reason.REMOTE_IMAGE
    return Reason.NONE


def take_apart(question: Question, policy: CachePolicy) -> Template | None:
    """The question's text and its template, where the semantic tier may be asked; None where it may not.

    It takes a chat of one user turn after any instructions, text only, no tools, one choice, no logprobs, and a
    temperature of explicitly 0.
    """
    body = question.request.body
    if (
        policy.semantic is SemanticMode.OFF
        or question.request.endpoint is not Endpoint.CHAT
        or not _is_zero(body.get("temperature"))
        or body.get("n") not in {None, 1}
        or any(body.get(name) for name in (*_TOOLS, *_SPEECH))
        or any(body.get(name) for name in _LOGPROBS)
    ):
        return None
    *before, last = body["messages"]
    if last["role"] != "user" or any(
        message["role"] not in _INSTRUCTIONS or _text_of(message) is None for message in before
    ):
        return None
    text = _text_of(last)
    if text is None or not text.strip() or len(text) > MOST_TEXT:
        return None
    content = None if isinstance(last["content"], str) else [{**last["content"][0], "text": None}]
    return Template(text, {**body, "messages": [*before, {**last, "content": content}]})


def _is_zero(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value == 0


def _text_of(message: Mapping[str, Any]) -> str | None:
    """The text of a message that is one text, as a string or as one part."""
    content = message.get("content")
    if isinstance(content, list) and len(content) == 1 and content[0].get("type") == "text":
        content = content[0].get("text")
    return content if isinstance(content, str) else None


def _has_tools(body: Mapping[str, Any]) -> bool:
    return any(body.get(name) for name in _TOOLS) or any(
        message.get("role") in {"tool", "function"} or message.get("tool_calls")
        for message in body.get("messages", ())
    )


def _has_remote_parts(body: Mapping[str, Any]) -> bool:
    """Whether an answer depends on something that lies elsewhere and may change there."""
    for message in body.get("messages", ()):
        content = message.get("content")
        if isinstance(content, list) and any(_is_remote(part) for part in content):
            return True
    return False


def _is_remote(part: Mapping[str, Any]) -> bool:
    if part.get("type") == "text":
        return False
    return any(
        (name.endswith("file_id") and value)
        or (name.endswith("url") and isinstance(value, str) and not value.startswith("data:"))
        for name, value in _leaves(part)
    )


def _leaves(value: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    for name, inner in value.items():
        for each in inner if isinstance(inner, list) else [inner]:
            if isinstance(each, Mapping):
                yield from _leaves(each)
            else:
                yield name, each
