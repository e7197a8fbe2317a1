"""Structures into the catalog: paths and shapes once, one row a content. Part of an outcome's transaction."""

import hashlib
import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec
import zstandard

from siss.adapters.postgres.copying import copy_rows
from siss.adapters.postgres.database import Connection, fetch
from siss.adapters.postgres.statements import load_statements
from siss.model.field import Scalar, split_path
from siss.model.ids import ContentId
from siss.model.shape import Shape, Structure

SQL: Final = load_statements("structure")
STRUCTURE_TYPES: Final = ("int8", "int8", "int4", "int4[]", "bytea")
_CACHED: Final = 200_000

_MAGIC: Final = b"\x28\xb5\x2f\xfd"
"""What zstd begins with, and no map of MessagePack."""

_LEVEL: Final = 3
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(dict[int, list[Scalar]]).decode
_compress = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=False).compress
_decompress = zstandard.ZstdDecompressor().decompress


def pack_values(values: Mapping[int, Sequence[Scalar]]) -> bytes:
    """Values of paths as a column has them: MessagePack, compressed where that is shorter."""
    plain = _encode(values)
    return min(_compress(plain), plain, key=len)


def unpack_values(column: bytes) -> dict[int, list[Scalar]]:
    """The way back."""
    return _decode(_decompress(column) if column.startswith(_MAGIC) else column)


def hash_path(path: str) -> bytes:
    """What a path is looked up by: 16 bytes."""
    return hashlib.blake2b(path.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def hash_step(step: str) -> int:
    """What paths are looked up by that end in a step: 32 signed bits."""
    found = zlib.crc32(step.encode("utf-8", "surrogatepass"))
    return found - (1 << 32) if found & 0x80000000 else found


class StructureWriter:
    """Writes structures on a connection that is in a transaction. Keeps the ids of paths that others committed.

    Shapes are looked up each time: reclustering forgets those that nobody has, with ``content_structures`` locked
    (``note_shapes``), so none goes between the first statement here and the commit.
    """

    def __init__(self) -> None:
        self._paths: dict[bytes, int] = {}

    async def write(self, connection: Connection, items: Sequence[tuple[ContentId, Structure]]) -> None:
        """Put structures in place of those that the contents had."""
        if not items:
            return
        await delete_structures(connection, [content_id for content_id, _ in items])
        shapes = {structure.shape.digest: structure.shape for _, structure in items}
        ids = await self._shape_ids(connection, shapes)
        await copy_rows(
            connection,
            SQL["copy_structures"],
            STRUCTURE_TYPES,
            (
                (content_id, ids[each.shape.digest], each.documents, each.value_keys, pack_values(each.values))
                for content_id, each in items
            ),
        )

    async def _shape_ids(self, connection: Connection, shapes: dict[bytes, Shape]) -> dict[bytes, int]:
        found = dict(await fetch(connection, SQL["known_shapes"], {"digests": list(shapes)}))
        new = [shape for digest, shape in shapes.items() if digest not in found]
        if not new:
            return found
        paths = await self._path_ids(connection, {path for shape in new for path in shape.paths})
        async with connection.cursor() as cursor:
            await cursor.executemany(
                SQL["add_shape"],
                [
                    {
                        "complete": shape.complete,
                        "kind": shape.kind.value,
                        "digest": shape.digest,
                        "path_ids": [paths[path] for path in shape.paths],
                        "types": list(shape.types),
                    }
                    for shape in new
                ],
            )
        rows = await fetch(connection, SQL["known_shapes"], {"digests": [shape.digest for shape in new]})
        return found | dict(rows)

    async def _path_ids(self, connection: Connection, paths: set[str]) -> dict[str, int]:
        hashes = {hash_path(path): path for path in paths}
        found = await _known(connection, "known_paths", "hashes", hashes, self._paths)
        new = [(hashed, path) for hashed, path in hashes.items() if hashed not in found]
        if new:
            values = {
                "lasts": [hash_step((split_path(path) or ("",))[-1]) for _, path in new],
                "hashes": [hashed for hashed, _ in new],
                "paths": [path for _, path in new],
            }
            await connection.execute(SQL["add_paths"], values)
            found |= dict(await fetch(connection, SQL["known_paths"], {"hashes": values["hashes"]}))
        return {path: found[hashed] for hashed, path in hashes.items()}


async def _known(
    connection: Connection, statement: str, name: str, wanted: Iterable[bytes], cache: dict[bytes, int]
) -> dict[bytes, int]:
    """Ids that are committed. Only these are kept: what this transaction adds may be rolled back."""
    unknown = [key for key in wanted if key not in cache]
    if unknown:
        if len(cache) > _CACHED:
            cache.clear()
            unknown = list(wanted)
        cache.update(await fetch(connection, SQL[statement], {name: unknown}))
    return {key: cache[key] for key in wanted if key in cache}


async def delete_structures(connection: Connection, contents: Sequence[ContentId]) -> None:
    """Forget the structures of contents. Shapes stay until ``note_shapes``."""
    await connection.execute(SQL["delete_structures"], {"ids": list(contents)})
