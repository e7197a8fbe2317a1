"""Schemas in PostgreSQL: their members among the visible files, and what reclustering keeps."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from siss.adapters.postgres.ingest.structure_write import unpack_values
from siss.adapters.postgres.questions.structure import StructureReader, read_paths
from siss.adapters.postgres.scopes import scope_values
from siss.adapters.postgres.statements import load_statements
from siss.model.content import Kind
from siss.model.ids import ContentId, FileId
from siss.model.principal import Principal
from siss.model.schema import SchemaRecord
from siss.model.shape import Shape
from siss.ports.structure import MemberValues, SchemaDraft, ShapeMembers

SQL: Final = load_statements("structure")
_MOST_FOLDERS: Final = 2


class PostgresStructures(StructureReader):
    """Implements ``siss.ports.structure.Structures`` and ``SchemaKeeper``."""

    async def schemas(
        self, kind: Kind | None, after: tuple[int, uuid.UUID] | None, limit: int, principal: Principal
    ) -> tuple[list[SchemaRecord], int]:
        """Schemas with their numbers of files, most first."""
        files, last = after or (None, None)
        values = {"kind": None if kind is None else kind.value, **scope_values(principal)}
        rows = await self._database.rows(
            SQL["list_schemas"], values | {"files": files, "last": last, "limit": limit}, plan=True
        )
        total = await self._database.row(SQL["count_schemas"], values, plan=True)
        found = [
            SchemaRecord(public_id, name, Kind(sort), mime, files, shapes, created_at, updated_at)
            for _, public_id, sort, name, created_at, updated_at, files, shapes, mime in rows
        ]
        return found, total[0] if total else 0

    async def schema(self, public_id: uuid.UUID, principal: Principal) -> SchemaRecord | None:
        """One schema, or the one that it was merged into; None where the principal sees none of its members."""
        row = await self._schema_row(public_id, principal)
        if row is None or (not row[6] and principal.scopes is not None):
            return None
        _, found, kind, name, created_at, updated_at, files, shapes, mime, definition = row
        redirected = public_id if found != public_id else None
        return SchemaRecord(
            found, name, Kind(kind), mime, files, shapes, created_at, updated_at, definition, redirected
        )

    async def schema_of(self, content_id: ContentId) -> uuid.UUID | None:
        """The schema of one content."""
        row = await self._database.row(SQL["schema_of_content"], {"id": content_id})
        return row[0] if row else None

    async def schemas_of(self, contents: Sequence[ContentId]) -> Mapping[ContentId, uuid.UUID]:
        """The schemas of many contents."""
        rows = await self._database.rows(SQL["schemas_of_contents"], {"ids": list(contents)})
        return {ContentId(content_id): schema for content_id, schema in rows}

    async def schema_files(
        self, public_id: uuid.UUID, after: FileId, limit: int, principal: Principal
    ) -> list[FileId]:
        """Files that have a schema, by id."""
        if (row := await self._schema_row(public_id, principal)) is None:
            return []
        values = {"id": row[0], "after": after, "limit": limit, **scope_values(principal)}
        return [FileId(each[0]) for each in await self._database.rows(SQL["schema_file_ids"], values, plan=True)]

    async def schema_contents(self, public_id: uuid.UUID, limit: int, principal: Principal) -> list[ContentId]:
        """The contents that have a schema, the latest first."""
        if (row := await self._schema_row(public_id, principal)) is None:
            return []
        values = {"id": row[0], "limit": limit, **scope_values(principal)}
        return [ContentId(each[0]) for each in await self._database.rows(SQL["schema_contents"], values, plan=True)]

    async def members(
        self, public_id: uuid.UUID, principal: Principal, at: datetime | None = None
    ) -> list[ShapeMembers]:
        """The shapes of a schema's members, now or at a time."""
        if (row := await self._schema_row(public_id, principal)) is None:
            return []
        values: dict[str, Any] = {"id": row[0], **scope_values(principal)}
        name = "member_shapes" if at is None else "member_shapes_at"
        rows = await self._database.rows(SQL[name], values if at is None else values | {"at": at}, plan=True)
        paths = await read_paths(self._database, [number for each in rows for number in each[2]])
        return [
            ShapeMembers(_shape(kind, digest, path_ids, types, paths), files, row[1])
            for digest, kind, path_ids, types, files in rows
        ]

    async def member_values(self, public_id: uuid.UUID, limit: int, principal: Principal) -> list[MemberValues]:
        """The values of a schema's members."""
        if (row := await self._schema_row(public_id, principal)) is None:
            return []
        values = {"id": row[0], "limit": limit, **scope_values(principal)}
        return [_values(*each) for each in await self._database.rows(SQL["member_values"], values, plan=True)]

    async def every_shape(self) -> list[ShapeMembers]:
        """All shapes that files have."""
        rows = await self._database.rows(SQL["cluster_input"], plan=True)
        paths = await read_paths(self._database, [number for row in rows for number in row[3]])
        return [
            ShapeMembers(_shape(kind, digest, path_ids, types, paths), files, schema, _folders(folders), witness)
            for _, digest, kind, path_ids, types, files, schema, folders, witness in rows
        ]

    async def described(self) -> Mapping[uuid.UUID, bytes]:
        """What schemas were made of."""
        return dict(await self._database.rows(SQL["described"]))

    async def shape_values(self, digests: Sequence[bytes], limit: int) -> list[MemberValues]:
        """The values of files that have these shapes."""
        values = {"digests": list(digests), "limit": limit}
        return [_values(*each) for each in await self._database.rows(SQL["shape_values"], values, plan=True)]

    async def shape_samples(self, digests: Sequence[bytes], each: int) -> list[MemberValues]:
        """The values of some contents of each of these shapes, by their hashes."""
        values = {"digests": list(digests), "each": each}
        return [_values(*found) for found in await self._database.rows(SQL["shape_samples"], values, plan=True)]

    async def keep_schemas(self, drafts: Sequence[SchemaDraft], redirects: Mapping[uuid.UUID, uuid.UUID]) -> None:
        """Put schemas in place, give shapes to them, and lead old ids to their heirs."""
        async with self._database.transaction() as connection:
            async with connection.cursor() as cursor:
                await cursor.executemany(
                    SQL["put_schema"],
                    [
                        {
                            "public_id": draft.id,
                            "kind": draft.kind.value,
                            "name": draft.name,
                            "members": draft.members,
                            "definition": _storable(draft.definition),
                            "profile": _storable(draft.profile),
                            "made_of": draft.made_of,
                        }
                        for draft in drafts
                    ],
                )
            pairs = [(digest, draft.id) for draft in drafts for digest in draft.shapes]
            values = {"digests": [pair[0] for pair in pairs], "schemas": [pair[1] for pair in pairs]}
            await connection.execute(SQL["set_shape_schemas"], values)
            moved = {"olds": list(redirects), "heirs": list(redirects.values())}
            await connection.execute(SQL["set_redirects"], moved)

    async def note_shapes(self) -> None:
        """Write down which file has which shape now; forget shapes that nobody has or had."""
        async with self._database.transaction() as connection:
            await connection.execute(SQL["close_file_shapes"])
            await connection.execute(SQL["open_file_shapes"])
            # Whoever writes structures holds a lock on the table from before it looks for shapes.
            await connection.execute(b"LOCK TABLE content_structures IN SHARE MODE")
            await connection.execute(SQL["drop_unused_shapes"])

    async def _schema_row(self, public_id: uuid.UUID, principal: Principal) -> tuple[Any, ...] | None:
        values = {"public_id": public_id, **scope_values(principal)}
        return await self._database.row(SQL["schema"], values, plan=True)


def _shape(
    kind: str, digest: bytes, path_ids: Sequence[int], types: Sequence[int], paths: Mapping[int, str]
) -> Shape:
    return Shape(Kind(kind), digest, tuple(paths[number] for number in path_ids), tuple(types))


def _values(digest: bytes, keys: Sequence[int], packed: bytes, size: int) -> MemberValues:
    return MemberValues(digest, frozenset(keys), unpack_values(packed), size)


def _folders(folders: Sequence[int] | None) -> tuple[str, ...]:
    """One or two folders say something about a shape; a shape that is everywhere says nothing about folders."""
    return tuple(map(str, folders)) if folders and len(folders) <= _MOST_FOLDERS else ()


def _storable(value: Any) -> str:
    r"""JSON that ``jsonb`` takes: it knows no ``\u0000`` and no halves of pairs."""
    text = msgspec.json.encode(value).decode("utf-8")
    return text.replace("\\u0000", "\\u2400")
