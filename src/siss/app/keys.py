"""Making, listing and ending API keys. Only an admin who may see everything does."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from siss.access.key_text import new_key
from siss.app.cursors import name_list, read_cursor, write_cursor
from siss.app.rights import require_everything, require_role
from siss.errors import ConfigError, InvalidRequestError, NotFoundError
from siss.model.key import ApiKey
from siss.model.principal import LOCAL, Principal, Role
from siss.ports.keys import Keys

FIRST: Final = "first admin"
"""The name of the key that a service makes when there is none."""
MOST_NAME: Final = 100
MAX_PAGE: Final = 1000
MOST_SCOPES: Final = 100
MOST_REQUESTS: Final = 1_000_000


async def create_key(
    keys: Keys,
    principal: Principal,
    name: str,
    role: Role,
    *,
    scopes: Sequence[str] | None = None,
    raw: bool = False,
    requests_per_minute: int = 0,
    lifetime: timedelta | None = None,
) -> tuple[ApiKey, str]:
    """A new key and its text, which is never shown again. ``scopes``: None for everything, never an empty list.

    Raises ``ForbiddenError``, ``InvalidRequestError``, and ``ConflictError`` for a name that is taken.
    """
    _require_admin(principal)
    text = new_key()
    now = datetime.now(UTC)
    if lifetime is not None and lifetime <= timedelta(0):
        raise InvalidRequestError("A key lives for some time, or without end.", field="expires_in")
    if not 0 <= requests_per_minute <= MOST_REQUESTS:
        raise InvalidRequestError(
            f"requests_per_minute lies between 0 (no limit) and {MOST_REQUESTS:,}.", field="requests_per_minute"
        )
    key = ApiKey(
        text.id,
        _checked_name(name),
        text.hash(),
        role,
        now,
        None if scopes is None else _checked_scopes(scopes),
        raw,
        requests_per_minute,
        None if lifetime is None else now + lifetime,
    )
    await keys.add(key)
    return key, text.text


async def ensure_key(keys: Keys) -> str | None:
    """See to it that somebody can come in: the text of a first admin's key where none was ever made.

    Raises ``ConfigError`` where there were keys and none may be used any more.
    """
    await keys.end_due(datetime.now(UTC))
    found = await keys.all()
    if not found:
        return (await create_key(keys, LOCAL, FIRST, Role.ADMIN, raw=True))[1]
    now = datetime.now(UTC)
    if all(key.refusal(now) is not None for key in found):
        raise ConfigError(
            "requests need an API key, and every key was revoked or expired: make one with "
            "`siss keys create NAME --role admin`, or renew one that expired (`siss keys renew`)",
            variable="SISS_KEYS",
        )
    return None


async def list_keys(keys: Keys, principal: Principal) -> Sequence[ApiKey]:
    """All keys, ended ones too, oldest first."""
    _require_admin(principal)
    return await keys.all()


async def page_keys(
    keys: Keys, principal: Principal, cursor: str | None, size: int
) -> tuple[Sequence[ApiKey], str | None]:
    """A page of them, and the cursor of the next one. Keys are never deleted, so their places stay."""
    found = await list_keys(keys, principal)
    name = name_list("keys")
    start = max(0, read_cursor(cursor, name, int) or 0)
    end = start + max(1, min(size, MAX_PAGE))
    return found[start:end], write_cursor(end if end < len(found) else None, name)


async def revoke_key(keys: Keys, principal: Principal, given: str) -> ApiKey:
    """End a key, named by id or name, now; a name also ends keys in their grace. Returns the latest of them.

    Raises ``NotFoundError`` where none that anybody may still use is called so.
    """
    _require_admin(principal)
    now = datetime.now(UTC)
    good = [key for key in await keys.all() if given in {key.id, key.name} and key.refusal(now) is None]
    if not good:
        raise _not_in_use(given)
    for key in good:
        await keys.revoke(key.id, now)
    return replace(good[-1], revoked_at=now, ended_at=now)


async def renew_key(keys: Keys, principal: Principal, given: str, lifetime: timedelta | None) -> ApiKey:
    """Give a key a new end (None: none), from now on, also where it expired: a clock that ran ahead ends keys, too.

    Raises ``NotFoundError`` where none that was not revoked is called so, ``ConflictError`` where another in use is.
    """
    _require_admin(principal)
    if lifetime is not None and lifetime <= timedelta(0):
        raise InvalidRequestError("A key lives for some time, or without end.", field="expires_in")
    named = [key for key in await keys.all() if given in {key.id, key.name} and key.revoked_at is None]
    if not named:
        raise NotFoundError(f"No key that was not revoked has the id or name {given}: what was revoked stays so.")
    expires_at = None if lifetime is None else datetime.now(UTC) + lifetime
    if not await keys.renew(named[-1].id, expires_at):
        raise NotFoundError(f"The key {given} was revoked meanwhile, which it stays.")
    return replace(named[-1], expires_at=expires_at, ended_at=None)


async def rotate_key(
    keys: Keys, principal: Principal, given: str, grace: timedelta = timedelta(0)
) -> tuple[ApiKey, str]:
    """A new key that may do what the old one may; the old one ends after ``grace``. Raises as ``create_key``."""
    _require_admin(principal)
    old = await _find(keys, given)
    text = new_key()
    now = datetime.now(UTC)
    lifetime = None if old.expires_at is None else old.expires_at - old.created_at
    key = replace(
        old,
        id=text.id,
        hash=text.hash(),
        created_at=now,
        expires_at=None if lifetime is None else now + lifetime,
        revoked_at=None,
        last_used_at=None,
        ended_at=None,
    )
    await keys.replace(old.id, now + grace, key)
    return key, text.text


def _require_admin(principal: Principal) -> None:
    require_role(principal, Role.ADMIN, "Managing keys")
    require_everything(principal, "Managing keys")


async def _find(keys: Keys, given: str) -> ApiKey:
    now = datetime.now(UTC)
    for key in await keys.all():
        if given in {key.id, key.name} and key.refusal(now) is None and key.revoked_at is None:
            return key
    raise _not_in_use(given)


def _not_in_use(given: str) -> NotFoundError:
    return NotFoundError(f"No key that is in use has the id or name {given}.")


def _checked_name(name: str) -> str:
    stripped = name.strip()
    if not 0 < len(stripped) <= MOST_NAME or not stripped.isprintable():
        raise InvalidRequestError(f"A key's name has 1 to {MOST_NAME} letters that can be seen.", field="name")
    return stripped


def _checked_scopes(scopes: Sequence[str]) -> tuple[str, ...]:
    if not 0 < len(scopes) <= MOST_SCOPES:
        raise InvalidRequestError(f"There are 1 to {MOST_SCOPES} scopes, or none given at all.", field="scopes")
    for scope in scopes:
        if not scope.startswith("/") or "\0" in scope or "/../" in scope + "/" or "/./" in scope + "/":
            raise InvalidRequestError(
                f"A scope is an absolute path as results show it, such as /nas/logs: {scope!r} is none.",
                field="scopes",
            )
    return tuple(sorted({scope.rstrip("/") or "/" for scope in scopes}))
