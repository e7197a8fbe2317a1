"""The structure port: which contents can match a question about structure, and what schemas there are.

Everything in an answer is of files that the principal may see.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from siss.model.content import Kind
from siss.model.field import Scalar
from siss.model.ids import ContentId, FileId
from siss.model.principal import Principal
from siss.model.schema import SchemaRecord
from siss.model.shape import Shape, Structure
from siss.model.structure import RequiredPath


@dataclass(frozen=True, slots=True)
class Pruning:
    """Which contents to look into: of ``kinds``, with all ``required`` paths, in files whose path passes ``glob``.

    ``glob``: over the whole shown path, ``*`` and ``?`` as everywhere; one that does not begin with ``/``, ``*`` or
    ``?`` may begin in any folder.
    """

    kinds: tuple[Kind, ...]
    required: tuple[RequiredPath, ...] = ()
    glob: str | None = None


@dataclass(frozen=True, slots=True)
class CandidateFile:
    """A content that can match, with the files that have it: the first visible one, and other visible paths."""

    content_id: ContentId
    kind: Kind
    mime: str
    text_bytes: int
    file_id: uuid.UUID
    shown: str
    other_paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShapeMembers:
    """A shape with how many visible files have it. ``schema``: its present schema; ``folders``: where they are.

    ``witness``: 64 signed bits that are others for other files, or if something else was drawn from them.
    """

    shape: Shape
    files: int
    schema: uuid.UUID | None = None
    folders: tuple[str, ...] = ()
    witness: int = 0


@dataclass(frozen=True, slots=True)
class MemberValues:
    """One member of a schema: its shape's digest, its values as in ``Structure``, its size in bytes."""

    digest: bytes
    value_keys: frozenset[int]
    values: Mapping[int, Sequence[Scalar]]
    size: int


@dataclass(frozen=True, slots=True)
class SchemaDraft:
    """A schema as reclustering made it. ``members``: files; ``shapes``: digests; ``made_of``: names all of these."""

    id: uuid.UUID
    kind: Kind
    name: str
    members: int
    shapes: tuple[bytes, ...]
    definition: dict[str, Any]
    profile: dict[str, Any] = field(default_factory=dict)
    made_of: bytes = b""


class Structures(Protocol):
    """Reading. Raises ``DatabaseUnavailableError``."""

    async def candidates(
        self, pruning: Pruning, after: ContentId, limit: int, principal: Principal
    ) -> list[ContentId]:
        """Contents that can match, by id, beginning after one. None that does match is left out."""
        ...

    async def count_candidates(self, pruning: Pruning, most: int, principal: Principal) -> int:
        """How many can match; ``most`` at the most."""
        ...

    async def count_indexed(self, kinds: Sequence[Kind], principal: Principal) -> tuple[int, int]:
        """How many contents of these kinds can be asked about, and how many cannot, having no readable structure."""
        ...

    async def candidate_files(
        self, contents: Sequence[ContentId], glob: str | None, paths: int, principal: Principal
    ) -> list[CandidateFile]:
        """The files of contents, at most ``paths`` each, by content."""
        ...

    async def structure(self, content_id: ContentId) -> Structure | None:
        """What was drawn from one content."""
        ...

    async def schemas(
        self, kind: Kind | None, after: tuple[int, uuid.UUID] | None, limit: int, principal: Principal
    ) -> tuple[list[SchemaRecord], int]:
        """Schemas with their numbers of files, most first, then by id, without definitions; and how many there are.

        ``after``: number and id of the last one of the page before.
        """
        ...

    async def schema(self, public_id: uuid.UUID, principal: Principal) -> SchemaRecord | None:
        """One schema, or the one that it was merged into; its definition is that of all members."""
        ...

    async def schema_of(self, content_id: ContentId) -> uuid.UUID | None:
        """The schema of one content; None before the first reclustering."""
        ...

    async def schemas_of(self, contents: Sequence[ContentId]) -> Mapping[ContentId, uuid.UUID]:
        """The schemas of many; those without one are left out."""
        ...

    async def schema_files(
        self, public_id: uuid.UUID, after: FileId, limit: int, principal: Principal
    ) -> list[FileId]:
        """Files that have a schema, by id, beginning after one."""
        ...

    async def schema_contents(self, public_id: uuid.UUID, limit: int, principal: Principal) -> list[ContentId]:
        """The contents that have a schema, the latest first."""
        ...

    async def members(
        self, public_id: uuid.UUID, principal: Principal, at: datetime | None = None
    ) -> list[ShapeMembers]:
        """The shapes of a schema's members, now or at a time that reclustering has seen."""
        ...

    async def member_values(self, public_id: uuid.UUID, limit: int, principal: Principal) -> list[MemberValues]:
        """The values of a schema's members, one for each file."""
        ...


class SchemaKeeper(Protocol):
    """What reclustering reads and writes. Each method is one transaction."""

    async def every_shape(self) -> list[ShapeMembers]:
        """All shapes that files have, with their present schemas and at most two folders each."""
        ...

    async def described(self) -> Mapping[uuid.UUID, bytes]:
        """What the schemas that were not merged were made of when they were last put in place."""
        ...

    async def shape_values(self, digests: Sequence[bytes], limit: int) -> list[MemberValues]:
        """The values of files that have these shapes, one for each file, the ones that were found first first."""
        ...

    async def shape_samples(self, digests: Sequence[bytes], each: int) -> list[MemberValues]:
        """The values of some contents of each of these shapes: of ``each``, whichever came first."""
        ...

    async def keep_schemas(self, drafts: Sequence[SchemaDraft], redirects: Mapping[uuid.UUID, uuid.UUID]) -> None:
        """Put schemas in place, give shapes to them, and lead old ids to their heirs."""
        ...

    async def note_shapes(self) -> None:
        """Write down which file has which shape now, for drift; forget shapes that nobody has or had."""
        ...
