"""Changing a file only as it was when the caller looked at it (``If-Match``, RFC 9110, section 13.1.1)."""

import hashlib
from typing import Annotated

from fastapi import Header, Response

from siss.api.exchange import is_known
from siss.api.state import ApiState, json_response
from siss.app.edits import Precondition
from siss.app.files import FileDetails
from siss.model.file import FileRecord

IfMatch = Annotated[
    str | None,
    Header(alias="If-Match", description="The `ETag` of `GET /files/{id}`: 412 where somebody else was first."),
]


def file_tag(file: FileRecord) -> str:
    """The ``ETag`` of what is said of a file: other bytes, path, labels, status or schema are another."""
    parts = (
        file.shown,
        file.sha256,
        file.size,
        file.status,
        file.tags,
        file.description,
        file.indexed_at,
        file.schema,
    )
    digest = hashlib.blake2b(repr(parts).encode("utf-8", "replace"), digest_size=12)
    return f'"{digest.hexdigest()}"'


def details_response(state: ApiState, details: FileDetails) -> Response:
    """All of a file, with its ``ETag``: also of a change, so that the next one needs no look before it."""
    response = json_response(state.render.details(details))
    response.headers["ETag"] = file_tag(details.file)
    return response


def precondition_of(if_match: str | None) -> Precondition | None:
    """Whether a file is what ``If-Match`` names; None without one. Tags of packed answers count."""
    return None if if_match is None else lambda file: is_known(if_match, file_tag(file))
