"""Makes ``calls.py`` from the OpenAPI document: ``python -m siss.client.generate``, then ``ruff format``."""

import builtins
import importlib
import pkgutil
import re
from pathlib import Path
from typing import Any, Final

import siss.api
import siss.api.routes
from siss.api.models import Shape
from siss.api.server import build_api

_HEAD: Final = '''"""Every endpoint, as a function that describes a request. Made by ``generate.py``, not by hand."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

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
            functions.append(_function(_name(path, method, operation, names), path, method, operation, used))
    imports: dict[str, list[str]] = {"siss.client.call": ["Call"]}
    for name in sorted(used):
        imports.setdefault(shapes[name], []).append(name)
    lines = [f"from {module} import {', '.join(sorted(names))}\n" for module, names in sorted(imports.items())]
    return _HEAD + "".join(lines) + "\n\n" + "\n\n".join(functions)


def _shapes() -> dict[str, str]:
    """The module of each shape of an answer."""
    found: dict[str, str] = {}
    for package in (siss.api, siss.api.routes):
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            if "models" in module.name or ".routes." in module.name:
                for name, value in vars(importlib.import_module(module.name)).items():
                    if isinstance(value, type) and issubclass(value, Shape) and value.__module__ == module.name:
                        found[name] = module.name
    return found


def _function(name: str, path: str, method: str, operation: dict[str, Any], used: set[str]) -> str:
    gaps = re.findall(r"{(\w+)}", path)
    query = [each for each in operation.get("parameters", ()) if each["in"] == "query"]
    positional = [f"{_python(gap)}: str" for gap in gaps]
    named = [_argument(each) for each in sorted(query, key=lambda each: not each.get("required"))]
    content = operation.get("requestBody", {}).get("content", {})
    given = ""
    if "application/json" in content:
        required = operation["requestBody"].get("required")
        positional.append("body: Mapping[str, Any]" + ("" if required else " | None = None"))
        given = ", body=body"
    elif content:
        positional.append("files: Any")
        given = ", files=files"
    arguments = ", ".join([*positional, *(["*", *named] if named else [])])
    if query:
        pairs = ", ".join(f'"{each["name"]}": {_python(each["name"])}' for each in query)
        given = f", params={{{pairs}}}" + given
    filled = (
        'f"' + re.sub(r"{(\w+)}", lambda gap: f"{{quote({_python(gap[1])}, safe='')}}", path) + '"'
        if gaps
        else f'"{path}"'
    )
    answer = _answer(operation, used)
    about = " ".join(str(operation["summary"]).split())
    return (
        f"def {name}({arguments}) -> Call[{answer}]:\n"
        f'    """{about}."""\n'
        f'    return Call("{method.upper()}", {filled}, {"type(None)" if answer == "None" else answer}{given})\n'
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


def _answer(operation: dict[str, Any], used: set[str]) -> str:
    good = next(each for status, each in sorted(operation["responses"].items()) if status.startswith("2"))
    content = good.get("content", {})
    if not content:
        return "None"
    reference = content.get("application/json", {}).get("schema", {}).get("$ref", "")
    if not reference or len(content) > 1:
        return "bytes"
    used.add(reference.rsplit("/", 1)[1])
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
    return f"{name}_" if hasattr(builtins, name) else name.replace("-", "_")


if __name__ == "__main__":
    (Path(__file__).parent / "calls.py").write_text(render_calls(), "utf-8")
