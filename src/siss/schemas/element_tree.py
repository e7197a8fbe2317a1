"""The description of XML members: an element tree, each element with its attributes, text, children and numbers.

``{"name", "namespace", "occurs": {"min", "max"}, "text": [types], "attributes": {name: {"types", "required"}},
"children": [...], "open"}``; ``max`` is None for any number; ``open`` says that there may be more than is named.
"""

from typing import Any

from siss.model.field import REPEATED, SCALARS, type_names
from siss.model.shape import Shape
from siss.schemas.tree import SchemaNode


def describe_elements(top: SchemaNode) -> list[dict[str, Any]]:
    """The elements below a node; of the top, the root elements."""
    return [_element(node, top) for node in top.members() if not node.step.startswith("/@")]


def _element(node: SchemaNode, parent: SchemaNode) -> dict[str, Any]:
    namespace, name = split_name(node.step[1:])
    attributes = {
        child.step[2:]: {"types": type_names(child.types & SCALARS), "required": child.always >= node.present}
        for child in node.members()
        if child.step.startswith("/@")
    }
    # A document has one root element, though not all need have the same.
    required = node.always >= parent.present if parent.step else len(parent.children) == 1
    return {
        "name": name,
        "namespace": namespace,
        "occurs": {"min": int(required), "max": None if node.types & REPEATED else 1},
        "text": type_names(node.types & SCALARS),
        "attributes": attributes,
        "children": describe_elements(node),
        "open": node.open,
    }


def split_name(name: str) -> tuple[str, str]:
    """Namespace (empty for none) and local name of ``{namespace}name``."""
    if name.startswith("{"):
        namespace, _, local = name[1:].rpartition("}")
        return namespace, local
    return "", name


def admits(elements: list[dict[str, Any]], shape: Shape) -> bool:
    """Whether an element tree accepts documents of a shape."""
    marks = dict(zip(shape.paths, shape.types, strict=True))
    known: dict[str, tuple[set[str], bool]] = {}
    needed: list[tuple[str, str]] = []
    opened: list[str] = []

    def note(element: dict[str, Any], above: str) -> None:
        path = f"{above}/{_joined(element)}"
        known[path] = set(element["text"]), element["occurs"]["max"] is None
        if element["occurs"]["min"]:
            needed.append((above, path))
        if element["open"]:
            opened.append(path + "/")
        for name, attribute in element["attributes"].items():
            known[f"{path}/@{name}"] = set(attribute["types"]), False
            if attribute["required"]:
                needed.append((path, f"{path}/@{name}"))
        for child in element["children"]:
            note(child, path)

    for element in elements:
        note(element, "")
    for path, mask in marks.items():
        if any(path.startswith(prefix) for prefix in opened):
            continue
        if path not in known:
            return False
        types, repeated = known[path]
        wide = types | ({"integer"} if "number" in types else set())
        if not set(type_names(mask & SCALARS)) <= wide or (mask & REPEATED and not repeated):
            return False
    return all(path in marks for above, path in needed if not above or above in marks)


def _joined(element: dict[str, Any]) -> str:
    return f"{{{element['namespace']}}}{element['name']}" if element["namespace"] else str(element["name"])
