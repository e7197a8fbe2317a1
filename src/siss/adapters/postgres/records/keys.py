"""API keys in a PostgreSQL table."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from siss.adapters.postgres.database import Connection, Database, fetch
from siss.adapters.postgres.statements import load_statements
from siss.errors import ConflictError
from siss.model.key import ApiKey
from siss.model.principal import Role

SQL: Final = load_statements("keys")


class PostgresKeys:
    """Implements ``siss.ports.keys.Keys``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, key: ApiKey) -> None:
        """Keep a new key."""
        async with self._database.transaction() as connection:
            await _add(connection, key)

    async def replace(self, old_id: str, ends_at: datetime, key: ApiKey) -> None:
        """End a key then, and keep a new one in its place, which has what the old one kept."""
        async with self._database.transaction() as connection:
            values = {"id": old_id, "at": ends_at, "ended_at": ends_at if ends_at <= key.created_at else None}
            ended = (await connection.execute(SQL["revoke"], values)).rowcount
            await _add(connection, key)
            if ended:
                names = {"old": f"key:{old_id}", "heir": f"key:{key.id}"}
                await connection.execute(SQL["inherit"], names)

    async def get(self, key_id: str) -> ApiKey | None:
        """One key."""
        row = await self._database.row(SQL["get"], {"id": key_id})
        return None if row is None else _key(row)

    async def all(self) -> Sequence[ApiKey]:
        """Every key, oldest first."""
        return [_key(row) for row in await self._database.rows(SQL["all"])]

    async def revoke(self, key_id: str, at: datetime) -> bool:
        """Let nobody use a key any more."""
        return await self._database.execute(SQL["revoke"], {"id": key_id, "at": at, "ended_at": at}) > 0

    async def renew(self, key_id: str, expires_at: datetime | None) -> bool:
        """Let a key be good until then."""
        async with self._database.transaction() as connection:
            await connection.execute(SQL["lock"])
            values = {"id": key_id, "expires_at": expires_at}
            if not (renewed := await fetch(connection, SQL["renew"], values)):
                return False
            await _refuse_taken(connection, renewed[0][0], key_id)
            return True

    async def end_due(self, now: datetime) -> None:
        """Record of every key whose time is over that it ended."""
        await self._database.execute(SQL["end_due"], {"now": now})

    async def note_use(self, used: Sequence[tuple[str, datetime]]) -> None:
        """When keys were used last."""
        latest: dict[str, datetime] = {}
        for key_id, at in used:
            latest[key_id] = max(at, latest.get(key_id, at))
        if latest:
            values = {"ids": list(latest), "times": list(latest.values())}
            await self._database.execute(SQL["note_use"], values)


async def _add(connection: Connection, key: ApiKey) -> None:
    await connection.execute(SQL["lock"])
    await _refuse_taken(connection, key.name, key.id)
    values = {
        "id": key.id,
        "name": key.name,
        "hash": key.hash,
        "role": key.role.value,
        "created_at": key.created_at,
        "scopes": None if key.scopes is None else list(key.scopes),
        "raw": key.raw,
        "requests_per_minute": key.requests_per_minute,
        "expires_at": key.expires_at,
        "revoked_at": key.revoked_at,
        "last_used_at": key.last_used_at,
        "ended_at": key.ended_at,
    }
    await connection.execute(SQL["add"], values)


async def _refuse_taken(connection: Connection, name: str, key_id: str) -> None:
    if (await fetch(connection, SQL["name_taken"], {"name": name, "id": key_id}))[0][0]:
        raise ConflictError(f"there is a key with the name {name} already: revoke it, or rotate it")


def _key(row: tuple[Any, ...]) -> ApiKey:
    key_id, name, hashed, role, created_at, scopes, *rest = row
    return ApiKey(key_id, name, hashed, Role(role), created_at, None if scopes is None else tuple(scopes), *rest)
