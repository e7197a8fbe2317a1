"""The shapes of answers about anomalies, for OpenAPI. ``render_anomalies.py`` makes them."""

from datetime import datetime

from pydantic import Field

from siss.api.models.shape import Shape
from siss.model.anomaly import Action, AnomalyKind, AnomalyStatus, Severity


class UsualItem(Shape):
    """What siblings have there, and how many files do."""

    value: str = Field(examples=['"prod"'])
    files: int = Field(examples=[120])


class NumbersItem(Shape):
    """How the siblings' numbers are distributed. ``mad``: median absolute deviation from the median."""

    count: int = Field(examples=[199])
    minimum: float = Field(examples=[5.0])
    maximum: float = Field(examples=[60.0])
    mean: float = Field(examples=[29.4])
    deviation: float = Field(examples=[8.1])
    median: float = Field(examples=[30.0])
    mad: float = Field(examples=[5.0])


class AnomalyItem(Shape):
    """One thing that is unusual about a file.

    ``action``: what the severity leads to by itself; ``value``: redacted as the text is; ``siblings``: other files of
    the schema that were compared, of which ``alike`` are like this one.
    """

    id: str
    file_id: str
    path: str = Field(examples=["/volume1/data/configs/db-config.json"])
    schema_id: str | None
    schema_name: str | None = Field(examples=["json: host, port, database"])
    type: AnomalyKind = Field(examples=["value_outlier"])
    severity: Severity = Field(examples=["low"])
    action: Action = Field(examples=["note"])
    status: AnomalyStatus = Field(examples=["open"])
    description: str = Field(
        examples=[
            "$.timeout is 30000. In 199 other files it lies between 5 and 60, mostly near 30; none is as far out."
        ]
    )
    field: str | None = Field(examples=["$.timeout"])
    value: str | None = Field(examples=["30000"])
    expected: str | None = Field(description="The format of the siblings' values.", examples=[None])
    usual: list[UsualItem]
    numbers: NumbersItem | None
    siblings: int = Field(examples=[199])
    alike: int = Field(examples=[0])
    llm_assessment: str | None = Field(description="Null: no model looked at it.", examples=[None])
    created_at: datetime | None = Field(description="Null: found among the files that this key may see only.")
    updated_at: datetime | None
    resolved_at: datetime | None


class AnomalyPage(Shape):
    """A page of anomalies, the worst first. ``cursor`` is null on the last page."""

    total: int = Field(examples=[17])
    cursor: str | None
    took_ms: float = Field(examples=[2.1])
    items: list[AnomalyItem]


class FileAnomalyPage(AnomalyPage):
    """The anomalies of one file."""

    id: str
    path: str = Field(examples=["/volume1/data/configs/db-config.json"])
