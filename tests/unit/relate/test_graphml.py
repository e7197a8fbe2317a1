"""GraphML that any reader takes, whatever files are called."""

import uuid
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from siss.model.entity import EntityType, Name
from siss.model.relationship import EntityNode, FileNode, Graph
from siss.relate.graphml import write_graphml

NS = "{http://graphml.graphdrawing.org/xmlns}"
ID = uuid.UUID(int=7)


@given(st.text(max_size=20), st.text(max_size=20))
def test_it_reads_back(value: str, shown: str):
    thing = EntityNode(Name(EntityType.USERNAME, value), 0, 3, exact=True)
    file = FileNode(ID, f"/nas/{shown}", 1, 2)
    root = ET.fromstring(write_graphml(Graph((thing, file), ((file.id, thing.id),), ("Cut <here>.",))))
    (graph,) = root.findall(f"{NS}graph")
    nodes = graph.findall(f"{NS}node")
    (edge,) = graph.findall(f"{NS}edge")
    assert [edge.get("source"), edge.get("target")] == [nodes[1].get("id"), nodes[0].get("id")]
    assert graph.findtext(f"{NS}desc") == "Cut <here>."
    keys = {key.get("id") for key in root.findall(f"{NS}key")}
    facts = [{data.get("key"): data.text or "" for data in node.findall(f"{NS}data")} for node in nodes]
    assert all(set(fact) <= keys for fact in facts)
    if value.isprintable():
        assert facts[0]["value"] == value
    assert facts[1]["files"] == "2"


def test_names_that_differ_in_what_xml_cannot_hold_stay_apart():
    things = tuple(EntityNode(Name(EntityType.USERNAME, f"a{sign}"), 0, 1, exact=True) for sign in "\x01\x02")
    root = ET.fromstring(write_graphml(Graph(things, (), ())))
    ids = [node.get("id") for node in root.iter(f"{NS}node")]
    assert len(set(ids)) == 2
