"""What editors change of files: tags, descriptions, and whether they are in the index."""

import uuid
from collections.abc import Sequence

from siss.app.files import FileDetails, describe_file, find_file
from siss.app.labels import check_description, check_tags
from siss.app.rights import require_role
from siss.app.services import Services
from siss.errors import ConflictError, InvalidRequestError
from siss.model.file import FileStatus
from siss.model.principal import Principal, Role


async def change_labels(
    services: Services,
    principal: Principal,
    public_id: uuid.UUID,
    tags: Sequence[str] | None,
    description: str | None,
) -> FileDetails:
    """Set the tags or the description of a file, or both. None keeps them; an empty description deletes it.

    Raises ``ForbiddenError``, ``NotFoundError``, ``InvalidRequestError``, and ``ConflictError`` for a file that is
    out of the index.
    """
    require_role(principal, Role.EDITOR, "Changing a file's tags or description")
    if tags is None and description is None:
        raise InvalidRequestError("Name what is to be changed: tags, description or both.", field="tags")
    file = await find_file(services, principal, public_id)
    checked = None if tags is None else check_tags(tags, services.redact)
    text = None if description is None else check_description(description, services.redact)
    if not await services.edits.annotate(file.id, checked, text):
        raise ConflictError(f"{file.shown} is out of the index: restore it first.", id=str(public_id))
    return await describe_file(services, principal, public_id)


async def remove_file(services: Services, principal: Principal, public_id: uuid.UUID) -> None:
    """Take a file out of the index. It stays on the NAS, and out of the index until it is restored."""
    require_role(principal, Role.EDITOR, "Removing a file from the index")
    file = await find_file(services, principal, public_id)
    await services.edits.remove(file.id, principal.subject)


async def restore_file(services: Services, principal: Principal, public_id: uuid.UUID) -> FileDetails:
    """Put a file that somebody removed into the index again: it is read anew.

    Raises ``ConflictError`` for one that nobody removed.
    """
    require_role(principal, Role.EDITOR, "Restoring a file to the index")
    file = await find_file(services, principal, public_id)
    if not await services.edits.restore(file.id) and file.status is FileStatus.DELETED:
        raise ConflictError(f"{file.shown} was not removed here: it went from the NAS.", id=str(public_id))
    return await describe_file(services, principal, public_id)
