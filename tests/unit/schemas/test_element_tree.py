from hypothesis import given, settings
from hypothesis import strategies as st

from draws import examples
from siss.model.content import Kind
from siss.schemas.element_tree import admits, describe_elements
from siss.schemas.name import name_schema
from siss.schemas.tree import overlay
from unit.schemas.members import counted, structure_of, structures


@st.composite
def elements(draw: st.DrawFn, depth: int = 3) -> str:
    name = draw(st.sampled_from(["a", "b", "c"]))
    attributes = "".join(
        f' {key}="{draw(st.sampled_from(["1", "x", "2.5"]))}"' for key in draw(st.sets(st.sampled_from("kl")))
    )
    space = draw(st.sampled_from(["", ' xmlns="urn:x"']))
    inner = draw(st.sampled_from(["", "1", "text"]))
    children = draw(st.lists(elements(depth - 1), max_size=3)) if depth else []
    return f"<{name}{space}{attributes}>{inner}{''.join(children)}</{name}>"


@given(st.lists(elements(), min_size=1, max_size=4))
@settings(max_examples=examples(25))
def test_every_member_is_admitted(texts: list[str]):
    members = [structure_of(text, Kind.XML) for text in texts]
    found = describe_elements(overlay(counted(members)))
    assert all(admits(found, member.shape) for member in members)


def test_what_no_member_has_is_refused():
    members = [structure_of(f'<pom><v>{n}</v><dep id="{n}"/><dep id="x"/></pom>', Kind.XML) for n in range(3)]
    top = overlay(counted(members))
    found = describe_elements(top)
    assert name_schema(top, Kind.XML) == "pom"
    for bad in ("<pom><v>1</v></pom>", '<pom><v>x</v><dep id="1"/></pom>', "<pom><v>1</v><dep/></pom>", "<other/>"):
        assert not admits(found, structure_of(bad, Kind.XML).shape)


def test_the_tree_shows_numbers_types_and_namespaces():
    member = structure_of('<a xmlns="urn:x"><b k="1">2</b><b k="2"/></a>', Kind.XML)
    (root,) = describe_elements(overlay(counted([member])))
    assert (root["name"], root["namespace"], root["occurs"]) == ("a", "urn:x", {"min": 1, "max": 1})
    (child,) = root["children"]
    assert child["occurs"] == {"min": 1, "max": None}
    assert child["text"] == ["integer", "string"]
    assert child["attributes"] == {"k": {"types": ["integer"], "required": True}}


def test_a_name_holds_what_most_members_have():
    members = structures([{"groups": 1}] * 3 + [{"groups": 1, "another": 2}])
    assert name_schema(overlay(counted(members)), Kind.JSON) == "json: groups"
