"""The graph of files and what they name, a few hops around one. A hop leads from a file to a name, or back."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from siss.app.files import find_file
from siss.app.services import Services
from siss.errors import InvalidRequestError, NotFoundError
from siss.model.entity import EntityType, Name
from siss.model.ids import ContentId
from siss.model.principal import Principal
from siss.model.relationship import EntityNode, FileNode, Graph
from siss.ports.relationships import FirstFile, Rare

MOST_HOPS: Final = 4
MOST_NODES: Final = 2000
FILES: Final = 20
"""Files of the name that a graph begins at, the latest."""

THINGS: Final = 20
"""Names of one file, the rarest."""

FOLLOWED: Final = 20
"""Files that name a thing beyond which it leads nowhere in particular: it is shown, not followed."""


@dataclass(frozen=True, slots=True)
class Start:
    """Where a graph begins: at a thing, or at a file."""

    name: Name | None = None
    file: uuid.UUID | None = None


async def explore_graph(services: Services, principal: Principal, start: Start, hops: int, max_nodes: int) -> Graph:
    """What is at most ``hops`` away, nearest first. Raises ``NotFoundError``."""
    walk = _Walk(services, principal, max(1, min(max_nodes, MOST_NODES)))
    if start.name is not None:
        await walk.begin_at_name(start.name)
    elif start.file is not None:
        await walk.begin_at_file(start.file)
    else:
        raise InvalidRequestError(
            "Begin somewhere: give type and value of a thing, or the id of a file.", field="type"
        )
    for hop in range(1, min(hops, MOST_HOPS) + 1):
        await walk.step(hop)
    return walk.graph()


@dataclass(slots=True)
class _Walk:
    """Breadth first. ``names``, ``contents``: what the last hop reached and the next one starts from."""

    services: Services
    principal: Principal
    room: int
    names: list[Name] = field(default_factory=list)
    contents: list[ContentId] = field(default_factory=list)
    nodes: dict[Name | ContentId, EntityNode | FileNode] = field(default_factory=dict)
    edges: dict[tuple[ContentId, Name], None] = field(default_factory=dict)
    full: bool = False
    left_out: dict[str, int] = field(default_factory=dict)

    async def begin_at_name(self, name: Name) -> None:
        total = await self.services.entities.count_files(name, self.principal)
        if not total.value:
            raise NotFoundError(
                f"No file names the {name.type.value} {name.value!r}.", type=name.type.value, value=name.value
            )
        self.nodes[name] = EntityNode(name, 0, total.value, total.exact)
        self.names = [name]

    async def begin_at_file(self, public_id: uuid.UUID) -> None:
        file = await find_file(self.services, self.principal, public_id)
        if file.content_id is None:
            raise NotFoundError(f"Of {file.shown} nothing is indexed that it could name.", id=str(public_id))
        self.nodes[file.content_id] = FileNode(file.public_id, file.shown, 0, 1)
        self.contents = [file.content_id]

    async def step(self, hop: int) -> None:
        names, contents = self.names, self.contents
        self.names, self.contents = [], []
        if names:
            await self._files_of(names, hop)
        elif contents:
            await self._things_in(contents, hop)

    async def _files_of(self, names: Sequence[Name], hop: int) -> None:
        naming = await self.services.relationships.naming(names, FILES + 1, self.principal)
        edges = []
        for name in names:
            found = naming.get(name.id, [])
            if len(found) > FILES:
                self._leave_out(f"{{}} of the names are in more files than the latest {FILES}, which are shown")
            edges += [(located.content_id, name) for located in found[:FILES]]
        new = list(dict.fromkeys(content_id for content_id, _ in edges if content_id not in self.nodes))
        firsts = await self.services.relationships.first_files(new, self.principal)
        for content_id, name in edges:
            if self._has_file(content_id, firsts, hop):
                self.edges[content_id, name] = None

    def _has_file(self, content_id: ContentId, firsts: Mapping[ContentId, FirstFile], hop: int) -> bool:
        if content_id in self.nodes:
            return True
        first = firsts.get(content_id)
        if first is None or not self._has_room():
            return False
        self.nodes[content_id] = FileNode(first.public_id, first.shown, hop, first.copies)
        self.contents.append(content_id)
        return True

    async def _things_in(self, contents: Sequence[ContentId], hop: int) -> None:
        rarest = await self.services.relationships.rarest(contents, _TYPES, THINGS, FOLLOWED, self.principal)
        for content_id in contents:
            things, whole = rarest.get(content_id, ([], True))
            if not whole:
                self._leave_out(f"{{}} of the files name more than the rarest {THINGS} things, which are shown")
            for thing in things:
                if self._has_thing(thing, hop):
                    self.edges[content_id, thing.name] = None

    def _has_thing(self, thing: Rare, hop: int) -> bool:
        if thing.name in self.nodes:
            return True
        if not self._has_room():
            return False
        followed = thing.files <= FOLLOWED
        self.nodes[thing.name] = EntityNode(thing.name, hop, min(thing.files, FOLLOWED), followed)
        if followed:
            self.names.append(thing.name)
        else:
            self._leave_out(f"{{}} of the names are in more than {FOLLOWED} files and were not followed")
        return True

    def _has_room(self) -> bool:
        if len(self.nodes) >= self.room:
            self.full = True
        return not self.full

    def _leave_out(self, what: str) -> None:
        self.left_out[what] = self.left_out.get(what, 0) + 1

    def graph(self) -> Graph:
        notes = [what.format(f"{number:,}") for what, number in self.left_out.items()]
        if self.full:
            notes.append(f"The graph was cut at {self.room:,} nodes, the nearest ones")
        return Graph(
            tuple(self.nodes.values()),
            tuple((self.nodes[content_id].id, self.nodes[name].id) for content_id, name in self.edges),
            tuple(f"{note}." for note in notes),
        )


_TYPES: Final = tuple(kind for kind in EntityType if kind not in {EntityType.PORT, EntityType.DATE})
"""Ports and days are in every file."""
