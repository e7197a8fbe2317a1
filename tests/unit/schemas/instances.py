"""Contents as the values that their schema describes (``siss.schemas.definition``)."""

from collections.abc import Iterator
from typing import Any

from siss.model.content import Kind
from siss.model.dialect import name_columns
from siss.model.field import Scalar, value_of_text
from siss.model.json_text import decode_json


def json_instances(kind: Kind, text: bytes) -> Iterator[Any]:
    """The documents of a JSON or JSON Lines text."""
    for part in text.split(b"\n") if kind is Kind.JSONL else [text]:
        decoded = decode_json(part) if part.strip() else None
        if decoded is not None:
            yield decoded.value


def row_instances(records: Iterator[list[str]], *, header: bool) -> list[dict[str, Scalar]]:
    """The records of a delimited text."""
    columns: list[str] = []
    rows: list[dict[str, Scalar]] = []
    for record in records:
        if not columns:
            columns = name_columns(record if header else [""] * len(record))
            if header:
                continue
        rows.append({name: value_of_text(text) for name, text in zip(columns, record, strict=False)})
    return rows
