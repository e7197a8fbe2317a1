"""What a principal may see, as parameters of a statement."""

from typing import Any, Final

from siss.model.principal import Principal

_BOUND_CHARACTERS: Final = 400
"""Of a prefix, as many as surely stand in the index (512 characters); the whole prefix is compared besides."""
_LAST_CHARACTER: Final = "\U0010ffff"


def bounds(prefix: str) -> tuple[str, str]:
    """Between which two strings, in the order of code points, everything lies that begins with ``prefix``."""
    low = prefix[:_BOUND_CHARACTERS]
    return low, low + _LAST_CHARACTER


def scope_values(principal: Principal) -> dict[str, Any]:
    """``scopes``, with a slash at the end so that ``/a`` is not ``/ab``; ``low`` and ``high`` for the index.

    ``hidden``: whether files with an open critical secret are seen, too.
    """
    if principal.scopes is None:
        return {"scopes": None, "low": "", "high": _LAST_CHARACTER, "hidden": principal.hidden}
    scopes = sorted({scope.rstrip("/") + "/" for scope in principal.scopes})
    # A scope may be a file: from the path itself to the last below it, so that /a1 is not looked through for /a.
    pairs = [(bounds(scope.rstrip("/"))[0], bounds(scope)[1]) for scope in scopes] or [("", "")]
    low, high = min(low for low, _ in pairs), max(high for _, high in pairs)
    return {"scopes": scopes, "low": low, "high": high, "hidden": principal.hidden}
