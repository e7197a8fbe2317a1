"""Structured output: the schema put where llama-server looks for it, and what comes back held against it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from siss.errors import InvalidRequestError
from siss.gateway.cache.storable import fits_own_schema
from siss.gateway.model.request import Endpoint, Request


def nest_schema(request: Request) -> Request:
    """The request with its schema at ``response_format.json_schema.schema``, OpenAI's place for it.

    Raises ``InvalidRequestError`` for a ``json_schema`` without a schema.
    """
    form = request.body.get("response_format")
    if not isinstance(form, Mapping) or form.get("type") != "json_schema":
        return request
    named = form.get("json_schema")
    if isinstance(named, Mapping) and isinstance(named.get("schema"), Mapping):
        return request
    schema = form.get("schema")
    if not isinstance(schema, Mapping):
        raise InvalidRequestError(
            "response_format: a json_schema needs its schema in json_schema.schema",
            field="response_format.json_schema.schema",
        )
    rest = {name: value for name, value in form.items() if name != "schema"}
    nested = {"name": "reply", **(named if isinstance(named, Mapping) else {}), "schema": schema}
    return replace(request, body={**request.body, "response_format": {**rest, "json_schema": nested}})


def fits_schema(request: Request, body: Mapping[str, Any]) -> bool:
    """Whether an answer is the JSON that its request asked for; True where it asked for none."""
    return request.endpoint is not Endpoint.CHAT or fits_own_schema(request.body, body)
