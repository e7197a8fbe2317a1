"""Where the API stands, and where in it a thing is found."""

import uuid
from typing import Final
from urllib.parse import quote

PREFIX: Final = "/api/v1"
"""What the paths of all routes begin with, but for health, metrics and the documentation."""


def file_link(file_id: uuid.UUID) -> str:
    """The path of a file."""
    return f"{PREFIX}/files/{file_id}"


def schema_link(schema_id: uuid.UUID) -> str:
    """The path of a schema."""
    return f"{PREFIX}/schemas/{schema_id}"


def entity_link(kind: str, value: str) -> str:
    """The path of a thing that files name. ``kind``: of its type, as ``EntityType`` has it."""
    return f"{PREFIX}/entities/{kind}/{quote(value, safe='')}"
