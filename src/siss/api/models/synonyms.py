"""Bodies of the routes on synonyms."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from siss.api.models.shape import Shape


class SynonymBody(BaseModel):
    """What ``PUT /synonyms`` takes."""

    model_config = ConfigDict(extra="forbid", strict=True)

    term: str = Field(max_length=400, description="A word, or up to five that follow.", examples=["k8s"])
    synonyms: list[str] = Field(max_length=100, examples=[["kubernetes", "container platform"]])
    two_way: bool = Field(default=False, description="Whether each of them also means the others.")


class SynonymItem(Shape):
    """What else is meant by a term."""

    term: str = Field(examples=["k8s"])
    synonyms: list[str] = Field(examples=[["kubernetes"]])
    two_way: bool
    source: Literal["user", "llm"]
    updated_at: datetime


class SynonymList(Shape):
    """A page of synonyms. ``cursor`` is null on the last page."""

    total: int
    cursor: str | None
    items: list[SynonymItem]
