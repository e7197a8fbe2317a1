"""What a principal must be allowed to do, checked where the deed is: REST, MCP, web and CLI cannot differ."""

from dataclasses import replace
from typing import Final

from siss.errors import ForbiddenError
from siss.model.principal import Principal, Role

_RANKS: Final = {Role.READER: 0, Role.EDITOR: 1, Role.ADMIN: 2}


def require_role(principal: Principal, role: Role, deed: str) -> None:
    """Raise ``ForbiddenError`` unless the principal's role includes ``role``; ``deed`` completes the message."""
    if _RANKS[principal.role] < _RANKS[role]:
        raise ForbiddenError(f"{deed} needs the role {role}; {principal.subject} is {principal.role}.")


def require_everything(principal: Principal, deed: str) -> None:
    """Raise ``ForbiddenError`` for a principal that may see only a part of the index."""
    if principal.scopes is not None:
        raise ForbiddenError(f"{deed} concerns every file; {principal.subject} may see only some.")


def require_raw(principal: Principal) -> None:
    """Raise ``ForbiddenError`` unless the principal may read bytes from the NAS."""
    if not principal.raw:
        raise ForbiddenError("Reading the file's own bytes needs the right 'raw'; the indexed text does not.")


def show_hidden(principal: Principal) -> Principal:
    """The same who also sees files that a critical secret hides. Raises ``ForbiddenError`` unless it is an admin.

    To be called where an admin asks for them in so many words: nobody meets such a file by searching, and an agent
    that works with an admin's rights does not either.
    """
    require_role(principal, Role.ADMIN, "Seeing files that a critical secret hides")
    return replace(principal, hidden=True)


def with_coverage(principal: Principal) -> Principal:
    """Who asks why a file is not found: an admin is told of a hidden one, for everybody else there is none."""
    return replace(principal, hidden=True) if principal.role is Role.ADMIN else principal
