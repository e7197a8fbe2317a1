"""Makes ``calls.py`` from the OpenAPI document: ``python -m siss.client.generate``, then ``ruff format``."""

import builtins
import importlib
import pkgutil
import re
from pathlib import Path
from typing import Any, Final

import siss.api.models
import siss.api.routes
from siss.api.models.shape import Shape
from siss.api.server import build_api

_HEAD: Final = '''"""Every endpoint, as a function that describes a request. Made by ``generate.py``, not by hand."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from siss.client.call import Call

if TYPE_CHECKING:
'''
_KINDS: Final = {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}


def render_calls() -> str:
    """The module's text."""
    shapes = _shapes()
    used: set[str] = set()
    names: set[str] = set()
    functions = []
    for path, item in build_api().openapi()["paths"].items():
        for method, operation in item.items():
            functions.append(_function(_name(path, method, operation, names), path, method, operation, shapes, used))
    imports: dict[str, list[str]] = {}
    for name in sorted(used):
        imports.setdefault(shapes[name], []).append(name)
    lines = [f"    from {module} import {', '.join(sorted(names))}\n" for module, names in sorted(imports.items())]
    return _HEAD + "".join(lines) + "\n\n" + "\n\n".join(functions)


def _shapes() -> dict[str, str]:
    """The module of each shape of an answer."""
    found: dict[str, str] = {}
    for package in (siss.api.models, siss.api.routes):
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            for name, value in vars(importlib.import_module(module.name)).items():
                if isinstance(value, type) and issubclass(value, Shape) and value.__module__ == module.name:
                    found[name] = module.name
    return found


def _function(
    name: str, path: str, method: str, operation: dict[str, Any], shapes: dict[str, str], used: set[str]
) -> str:
    gaps = re.findall(r"{(\w+)}", path)
    query, headers = (
        [each for each in operation.get("parameters", ()) if each["in"] == place] for place in ("query", "header")
    )
    positional = [f"{_python(gap)}: str" for gap in gaps]
    named = [_argument(each) for each in sorted([*query, *headers], key=lambda each: not each.get("required"))]
    content = operation.get("requestBody", {}).get("content", {})
    given = "".join(
        f", {place}={_mapping(parameters)}"
        for place, parameters in (("params", query), ("headers", headers))
        if parameters
    )
    if "application/json" in content:
        required = operation["requestBody"].get("required")
        positional.append("body: Mapping[str, Any]" + ("" if required else " | None = None"))
        given += ", body=body"
    elif content:
        positional.append("files: Any")
        given += ", files=files"
    arguments = ", ".join([*positional, *(["*", *named] if named else [])])
    if "multipart/form-data" in content:  # a stream of events says something every 15 seconds
        given += ", patient=True"
    filled = (
        'f"' + re.sub(r"{(\w+)}", lambda gap: f"{{quote({_python(gap[1])}, safe='')}}", path) + '"'
        if gaps
        else f'"{path}"'
    )
    if also := _also(operation):
        given += f", also={also}"
    answer = _answer(operation)
    place = answer
    if answer in shapes:
        used.add(answer)
        place = f"{shapes[answer]}:{answer}"
    about = " ".join(str(operation["summary"]).split())
    return (
        f'def {name}({arguments}) -> "Call[{answer}]":\n'
        f'    """{about}."""\n'
        f'    return Call("{method.upper()}", {filled}, "{place}"{given})\n'
    )


def _name(path: str, method: str, operation: dict[str, Any], names: set[str]) -> str:
    """As the route's function is called; of two of the same name the second is called for its path."""
    name = str(operation["operationId"]).split("_api_v1_", maxsplit=1)[0]
    if name in names or name == operation["operationId"]:
        parts = path.removeprefix("/api/v1/").strip("/").split("/")
        words = [f"by_{part.strip('{}')}" if "{" in part else part for part in parts]
        name = "_".join([method, *words] if name in names else words)
    names.add(name)
    return name


def _mapping(parameters: list[dict[str, Any]]) -> str:
    pairs = (f'"{each["name"]}": {_python(each["name"])}' for each in parameters)
    return "{" + ", ".join(pairs) + "}"


def _good(operation: dict[str, Any]) -> dict[str, Any]:
    """What an answer is made of, by media type."""
    good = next(each for status, each in sorted(operation["responses"].items()) if status.startswith("2"))
    content: dict[str, Any] = good.get("content", {})
    return content


def _also(operation: dict[str, Any]) -> tuple[int, ...]:
    """Statuses of failure with the answer's own shape, rather than an error's."""
    shape = _good(operation).get("application/json", {}).get("schema", {})
    return tuple(
        int(status)
        for status, answer in operation["responses"].items()
        if status[0] in "45" and "$ref" in shape and answer["content"]["application/json"]["schema"] == shape
    )


def _answer(operation: dict[str, Any]) -> str:
    """The name of its shape, or what it is instead."""
    content = _good(operation)
    if not content:
        return "None"
    reference = content.get("application/json", {}).get("schema", {}).get("$ref", "")
    if not reference or len(content) > 1:
        return "bytes"
    return str(reference.rsplit("/", 1)[1])


def _argument(parameter: dict[str, Any]) -> str:
    kind = _kind(parameter["schema"])
    return f"{_python(parameter['name'])}: {kind}" + ("" if parameter.get("required") else " | None = None")


def _kind(schema: dict[str, Any]) -> str:
    choices = [each for each in schema.get("anyOf", [schema]) if each.get("type") != "null"]
    if len(choices) == 1 and choices[0].get("type") == "array":
        return "Sequence[str]"
    return " | ".join(dict.fromkeys(_KINDS.get(each.get("type", "string"), "str") for each in choices))


def _python(name: str) -> str:
    """A name that no builtin has."""
    return f"{name}_" if hasattr(builtins, name) else name.replace("-", "_").lower()


if __name__ == "__main__":
    (Path(__file__).parent / "calls.py").write_text(render_calls(), "utf-8")
