"""The simplest tree of a question: flat, without doubles, without groups of one."""

from collections.abc import Iterable

from siss.model.query import And, Node, Not, Or


def all_of(nodes: Iterable[Node | None]) -> Node | None:
    """Nodes joined by AND; None where there is nothing."""
    flat: list[Node] = []
    for node in nodes:
        flat.extend(node.nodes if isinstance(node, And) else () if node is None else (node,))
    kept = _without_doubles(flat)
    return And(kept) if len(kept) > 1 else kept[0] if kept else None


def any_of(nodes: Iterable[Node | None]) -> Node | None:
    """Nodes joined by OR; None where there is nothing."""
    flat: list[Node] = []
    for node in nodes:
        flat.extend(node.nodes if isinstance(node, Or) else () if node is None else (node,))
    kept = _without_doubles(flat)
    return Or(kept) if len(kept) > 1 else kept[0] if kept else None


def none_of(node: Node | None) -> Node | None:
    """The opposite of a node."""
    return None if node is None else node.node if isinstance(node, Not) else Not(node)


def _without_doubles(nodes: list[Node]) -> tuple[Node, ...]:
    """Each node once, where it stood last: the last word of a question may be unfinished, and must stay the last."""
    return tuple(reversed(dict.fromkeys(reversed(nodes))))
