"""What a client asks: an OpenAI request, checked, with the fields that we do not know kept as they came.

A ``Request`` is what came over the wire. A ``Question`` is that request asked by a tenant of a model: all that an
answer depends on, and so all that the cache may look at.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

import orjson
from blake3 import blake3

from siss.errors import InvalidRequestError


class Endpoint(StrEnum):
    """The paths that answer from a model."""

    CHAT = "/v1/chat/completions"
    COMPLETIONS = "/v1/completions"
    EMBEDDINGS = "/v1/embeddings"
    RERANK = "/v1/rerank"


@dataclass(frozen=True, slots=True)
class Request:
    """A checked request body. ``body`` is never changed in place: what differs is another ``Request``."""

    endpoint: Endpoint
    body: Mapping[str, Any]

    @property
    def model(self) -> str:
        """The model as the client named it: a name or an alias."""
        return str(self.body["model"])

    @property
    def stream(self) -> bool:
        """Whether the reply goes out as server-sent events."""
        return self.body.get("stream") is True

    @property
    def wants_usage(self) -> bool:
        """Whether a stream ends with a chunk that holds the usage."""
        options = self.body.get("stream_options")
        return isinstance(options, Mapping) and options.get("include_usage") is True

    def with_defaults(self, defaults: Mapping[str, Any]) -> "Request":
        """The request with a route's defaults where the client said nothing."""
        missing = {name: value for name, value in defaults.items() if name not in self.body}
        return replace(self, body={**self.body, **missing}) if missing else self


@dataclass(frozen=True, slots=True)
class ModelIdentity:
    """The model behind a name, as its host reports it.

    ``name``: the gateway's own name for it, what entries are listed and purged by. ``path``, ``build`` and
    ``template`` (the chat template): what an answer depends on; another value of any of them is another model.
    """

    name: str
    path: str = ""
    build: str = ""
    template: str = ""

    @property
    def fingerprint(self) -> str:
        """A hash of path, build and template; of the name where a host reports none of them."""
        parts = (self.path, self.build, self.template)
        return blake3(orjson.dumps(parts if any(parts) else (self.name,))).hexdigest(16)


@dataclass(frozen=True, slots=True)
class Question:
    """A request with everything that its answer depends on.

    ``request`` has the route's defaults filled in. ``model`` is the fingerprint of the resolved model, ``model_name``
    its name in the gateway. ``route`` and ``tags`` are for lists, reports and purges; no answer depends on them.
    """

    tenant: str
    request: Request
    model: str
    model_name: str
    route: str = ""
    tags: tuple[str, ...] = ()

    def answered_by(self, model: ModelIdentity) -> "Question":
        """The same question, put to the model that really answered (a fallback)."""
        return replace(self, model=model.fingerprint, model_name=model.name)


def parse_request(endpoint: Endpoint, data: bytes) -> Request:
    """A request from the bytes of a body.

    Raises ``InvalidRequestError`` with ``details['field']`` (OpenAI's ``param``) where one field is to blame.
    """
    try:
        body = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise InvalidRequestError(f"the body is not JSON: {error}") from error
    if not isinstance(body, dict):
        raise InvalidRequestError("the body must be a JSON object")
    return check_request(endpoint, body)


def check_request(endpoint: Endpoint, body: Mapping[str, Any]) -> Request:
    """A request from a body that is parsed; raises as ``parse_request`` does."""
    if not isinstance(model := body.get("model"), str) or not model:
        raise _bad("model", "must be the name of a model")
    _CHECKS[endpoint](body)
    return Request(endpoint, body)


_ROLES: Final = frozenset({"system", "developer", "user", "assistant", "tool", "function"})
_MOST_CHOICES: Final = 128


def _check_chat(body: Mapping[str, Any]) -> None:
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise _bad("messages", "must be a list with at least one message")
    for index, message in enumerate(messages):
        if not isinstance(message, dict):
            raise _bad(f"messages[{index}]", "must be an object")
        if message.get("role") not in _ROLES:
            raise _bad(f"messages[{index}].role", f"must be one of {', '.join(sorted(_ROLES))}")
        content = message.get("content")
        if isinstance(content, list):
            for at, part in enumerate(content):
                if not isinstance(part, dict) or not isinstance(part.get("type"), str):
                    raise _bad(f"messages[{index}].content[{at}]", "must be an object with a type")
        elif not (isinstance(content, str) or (content is None and message["role"] in {"assistant", "function"})):
            raise _bad(f"messages[{index}].content", "must be a string or a list of parts")
    tools = body.get("tools")
    if tools is not None and not (isinstance(tools, list) and all(isinstance(tool, dict) for tool in tools)):
        raise _bad("tools", "must be a list of objects")
    form = body.get("response_format")
    if form is not None and not (isinstance(form, dict) and isinstance(form.get("type"), str)):
        raise _bad("response_format", "must be an object with a type")
    _check_generation(body)


def _check_completion(body: Mapping[str, Any]) -> None:
    prompt = body.get("prompt")
    if not isinstance(prompt, str) and not _is_list_of(prompt, str, int, list):
        raise _bad("prompt", "must be a string, a list of strings or tokens")
    _check_generation(body)


def _check_generation(body: Mapping[str, Any]) -> None:
    _check_number(body, "temperature", 0, 2)
    _check_number(body, "top_p", 0, 1)
    _check_number(body, "frequency_penalty", -2, 2)
    _check_number(body, "presence_penalty", -2, 2)
    _check_whole(body, "n", 1, _MOST_CHOICES)
    for name in ("max_tokens", "max_completion_tokens"):
        _check_whole(body, name, -1, 1 << 31)  # llama-server reads -1 as "no limit"
    if not isinstance(body.get("stream", False), bool | None):
        raise _bad("stream", "must be true or false")
    options = body.get("stream_options")
    if options is not None and not isinstance(options, dict):
        raise _bad("stream_options", "must be an object")
    stop = body.get("stop")
    if stop is not None and not isinstance(stop, str) and not _is_list_of(stop, str, empty=True):
        raise _bad("stop", "must be a string or a list of strings")


def _check_embeddings(body: Mapping[str, Any]) -> None:
    given = body.get("input")
    if not isinstance(given, str) and not _is_list_of(given, str, int, list):
        raise _bad("input", "must be a string, a list of strings or tokens")
    if body.get("encoding_format") not in {None, "float", "base64"}:
        raise _bad("encoding_format", "must be float or base64")
    _check_whole(body, "dimensions", 1, 1 << 16)


def _check_rerank(body: Mapping[str, Any]) -> None:
    if not isinstance(body.get("query"), str):
        raise _bad("query", "must be a string")
    if not _is_list_of(body.get("documents"), str, dict):
        raise _bad("documents", "must be a list of strings or objects, with at least one of them")
    _check_whole(body, "top_n", 1, 1 << 31)


_CHECKS: Final[Mapping[Endpoint, Callable[[Mapping[str, Any]], None]]] = {
    Endpoint.CHAT: _check_chat,
    Endpoint.COMPLETIONS: _check_completion,
    Endpoint.EMBEDDINGS: _check_embeddings,
    Endpoint.RERANK: _check_rerank,
}


def _check_number(body: Mapping[str, Any], name: str, low: float, high: float) -> None:
    value = body.get(name)
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise _bad(name, "must be a number")
    if not low <= value <= high:
        raise _bad(name, f"must be from {low} to {high}")


def _check_whole(body: Mapping[str, Any], name: str, low: int, high: int) -> None:
    value = body.get(name)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high):
        raise _bad(name, f"must be a whole number from {low} to {high}")


def _is_list_of(value: object, *types: type, empty: bool = False) -> bool:
    return (
        isinstance(value, Sequence)
        and not isinstance(value, str)
        and (empty or bool(value))
        and all(isinstance(item, types) and not isinstance(item, bool) for item in value)
    )


def _bad(field: str, expected: str) -> InvalidRequestError:
    return InvalidRequestError(f"{field}: {expected}", field=field)
