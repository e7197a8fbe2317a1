"""The examples of the OpenAPI document: there is one of each answer, and it is one."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from siss.api.server import build_api
from siss.errors import error_kinds


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return build_api().openapi()


def test_each_json_answer_has_an_example_of_its_schema(document):
    kinds = error_kinds()
    for path, item in document["paths"].items():
        for method, operation in item.items():
            for status, answer in operation["responses"].items():
                media = answer.get("content", {}).get("application/json")
                if media is None or (path, status) == ("/readyz", "503"):
                    continue
                where = (method, path, status)
                for code, reference in media.get("examples", {}).items():
                    assert reference == {"$ref": f"#/components/examples/{code}"}, where
                    assert status in {"default", str(kinds[code][0].status)}, where
                found = [document["components"]["examples"][code]["value"] for code in media.get("examples", ())]
                assert found or "example" in media, where
                whole = media["schema"] | {"components": document["components"]}
                for example in found or [media["example"]]:
                    faults = [str(error) for error in Draft202012Validator(whole).iter_errors(example)]
                    assert not faults, (where, faults)


def test_fields_are_not_left_empty(document):
    page = document["paths"]["/api/v1/search"]["get"]["responses"]["200"]["content"]["application/json"]["example"]
    assert page["items"][0]["chunk_match"]["highlight"]
    assert page["cursor"]
    assert page["items"][0]["path"].startswith("/")
    files = document["paths"]["/api/v1/files/{id}"]["get"]["responses"]["200"]["content"]["application/json"]
    assert {name for name, value in files["example"].items() if value == ""} == set()
