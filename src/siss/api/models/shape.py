"""What all answers are made of, and what every error looks like."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Shape(BaseModel):
    """A shape as documented: nothing else stands in an answer."""

    model_config = ConfigDict(extra="forbid")


class ErrorDetail(Shape):
    """What went wrong, for programs and for people."""

    code: str = Field(examples=["INVALID_QUERY"])
    message: str = Field(examples=["A closing parenthesis is missing at position 14."])
    details: dict[str, Any] = Field(examples=[{"expression": "(disk OR raid", "position": 14, "expected": "')'"}])


class ErrorBody(Shape):
    """Every error looks like this."""

    error: ErrorDetail


class Span(Shape):
    """Half-open byte offsets."""

    start: int = Field(examples=[2048])
    end: int | None = Field(examples=[2059])


class FacetValue(Shape):
    """A value and how many files have it."""

    value: str = Field(examples=["application/json"])
    count: int = Field(examples=[89])
