"""People at work: each searches, opens what was found, now and then uploads a file, and thinks in between.

The mix is drawn by seed; what is read is what that person's last search found. Every request is kept with its status.
"""

import asyncio
import itertools
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final, Literal

import orjson

from bench.load import Connection

Sort = Literal["search", "read", "upload"]

MIX: Final[dict[Sort, int]] = {"search": 70, "read": 20, "upload": 10}
"""Percent of what people do."""
READS: Final = ("", "/chunks?size=10", "/content?length=65536")
"""What is read of a file: what is known of it, its parts, its text."""
FINE: Final = {200, 201}
_BOUNDARY: Final = "5d1f0a7d3c115d1f0a7d3c11"


@dataclass(frozen=True, slots=True)
class Deed:
    """One request. ``at``: seconds from the beginning; ``status`` 0: no answer; ``what``: was wrong."""

    sort: Sort
    at: float
    ms: float
    status: int
    what: str = ""

    @property
    def fine(self) -> bool:
        """Whether it was answered as it should be."""
        return self.status in FINE


@dataclass(slots=True)
class _Person:
    connection: Connection
    rng: Random
    found: list[tuple[str, bool]] = field(default_factory=list)
    """Ids of the files of the last search, and whether they have text."""

    def choose(self) -> Sort:
        sort = self.rng.choices(list(MIX), list(MIX.values()))[0]
        return "search" if sort == "read" and not self.found else sort

    async def search(self, path: str) -> tuple[int, bytes]:
        status, body = await self.connection.request(path)
        if status == 200:
            self.found = [(item["id"], item["chunk_match"] is not None) for item in orjson.loads(body)["items"]]
        return status, body

    async def read(self) -> tuple[int, bytes]:
        ident, has_text = self.rng.choice(self.found)
        return await self.connection.request(
            f"/api/v1/files/{ident}{self.rng.choice(READS if has_text else READS[:2])}"
        )

    async def upload(self, name: str, data: bytes) -> tuple[int, bytes]:
        head = f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
        body = head.encode() + data + f"\r\n--{_BOUNDARY}--\r\n".encode()
        kind = f"multipart/form-data; boundary={_BOUNDARY}"
        return await self.connection.request("/api/v1/files", "POST", body, kind)


async def work(
    address: tuple[str, int],
    questions: Sequence[str],
    uploads: Iterator[tuple[str, bytes]],
    *,
    people: int,
    seconds: float,
    requests: int | None = None,
    think: float = 1.0,
    seed: int = 0,
) -> list[Deed]:
    """What ``people`` do for so long, each thinking for ``think`` seconds after each answer; in the order of its end.

    ``requests``: or until there were so many.
    ``questions``: paths of searches, asked in turn; ``uploads``: names and bytes of files, each sent once.
    """
    deeds: list[Deed] = []
    asked = itertools.cycle(questions)
    begun = time.perf_counter()

    async def live(number: int) -> None:
        person = _Person(Connection(*address), Random(f"person:{seed}:{number}"))
        await asyncio.sleep(think * number / people)  # they do not all come in the same moment
        while time.perf_counter() - begun < seconds and (requests is None or len(deeds) < requests):
            deeds.append(await _do(person, person.choose(), asked, uploads, begun))
            await asyncio.sleep(think)
        await person.connection.close()

    async with asyncio.TaskGroup() as group:
        for number in range(people):
            group.create_task(live(number))
    return deeds


async def _do(
    person: _Person, sort: Sort, asked: Iterator[str], uploads: Iterator[tuple[str, bytes]], begun: float
) -> Deed:
    given: tuple[Any, ...] = {"search": lambda: (next(asked),), "read": tuple, "upload": lambda: next(uploads)}[
        sort
    ]()
    came = time.perf_counter()
    try:
        status, body = await getattr(person, sort)(*given)
    except (OSError, asyncio.IncompleteReadError) as error:
        status, body = 0, repr(error).encode()
    ended = time.perf_counter()
    what = "" if status in FINE else f"{given[0] if given else ''} {body[:300].decode('utf-8', 'replace')}"
    return Deed(sort, round(came - begun, 3), round((ended - came) * 1000, 3), status, what)
