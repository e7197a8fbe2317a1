"""What editors change of files: tags, descriptions, and whether they are in the index."""

import uuid
from collections.abc import Callable, Sequence

from siss.app.files import FileDetails, describe_file, find_file
from siss.app.labels import check_description, check_tags
from siss.app.rights import require_role
from siss.app.services import Services
from siss.errors import ConflictError, InvalidRequestError, PreconditionError
from siss.model.file import FileRecord, FileStatus
from siss.model.principal import Principal, Role

Precondition = Callable[[FileRecord], bool]
"""Whether a file is what somebody believes it is; None where they believe nothing."""


async def change_labels(
    services: Services,
    principal: Principal,
    public_id: uuid.UUID,
    tags: Sequence[str] | None,
    description: str | None,
    precondition: Precondition | None = None,
) -> FileDetails:
    """Set the tags or the description of a file, or both. None keeps them; an empty description deletes it.

    Raises ``ForbiddenError``, ``NotFoundError``, ``InvalidRequestError``, ``PreconditionError``, ``ConflictError``
    for a file that is out of the index.
    """
    require_role(principal, Role.EDITOR, "Changing a file's tags or description")
    if tags is None and description is None:
        raise InvalidRequestError("Name what is to be changed: tags, description or both.", field="tags")
    file = await find_file(services, principal, public_id)
    seen = _require(file, precondition)
    checked = None if tags is None else check_tags(tags, services.redact)
    text = None if description is None else check_description(description, services.redact)
    if not await services.edits.annotate(file.id, checked, text, seen):
        if seen is not None and file.status is not FileStatus.DELETED:
            raise _changed(file)
        raise ConflictError(f"{file.shown} is out of the index: restore it first.", id=str(public_id))
    return await describe_file(services, principal, public_id)


async def remove_file(
    services: Services, principal: Principal, public_id: uuid.UUID, precondition: Precondition | None = None
) -> None:
    """Take a file out of the index. It stays on the NAS, and out of the index until it is restored.

    Raises ``ForbiddenError``, ``NotFoundError``, ``PreconditionError``.
    """
    require_role(principal, Role.EDITOR, "Removing a file from the index")
    file = await find_file(services, principal, public_id)
    seen = _require(file, precondition)
    removed = await services.edits.remove(file.id, principal.subject, seen)
    if not removed and seen is not None and file.status is not FileStatus.DELETED:
        raise _changed(file)


async def restore_file(services: Services, principal: Principal, public_id: uuid.UUID) -> FileDetails:
    """Put a file that somebody removed into the index again: it is read anew.

    Raises ``ConflictError`` for one that nobody removed.
    """
    require_role(principal, Role.EDITOR, "Restoring a file to the index")
    file = await find_file(services, principal, public_id)
    if not await services.edits.restore(file.id) and file.status is FileStatus.DELETED:
        raise ConflictError(f"{file.shown} was not removed here: it went from the NAS.", id=str(public_id))
    return await describe_file(services, principal, public_id)


def _require(file: FileRecord, precondition: Precondition | None) -> FileRecord | None:
    """The file as it must still be when it is changed; None: whatever it is. Raises ``PreconditionError``."""
    if precondition is None:
        return None
    if not precondition(file):
        raise _changed(file)
    return file


def _changed(file: FileRecord) -> PreconditionError:
    return PreconditionError("The file changed since you looked at it: look again.", id=str(file.public_id))
