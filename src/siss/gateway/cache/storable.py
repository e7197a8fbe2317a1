"""Which replies are kept: whole ones that are what was asked for."""

import json
from collections.abc import Mapping
from typing import Any, Final, NoReturn

import jsonschema_rs
import orjson

from siss.gateway.model.lookup import Reason
from siss.gateway.model.policy import CachePolicy
from siss.gateway.model.reply import Reply
from siss.gateway.model.request import Endpoint, Question, Request

NEGATIVE: Final = frozenset({400, 404, 405, 410, 413, 422})
"""The statuses of a request that is wrong however often it is sent; 401, 403, 408, 409, 429 may change at once."""

_FINISHED: Final = frozenset({"stop", "length", "tool_calls", "function_call"})


def why_not_kept(question: Question, reply: Reply, policy: CachePolicy) -> Reason:
    """Why a reply is not kept; ``Reason.NONE`` where it is."""
    if len(reply.data) > policy.max_bytes:
        return Reason.TOO_LARGE
    if reply.status != 200:
        return Reason.NONE if reply.status in NEGATIVE and policy.negative_ttl > 0 else Reason.FAILED
    try:
        body = reply.body()
    except orjson.JSONDecodeError:
        return Reason.INCOMPLETE
    if not isinstance(body, dict) or body.get("error") is not None:
        return Reason.FAILED
    if not _is_whole(question.request, body):
        return Reason.INCOMPLETE
    if question.request.endpoint is Endpoint.CHAT and not fits_own_schema(question.request.body, body):
        return Reason.OWN_SCHEMA
    return Reason.NONE


def may_answer_others(reply: Reply) -> bool:
    """Whether a reply may answer a question that only means the same: not cut short, no tools, no refusal."""
    if reply.status != 200:
        return False
    choices = reply.body().get("choices") or []
    return all(
        choice.get("finish_reason") == "stop"
        and isinstance(content := (choice.get("message") or {}).get("content"), str)
        and content.strip() != ""
        and not choice["message"].get("tool_calls")
        and not choice["message"].get("refusal")
        for choice in choices
    )


def text_of(reply: Reply) -> str:
    """The text of a chat's first choice."""
    choices = reply.body().get("choices") or [{}]
    content = (choices[0].get("message") or {}).get("content")
    return content if isinstance(content, str) else ""


def fits_own_schema(request: Mapping[str, Any], body: Mapping[str, Any]) -> bool:
    """Whether every choice of a chat is the JSON that ``response_format`` asked for; True where it asked for none.

    A schema that cannot be used, or that points to other places, is never fitted: nothing is fetched.
    """
    form = request.get("response_format")
    kind = form.get("type") if isinstance(form, Mapping) else None
    if not isinstance(form, Mapping) or kind not in {"json_object", "json_schema"}:
        return True
    schema = form.get("schema")  # llama-server's own place for it
    if isinstance(named := form.get("json_schema"), Mapping):
        schema = named.get("schema", schema)
    try:
        validator = None if schema is None else _compile(schema)
        return all(_fits(validator, choice) for choice in body.get("choices", ()))
    except (ValueError, TypeError, RecursionError):  # jsonschema_rs raises subclasses of ValueError
        return False


def _compile(schema: Any) -> Any:
    return jsonschema_rs.validator_for(
        schema,
        retriever=_refuse,
        # linear time: the pattern is the client's, the text is the model's
        pattern_options=jsonschema_rs.RegexOptions(),
    )


def _refuse(uri: str) -> NoReturn:
    raise ValueError(f"{uri}: a response schema must not point to other places")


def _fits(validator: Any, choice: Mapping[str, Any]) -> bool:
    message = choice.get("message") or {}
    if message.get("tool_calls") or message.get("refusal"):
        return True
    content = message.get("content")
    if not isinstance(content, str):
        return False
    value = json.loads(content)
    return isinstance(value, dict) if validator is None else bool(validator.is_valid(value))


def _is_whole(request: Request, body: Mapping[str, Any]) -> bool:
    match request.endpoint:
        case Endpoint.CHAT | Endpoint.COMPLETIONS:
            part = "message" if request.endpoint is Endpoint.CHAT else "text"
            choices = body.get("choices")
            return (
                isinstance(choices, list)
                and bool(choices)
                and all(
                    isinstance(choice, dict) and choice.get("finish_reason") in _FINISHED and part in choice
                    for choice in choices
                )
            )
        case Endpoint.EMBEDDINGS:
            given = request.body.get("input")
            wanted = len(given) if isinstance(given, list) and not isinstance(given[0], int) else 1
            data = body.get("data")
            return isinstance(data, list) and len(data) == wanted and all(_is_embedding(each) for each in data)
        case Endpoint.RERANK:
            results = body.get("results")
            return isinstance(results, list) and all(
                isinstance(each, dict) and isinstance(each.get("relevance_score"), int | float) for each in results
            )


def _is_embedding(item: Any) -> bool:
    """Whether an item holds numbers, or bytes in base64; a host writes null for what is not a number."""
    vector = item.get("embedding") if isinstance(item, dict) else None
    if isinstance(vector, list):
        return bool(vector) and all(isinstance(each, int | float) for each in vector)
    return isinstance(vector, str) and vector != ""
