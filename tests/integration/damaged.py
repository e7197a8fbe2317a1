"""A page of PostgreSQL's own files that cannot be read."""

import psycopg

from siss.adapters.postgres.embedded.server import EmbeddedServer


async def damage(server: EmbeddedServer, dsn: str, relation: str) -> None:
    """Spoil the first page of a table or index (also ``pg_toast of TABLE``) that nobody has read from yet."""
    path = "SELECT pg_relation_filepath(%(of)s::regclass)"
    if relation.startswith("pg_toast of "):
        relation = relation.removeprefix("pg_toast of ")
        path = "SELECT pg_relation_filepath(reltoastrelid) FROM pg_class WHERE oid = %(of)s::regclass"
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
        row = await (await connection.execute(path.encode(), {"of": relation})).fetchone()
        assert row is not None
    with (server.cluster / row[0]).open("r+b") as file:
        file.write(b"\x55" * 8192)
