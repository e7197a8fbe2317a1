"""Anomalies: what is unusual about a file among those of its schema, and what people said of it."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from siss.model.ids import FileId
from siss.model.schema import NumberProfile


class AnomalyKind(StrEnum):
    """What a method of section 3.6.4 found; ``content_anomaly`` needs a model."""

    CREDENTIAL_EXPOSURE = "credential_exposure"
    SCHEMA_OUTLIER = "schema_outlier"
    MISSING_FIELDS = "missing_fields"
    TYPE_OUTLIER = "type_outlier"
    FORMAT_OUTLIER = "format_outlier"
    VALUE_OUTLIER = "value_outlier"
    RARE_VALUE = "rare_value"
    SIZE_ANOMALY = "size_anomaly"


class Severity(StrEnum):
    """From bad to harmless. ``info``: a model confirmed a legitimate variation."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"


class Action(StrEnum):
    """What a severity leads to without anybody's doing."""

    HIDE = "hide"
    FLAG = "flag"
    REVIEW = "review"
    NOTE = "note"
    DISMISS = "dismiss"


ACTIONS: Final = {
    Severity.CRITICAL: Action.HIDE,
    Severity.HIGH: Action.FLAG,
    Severity.MEDIUM: Action.REVIEW,
    Severity.LOW: Action.NOTE,
    Severity.INFO: Action.DISMISS,
}
"""Hidden from search; flagged, reviewed first by a model if there is one; queued for it; only shown; dismissed."""

RANKS: Final = {severity: rank for rank, severity in enumerate(Severity)}
"""The order of lists: 0 is the worst."""


class AnomalyStatus(StrEnum):
    """``resolved`` comes by itself when the file is mended; the others are set by people."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    DISMISSED = "dismissed"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Deviation:
    """One thing in which a member differs from its siblings.

    ``path``: of the field, empty for the file itself; ``token``: what is unusual there (a type, a value), with kind
    and path what a dismissal names; ``value``: as people read it, cut, redacted as the text is; ``siblings``: other
    files that were compared, of which ``alike`` are like this one; ``usual``: what they have, with numbers of files,
    the commonest first; ``numbers``: how theirs are distributed; ``format``: of theirs, in words.
    """

    kind: AnomalyKind
    path: str
    token: str
    severity: Severity
    siblings: int = 0
    alike: int = 0
    value: str | None = None
    usual: tuple[tuple[str, int], ...] = ()
    numbers: NumberProfile | None = None
    format: str = ""


@dataclass(frozen=True, slots=True)
class Anomaly:
    """A deviation of one file. ``id``: the same whenever the same is found (``siss.anomalies.identity``)."""

    id: uuid.UUID
    file_id: FileId
    file: uuid.UUID
    shown: str
    schema: uuid.UUID | None
    schema_name: str | None
    deviation: Deviation
    status: AnomalyStatus = AnomalyStatus.OPEN
    created_at: datetime | None = None
    updated_at: datetime | None = None
    resolved_at: datetime | None = None
