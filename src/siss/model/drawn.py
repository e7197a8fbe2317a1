"""What the catalog holds of that which was drawn from a content, to be compared with its local text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from siss.model.content import Kind
from siss.model.entity import EntityId, Place
from siss.model.secret import SecretFinding
from siss.model.shape import Structure


@dataclass(frozen=True, slots=True)
class Drawn:
    """One content's entities, fields and secrets.

    ``names``: of its files; ``plain``: its bytes are its text's, but for secrets; ``hidden``: only ``findings`` are
    kept of it; ``cuts``: where its chunks end, in order; ``mentions``: by part, where each thing is named, and
    nowhere one that is not known to be named by this content; ``findings``: in order.
    """

    kind: Kind
    names: Sequence[str]
    plain: bool
    hidden: bool
    cuts: Sequence[int]
    mentions: Mapping[int, Mapping[EntityId, Sequence[Place]]]
    findings: Sequence[SecretFinding]
    structure: Structure | None
