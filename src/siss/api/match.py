"""Changing a file only as it was when the caller looked at it (``If-Match``, RFC 9110, section 13.1.1)."""

import hashlib
import uuid

from fastapi import Request

from siss.api.exchange import is_known
from siss.app.files import find_file
from siss.app.services import Services
from siss.errors import PreconditionError
from siss.model.file import FileRecord
from siss.model.principal import Principal


def file_tag(file: FileRecord) -> str:
    """The ``ETag`` of what is said of a file: other bytes, path, labels or status are another."""
    parts = (file.shown, file.sha256, file.size, file.status, file.tags, file.description, file.indexed_at)
    digest = hashlib.blake2b(repr(parts).encode("utf-8", "replace"), digest_size=12)
    return f'"{digest.hexdigest()}"'


async def require_match(request: Request, services: Services, principal: Principal, public_id: uuid.UUID) -> None:
    """Raise ``PreconditionError`` where the file is not what ``If-Match`` names; tags of packed answers count."""
    given = request.headers.get("if-match")
    if given is None:
        return
    if not is_known(given, file_tag(await find_file(services, principal, public_id))):
        raise PreconditionError("The file changed since you looked at it: look again.", id=str(public_id))
