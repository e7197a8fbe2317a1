"""Shown paths that were recorded under older rules, shown as newer ones have them."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Final

from siss.adapters.postgres.database import Connection, Database, fetch
from siss.adapters.postgres.ingest.enqueue import show_again
from siss.adapters.postgres.statements import load_statements

SQL: Final = load_statements("redact_paths")
_AT_ONCE: Final = 10_000
"""Paths that are looked at together."""


async def redact_paths(database: Database, version: int, redact_path: Callable[[str], str]) -> int:
    """See ``Renewal.redact_paths``. Interrupted, it begins anew the next time."""
    row = await database.row(SQL["version"])
    assert row is not None
    if row[0] == version:
        return 0
    changed = after = 0
    while found := await database.rows(SQL["shown_files"], {"after": after, "limit": _AT_ONCE}):
        after = found[-1][0]
        told = await asyncio.to_thread(_differing, (shown for _, shown in found), redact_path)
        if files := [(file_id, shown) for file_id, shown in found if shown in told]:
            async with database.transaction() as connection:
                changed += await _update_files(connection, files, told)
    async with database.transaction() as connection:
        # Events name paths that files had before, and those that the changes above took from them.
        paths = [shown for (shown,) in await fetch(connection, SQL["shown_events"])]
        told = await asyncio.to_thread(_differing, paths, redact_path)
        values = {"old": list(told), "new": list(told.values())}
        for statement in ("update_events", "update_inbox") if told else ():
            await connection.execute(SQL[statement], values)
        await connection.execute(SQL["look_at_skipped"])  # the next scan records them anew
        await connection.execute(SQL["set_version"], {"version": version})
    return changed


def _differing(paths: Iterable[str], redact_path: Callable[[str], str]) -> dict[str, str]:
    return {path: told for path in paths if (told := redact_path(path)) != path}


async def _update_files(connection: Connection, files: list[tuple[int, str]], told: dict[str, str]) -> int:
    values = {
        "ids": [file_id for file_id, _ in files],
        "old": [shown for _, shown in files],
        "new": [told[shown] for _, shown in files],
    }
    updated = await fetch(connection, SQL["update_files"], values)
    await show_again(connection, [file_id for file_id, generation in updated if generation], renamed=True)
    return len(updated)
