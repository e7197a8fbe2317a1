"""Everything that a state folder holds, decoded: to look for what must not be in it."""

import asyncio
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import psycopg
import re2
import zstandard

from siss.adapters.tantivy.schema import CHUNK_FIELDS, FILE_FIELDS, TextField, open_indexes
from siss.app.secret_key import NAME as KEY_FILE
from siss.bootstrap import own_state
from siss.settings import Settings

LEAST = 8
"""Letters of a piece that cannot be there by chance."""


def pieces_of(values: Iterable[str]) -> set[str]:
    """Stretches of letters and digits, as words of an index could be, in lower case."""
    return {piece.lower() for value in values for piece in re.findall(r"[A-Za-z0-9]+", value) if len(piece) >= LEAST}


def found_in(state: Path, values: Iterable[str]) -> dict[str, list[str]]:
    """Where pieces of these values are still to be found, by place. No PostgreSQL may run there."""
    pieces = [piece.encode() for piece in pieces_of(values)]
    assert pieces
    options = re2.Options()
    options.max_mem, options.encoding = 256 << 20, re2.Options.Encoding.LATIN1  # bytes, whatever they mean
    any_piece = re2.compile(b"|".join(pieces), options=options)  # all at once: one by one takes ten times as long
    left: dict[str, list[str]] = {}
    for place, data in everything(state):
        lowered = data.lower()
        if any_piece.search(lowered):
            left.setdefault(place, []).extend(piece.decode() for piece in pieces if piece in lowered)
    return left


def everything(state: Path) -> Iterator[tuple[str, bytes]]:
    """Named stretches: the rows of every table, texts unpacked; the engine's terms; every file as it is."""
    yield from asyncio.run(_rows(state))
    yield from _terms(state)
    for file in sorted(state.rglob("*")):
        if file.is_file() and file.name != KEY_FILE:
            yield str(file.relative_to(state)), file.read_bytes()


async def _rows(state: Path) -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    async with (
        own_state(Settings(data_dir=state)) as owned,
        await psycopg.AsyncConnection.connect(owned.dsn) as connection,
    ):
        tables = await connection.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
        )
        for (table,) in await tables.fetchall():
            for row in await (await connection.execute(f'SELECT * FROM "{table}"'.encode())).fetchall():
                for value in row:
                    data = value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogateescape")
                    found.append((f"table {table}", data))
                    if data.startswith(zstandard.FRAME_HEADER):
                        found.append((f"text in {table}", zstandard.ZstdDecompressor().decompress(data, 1 << 24)))
    assert any(place == "text in text_blocks" for place, _ in found)
    return found


def _terms(state: Path) -> Iterator[tuple[str, bytes]]:
    indexes = open_indexes(state, create=False)
    count = 0
    for name, index, fields in (("files", indexes.files, FILE_FIELDS), ("chunks", indexes.chunks, CHUNK_FIELDS)):
        for field in fields:
            if isinstance(field, TextField):
                for term, _ in index.searcher().terms_with_prefix(field.name, "", None, 100_000):
                    count += 1
                    yield f"engine {name}.{field.name}", term.encode()
    assert count > 100
