"""Bodies of requests are what the OpenAPI document says: no yes for a number, no number for a yes."""

import typing
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from siss.api.routes.structure import JsonPathBody, XPathBody
from siss.api.server import build_api


def bodies() -> list[type[BaseModel]]:
    """The models of JSON bodies."""
    document = build_api().openapi()
    names = {
        operation["requestBody"]["content"]["application/json"]["schema"].get("$ref", "").rpartition("/")[2]
        for item in document["paths"].values()
        for operation in item.values()
        if "application/json" in operation.get("requestBody", {}).get("content", {})
    }
    return sorted(
        (model for model in _models(BaseModel) if model.__name__ in names), key=lambda model: model.__name__
    )


def _models(above: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for model in above.__subclasses__():
        yield model
        yield from _models(model)


def _kinds(annotation: Any) -> Iterator[Any]:
    yield annotation
    for inner in typing.get_args(annotation):
        yield from _kinds(inner)


def test_every_body_with_a_number_or_a_yes_takes_nothing_else_for_one():
    found = bodies()
    assert len(found) >= 10
    lax = [
        model.__name__
        for model in found
        if not model.model_config.get("strict")
        and any(
            kind in {int, float, bool} for field in model.model_fields.values() for kind in _kinds(field.annotation)
        )
    ]
    assert not lax


@pytest.mark.parametrize("model", [JsonPathBody, XPathBody])
@pytest.mark.parametrize("wrong", [{"size": True}, {"matches": "7"}, {"seconds": True}, {"seconds": "1"}])
def test_the_size_of_a_page_is_a_number(model: type[BaseModel], wrong: dict[str, Any]):
    assert model.model_validate({"expression": "x", "size": 7, "seconds": 1})
    with pytest.raises(ValidationError):
        model.model_validate({"expression": "x", **wrong})
