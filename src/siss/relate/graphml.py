"""A graph as GraphML (graphml.graphdrawing.org), which Gephi, yEd and Cytoscape read."""

import re
from typing import Final
from xml.etree import ElementTree as ET

from siss.model.relationship import EntityNode, FileNode, Graph

_KEYS: Final = (
    ("kind", "string"),
    ("label", "string"),
    ("type", "string"),
    ("value", "string"),
    ("path", "string"),
    ("file_id", "string"),
    ("files", "long"),
    ("hop", "long"),
)
_NO_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot hold, escaped or not (section 2.2)."""


def write_graphml(graph: Graph) -> bytes:
    """The document, in UTF-8. What cannot stand in XML becomes U+FFFD; notes stand in the description."""
    root = ET.Element("graphml", {"xmlns": "http://graphml.graphdrawing.org/xmlns"})
    for name, kind in _KEYS:
        ET.SubElement(root, "key", {"id": name, "for": "node", "attr.name": name, "attr.type": kind})
    made = ET.SubElement(root, "graph", {"id": "siss", "edgedefault": "undirected"})
    if graph.notes:
        ET.SubElement(made, "desc").text = _text(" ".join(graph.notes))
    # Numbers, because names may differ only in what XML cannot hold.
    numbers = {node.id: f"n{number}" for number, node in enumerate(graph.nodes)}
    for node in graph.nodes:
        element = ET.SubElement(made, "node", {"id": numbers[node.id]})
        for name, value in _facts(node):
            ET.SubElement(element, "data", {"key": name}).text = _text(str(value))
    for number, (source, target) in enumerate(graph.edges):
        ET.SubElement(made, "edge", {"id": f"e{number}", "source": numbers[source], "target": numbers[target]})
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document


def _facts(node: EntityNode | FileNode) -> list[tuple[str, str | int]]:
    if isinstance(node, FileNode):
        return [
            ("kind", "file"),
            ("label", node.shown.rpartition("/")[2]),
            ("path", node.shown),
            ("file_id", str(node.public_id)),
            ("files", node.copies),
            ("hop", node.hop),
        ]
    return [
        ("kind", "entity"),
        ("label", node.name.value),
        ("type", node.name.type.value),
        ("value", node.name.value),
        ("files", node.files),
        ("hop", node.hop),
    ]


def _text(text: str) -> str:
    return _NO_XML.sub("\ufffd", text)
