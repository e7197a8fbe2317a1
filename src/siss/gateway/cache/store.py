"""The entries on disk: whole replies with the questions' vectors, under a byte cap, each with a checksum.

Reads and writes are plain synchronous calls for threads; ``ResponseCache`` sends them there. Readers never wait for
the writer (WAL), and the writer never for readers.
"""

import sqlite3
import struct
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from blake3 import blake3

from siss.errors import CacheCorruptError
from siss.gateway.cache.database import open_reader, statements, translate
from siss.gateway.cache.writer import Writer
from siss.gateway.model.entry import Entry, Filter, Listed
from siss.gateway.model.reply import Reply

T = TypeVar("T")

_OVERHEAD: Final = 512
"""Bytes of rows, indices and checksums that an entry costs besides its data, as measured."""

_PREFIX: Final = 8
"""Bytes of a key that stand for it in memory: 90 bytes an entry. Two keys that share them cost a read, no more."""

TOUCH_SECONDS: Final = 600.0
"""How exactly the time of last use is kept: a hit is written down this often at most."""


@dataclass(frozen=True, slots=True)
class Embedded:
    """A question's text and vector as they are stored. ``vector``: <f2; ``code``: one bit a component."""

    namespace: bytes
    partition: bytes
    code: bytes
    vector: bytes
    text: str


@dataclass(frozen=True, slots=True)
class Removed:
    """Entries that are gone: what memory tier and vector index must drop."""

    ids: tuple[int, ...] = ()
    keys: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Written:
    """An entry's id, and what had to go to make room for it."""

    id: int
    removed: Removed


class EntryStore:
    """The database in ``path``. Opening raises the typed errors of ``database.open_writer``.

    ``max_bytes``: the cap on the entries' sizes; above it those go that have ended, then the least recently used.
    """

    def __init__(self, path: Path, *, max_bytes: int = 1 << 30, clock: Callable[[], float] = time.time) -> None:
        self.path: Final = path
        self._max_bytes = max_bytes
        self._clock = clock
        self._sql = statements()
        self._local = threading.local()
        self._readers: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        self._entries = self._bytes = 0
        self._known: set[bytes] = set()
        self._writer = Writer(path, self._count)
        self._read(self._count)

    # Reading: from any thread

    def get(self, key: bytes) -> tuple[int, Entry] | None:
        """The entry of a key, with its id. Raises ``CacheCorruptError`` for a record that does not add up."""
        row = self._read(lambda reader: reader.execute(self._sql["get"], (key,)).fetchone())
        return None if row is None else (row[0], self._entry(key, row[1:]))

    def may_have(self, key: bytes) -> bool:
        """Whether ``get`` may find something: what is known to be absent costs no thread and no read."""
        return key[:_PREFIX] in self._known

    def get_by_id(self, entry_id: int) -> Entry | None:
        """The entry of an id; raises as ``get`` does."""
        row = self._read(lambda reader: reader.execute(self._sql["get_by_id"], (entry_id,)).fetchone())
        return None if row is None else self._entry(row[0], row[1:])

    def load_embedded(self, ids: Sequence[int]) -> tuple[list[tuple[int, bytes, str]], list[int]]:
        """(id, vector, text) of those of the ids that are still there; and the ids whose rows do not add up."""
        found = self._read(
            lambda reader: [(each, reader.execute(self._sql["embedded"], (each,)).fetchone()) for each in ids]
        )
        rows: list[tuple[int, bytes, str]] = []
        torn: list[int] = []
        for each, row in found:
            if row is None:
                continue
            key, checksum, embedded = row[0], row[1], Embedded(*row[2:])
            if _adds_up(checksum, _embedded_checksum, key, embedded):
                rows.append((each, embedded.vector, embedded.text))
            else:
                torn.append(each)
        return rows, torn

    def load_codes(self, namespace: bytes) -> Iterator[tuple[bytes, int, bytes]]:
        """(partition, entry id, code) of a namespace, by partition."""
        rows: list[tuple[bytes, int, bytes]] = self._read(
            lambda reader: reader.execute(self._sql["codes"], (namespace,)).fetchall()
        )
        return iter(rows)

    def list_entries(self, which: Filter, before: int | None, limit: int) -> list[Listed]:
        """Entries, newest first. ``before``: the id that the last page ended with."""
        rows = self._read(
            lambda reader: reader.execute(
                self._sql["list"], {**_filters(which), "before": before or 1 << 62, "limit": limit}
            ).fetchall()
        )
        return [
            Listed(
                id=row[0],
                key=row[1].hex(),
                tenant=row[2],
                model=row[3],
                route=row[4],
                created=row[5],
                keep_until=row[6],
                used=row[7],
                size=row[8],
                status=row[9],
                tags=tuple(row[10].split("\n")) if row[10] else (),
                semantic=bool(row[11]),
            )
            for row in rows
        ]

    def owners(self) -> list[tuple[str, str, int]]:
        """(tenant, model, entries)."""
        rows: list[tuple[str, str, int]] = self._read(lambda reader: reader.execute(self._sql["owners"]).fetchall())
        return rows

    def fetch(self, name: str, parameters: Any = ()) -> list[Any]:
        """The rows of a named statement, for the tables of other modules."""
        return self._read(lambda reader: reader.execute(self._sql[name], parameters).fetchall())

    @property
    def totals(self) -> tuple[int, int]:
        """Entries, and the bytes that they count for."""
        return self._entries, self._bytes

    def backup(self, target: Path) -> None:
        """A consistent copy, while others read and write."""
        copy = sqlite3.connect(target)
        try:
            self._read(lambda reader: reader.backup(copy))  # in one step: in several, each write begins it anew
        finally:
            copy.close()

    # Writing: done by the writer's thread, in groups

    def put(self, entry: Entry, embedded: Embedded | None = None) -> "Future[Written]":
        """Store an entry in place of the one with its key, and make room for it."""
        size = _size(entry, embedded)
        self._known.add(entry.key[:_PREFIX])
        return self._writer.submit(lambda connection: self._put(connection, entry, embedded, size), size)

    def touch(self, key: bytes) -> "Future[None]":
        """Note that an entry was used."""
        now = self._clock()
        return self._writer.submit(lambda connection: _drop(connection.execute(self._sql["touch"], (now, key))))

    def delete(self, key: bytes) -> "Future[Removed]":
        """Delete the entry of a key."""
        return self._writer.submit(lambda connection: self._remove(connection, "delete_key", (key,)))

    def purge(self, which: Filter) -> "Future[Removed]":
        """Delete the entries that a filter names, and what shadow mode kept of them; one that names nothing: all.

        Comparisons have no tags: a purge by tag leaves them.
        """

        def run(connection: sqlite3.Connection) -> Removed:
            if which.tag is None:
                connection.execute(self._sql["purge_comparisons"], _filters(which))
            return self._remove(connection, "purge", _filters(which))

        return self._writer.submit(run)

    def sweep(self) -> "Future[Removed]":
        """Delete what has ended and what is above the cap."""
        return self._writer.submit(self._make_room)

    def execute(self, *work: tuple[str, Any]) -> "Future[None]":
        """Named statements with their parameters, in one transaction, for the tables of other modules."""

        def run(connection: sqlite3.Connection) -> None:
            for name, parameters in work:
                connection.execute(self._sql[name], parameters)

        return self._writer.submit(run)

    def flush(self) -> "Future[None]":
        """Done when all that was given to the writer before is on disk."""
        return self._writer.submit(lambda _: None)

    def close(self) -> None:
        """Write what waits, and close: the writer last, since only it may take the log away."""
        with self._lock:
            for reader in self._readers:
                reader.close()
            self._readers.clear()
        self._writer.close()

    def _put(self, connection: sqlite3.Connection, entry: Entry, embedded: Embedded | None, size: int) -> Written:
        old = connection.execute(self._sql["size_of"], (entry.key,)).fetchone()
        reply = entry.reply
        (entry_id,) = connection.execute(
            self._sql["put"],
            {
                "key": entry.key,
                "tenant": entry.tenant,
                "model": entry.model,
                "route": entry.route,
                "created": entry.created,
                "keep_until": entry.keep_until,
                "size": size,
                "status": reply.status,
                "prompt_tokens": reply.prompt_tokens,
                "completion_tokens": reply.completion_tokens,
                "checksum": _checksum(entry),
                "data": reply.data,
            },
        ).fetchone()
        if old is not None:
            connection.execute(self._sql["clear_tags"], (entry_id,))
            connection.execute(self._sql["clear_embedded"], (entry_id,))
        connection.executemany(self._sql["put_tag"], [(entry_id, tag) for tag in entry.tags])
        if embedded is not None:
            proof = _embedded_checksum(entry.key, embedded)
            connection.execute(
                self._sql["put_embedded"],
                (
                    entry_id,
                    embedded.namespace,
                    embedded.partition,
                    embedded.code,
                    embedded.vector,
                    embedded.text,
                    proof,
                ),
            )
        self._known.add(entry.key[:_PREFIX])  # once more: a delete that waited before it has taken it out
        self._entries += old is None
        self._bytes += size - (old[0] if old else 0)
        return Written(entry_id, self._make_room(connection) if self._bytes > self._max_bytes else Removed())

    def _make_room(self, connection: sqlite3.Connection) -> Removed:
        gone = [self._remove(connection, "delete_ended", (self._clock(),))]
        while gone[-1].ids:
            gone.append(self._remove(connection, "delete_ended", (self._clock(),)))
        while self._bytes > self._max_bytes and self._entries:
            gone.append(self._remove(connection, "delete_least_used", {"excess": self._bytes - self._max_bytes}))
        return Removed(tuple(_flat(each.ids for each in gone)), tuple(_flat(each.keys for each in gone)))

    def _remove(self, connection: sqlite3.Connection, name: str, parameters: Any) -> Removed:
        rows = connection.execute(self._sql[name], parameters).fetchall()
        self._entries -= len(rows)
        self._bytes -= sum(row[2] for row in rows)
        self._known.difference_update(row[1][:_PREFIX] for row in rows)
        return Removed(tuple(row[0] for row in rows), tuple(row[1] for row in rows))

    def _count(self, connection: sqlite3.Connection) -> None:
        self._entries, self._bytes = connection.execute(self._sql["totals"]).fetchone()
        keys = connection.execute(self._sql["keys"])
        self._known = {key[:_PREFIX] for (key,) in keys if isinstance(key, bytes)}  # a damaged file may hold anything

    def _read(self, ask: Callable[[sqlite3.Connection], T]) -> T:
        try:
            return ask(self._reader())
        except sqlite3.Error as error:
            raise translate(error, self.path) from error

    def _reader(self) -> sqlite3.Connection:
        reader: sqlite3.Connection | None = getattr(self._local, "reader", None)
        if reader is None:
            reader = open_reader(self.path)
            self._local.reader = reader
            with self._lock:
                self._readers.append(reader)
        return reader

    def _entry(self, key: bytes, row: Sequence[Any]) -> Entry:
        tenant, model, route, created, keep_until, used, status, prompt, completion, checksum, data = row
        entry = Entry(
            key, tenant, model, route, created, keep_until, Reply(data, status, prompt, completion), used=used
        )
        if not _adds_up(checksum, _checksum, entry):
            raise CacheCorruptError(f"{self.path}: record {key.hex()[:16]} does not add up", path=str(self.path))
        return entry


def _adds_up(checksum: bytes, compute: Callable[..., bytes], *parts: Any) -> bool:
    try:
        return checksum == compute(*parts)
    except (TypeError, AttributeError, struct.error):  # not even the types are those that were written
        return False


def _checksum(entry: Entry) -> bytes:
    reply = entry.reply
    hasher = blake3(entry.key)
    for text in (entry.tenant, entry.model, entry.route):
        hasher.update(text.encode("utf-8", "surrogatepass") + b"\0")
    hasher.update(
        struct.pack(
            "<ddqqqq",
            entry.created,
            entry.keep_until,
            reply.status,
            reply.prompt_tokens,
            reply.completion_tokens,
            len(reply.data),
        )
    )
    hasher.update(reply.data)
    return hasher.digest(16)


def _embedded_checksum(key: bytes, embedded: Embedded) -> bytes:
    parts = (key, embedded.namespace, embedded.partition, embedded.code, embedded.vector)
    return blake3(b"".join(parts) + embedded.text.encode("utf-8", "surrogatepass")).digest(16)


def _size(entry: Entry, embedded: Embedded | None) -> int:
    more = 0 if embedded is None else len(embedded.vector) + 2 * len(embedded.code) + 4 * len(embedded.text)
    return len(entry.reply.data) + _OVERHEAD + more


def _filters(which: Filter) -> dict[str, str | None]:
    return {"tenant": which.tenant, "model": which.model, "route": which.route, "tag": which.tag}


def _flat(parts: Iterable[tuple[T, ...]]) -> Iterator[T]:
    return (item for part in parts for item in part)


def _drop(_: object) -> None:
    return None
