"""The anomalies port: the members that they are found among, what was found, and what people said of it."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NewType, Protocol

from siss.model.anomaly import Anomaly, AnomalyKind, AnomalyStatus, Severity
from siss.model.field import Scalar
from siss.model.ids import ContentId, FileId
from siss.model.principal import Principal
from siss.model.shape import Shape

SchemaId = NewType("SchemaId", int)


@dataclass(frozen=True, slots=True)
class AnomalyFilter:
    """Which anomalies are meant; None for any."""

    statuses: tuple[AnomalyStatus, ...] | None = None
    kinds: tuple[AnomalyKind, ...] | None = None
    severities: tuple[Severity, ...] | None = None
    schema: uuid.UUID | None = None
    file: FileId | None = None


@dataclass(frozen=True, slots=True)
class SchemaMembers:
    """A schema with the files that a principal sees of it.

    ``id``: None for no schema, the secrets of all files; ``whole``: these are all its files; ``digest``: names them
    and their contents; ``files``: how many there are.
    """

    id: SchemaId | None
    public_id: uuid.UUID | None
    name: str | None
    whole: bool
    digest: bytes
    files: int


@dataclass(frozen=True, slots=True)
class FileName:
    """A file as an anomaly names it."""

    id: FileId
    public_id: uuid.UUID
    shown: str


@dataclass(frozen=True, slots=True)
class MemberContent:
    """One content of a schema with its visible files; values as in ``siss.model.shape.Structure``."""

    id: ContentId
    shape: Shape
    values: Mapping[int, Sequence[Scalar]]
    value_keys: frozenset[int]
    size: int
    files: tuple[FileName, ...]


@dataclass(frozen=True, slots=True)
class ExposedSecret:
    """One secret in one file, by fingerprint: how often, and in which line first."""

    file: FileName
    rule: str
    fingerprint: str
    critical: bool
    line: int
    places: int


@dataclass(frozen=True, slots=True)
class Accepted:
    """What belongs to a baseline because somebody dismissed it, in files below ``scopes`` (None: all)."""

    kind: AnomalyKind
    path: str
    token: str
    scopes: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Known:
    """What is remembered of an anomaly, by its id."""

    status: AnomalyStatus
    created_at: datetime
    updated_at: datetime
    resolved_at: datetime | None


class Anomalies(Protocol):
    """Reading, and what people say. Raises ``DatabaseUnavailableError``.

    What is stored was found among all files: for a principal who sees only some of a schema's, it is not true.
    """

    async def stored(
        self, where: AnomalyFilter, after: tuple[int, uuid.UUID] | None, limit: int, principal: Principal
    ) -> list[Anomaly]:
        """Stored anomalies of visible files, by severity and id, beginning after one."""
        ...

    async def count_stored(self, where: AnomalyFilter, principal: Principal) -> int:
        """How many there are."""
        ...

    async def one(self, public_id: uuid.UUID, principal: Principal) -> Anomaly | None:
        """One stored anomaly of a visible file."""
        ...

    async def known(self, ids: Sequence[uuid.UUID]) -> Mapping[uuid.UUID, Known]:
        """What is remembered of some, found among all files or not."""
        ...

    async def schemas(self, principal: Principal, only: uuid.UUID | None = None) -> list[SchemaMembers]:
        """Schemas of which the principal sees files."""
        ...

    async def members(
        self, schema: SchemaId, after: ContentId, limit: int, principal: Principal
    ) -> list[MemberContent]:
        """The visible members of a schema, by content, beginning after one."""
        ...

    async def baseline(self, schema: SchemaId | None) -> list[Accepted]:
        """What was dismissed there."""
        ...

    async def set_status(self, anomaly: Anomaly, status: AnomalyStatus, principal: Principal) -> None:
        """Write down what somebody said of one.

        A dismissal becomes part of the baseline, and all visible ones of the same kind, field and value in the schema
        are dismissed; they are open again when it is taken back.
        """
        ...


class AnomalyStore(Anomalies, Protocol):
    """What looking for anomalies writes. Each method is one transaction."""

    async def changed(self) -> list[SchemaMembers]:
        """Schemas whose members are not those that were last looked at; those that have none left, too."""
        ...

    async def secrets(self) -> list[ExposedSecret]:
        """The secrets of all files but the accepted ones."""
        ...

    async def put(self, schema: SchemaMembers, found: Sequence[Anomaly]) -> None:
        """What was found in a schema now. Known ones keep their status; those that were resolved are there again."""
        ...

    async def settle(self, schemas: Sequence[SchemaMembers], found: Sequence[uuid.UUID]) -> None:
        """Resolve what is not found in schemas any more, and note with which members they were looked at."""
        ...
