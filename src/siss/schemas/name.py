"""A name for a schema that people recognise, until somebody gives it a better one."""

from typing import Final

from siss.model.content import Kind
from siss.schemas.definition import NUL, name_of_step
from siss.schemas.element_tree import split_name
from siss.schemas.tree import SchemaNode

_NAMED: Final = 3
_CHARS: Final = 80


def name_schema(top: SchemaNode, kind: Kind) -> str:
    """The root element of XML, otherwise the fields that most members have."""
    if kind is Kind.XML:
        return " | ".join(split_name(node.step[1:])[1] for node in top.members())[:_CHARS]
    node, brackets = top, ""
    while not node.members() and "[*]" in node.children:
        node, brackets = node.children["[*]"], brackets + "[]"
    ranked = sorted(node.members(), key=lambda member: (-member.present, member.step))
    ranked = [member for member in ranked if 2 * member.present >= ranked[0].present]
    names = ", ".join(name_of_step(member.step).replace(NUL, "␀") for member in ranked[:_NAMED])
    more = ", …" if len(ranked) > _NAMED else ""
    return f"{kind}{brackets}: {names}{more}"[:_CHARS] if names else f"{kind}{brackets}"
