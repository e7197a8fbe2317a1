"""Forms with files (RFC 7578), read as they come: a file goes from the socket to the disk, never through memory.

Everything that a sender can make large has a limit, and a sender that is slow is given up: see ``Limits``.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass, field
from typing import Final

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect, Request

from siss.errors import InvalidRequestError, MediaTypeError, SlowRequestError, TooLargeError

LEAST_RATE: Final = 1024
"""Bytes a second that a body must bring on average, after the first ``Limits.seconds``."""
MOST_FIELD: Final = 16 << 10
"""Bytes of a field that is no file."""


@dataclass(frozen=True, slots=True)
class Limits:
    """``file``, ``whole``: bytes of one file, and of the body; ``parts``: how many; ``seconds``: without progress."""

    file: int
    whole: int
    parts: int
    seconds: float


@dataclass(slots=True)
class Part:
    """One part of a form. ``filename``: None for a field. Its data is there until the next part is asked for."""

    name: str
    filename: str | None
    data: AsyncIterator[bytes]

    async def text(self) -> str:
        """The value of a field. Raises ``InvalidRequestError``, ``TooLargeError``."""
        found = bytearray()
        async for piece in self.data:
            found += piece
            if len(found) > MOST_FIELD:
                raise TooLargeError(f"The field {self.name[:50]} is over {MOST_FIELD:,} bytes.", limit=MOST_FIELD)
        try:
            return found.decode("utf-8")
        except UnicodeDecodeError as error:
            raise InvalidRequestError(f"The field {self.name[:50]} is not UTF-8.", field=self.name[:50]) from error


_HEADERS, _DATA, _END, _FINISHED = range(4)


@dataclass(slots=True)
class _Events:
    """What the parser says, in order: headers of a part, its data, its end, the end of the form."""

    queue: deque[tuple[int, bytes | dict[bytes, bytes]]] = field(default_factory=deque)
    headers: dict[bytes, bytes] = field(default_factory=dict)
    name: bytearray = field(default_factory=bytearray)
    value: bytearray = field(default_factory=bytearray)

    def begin(self) -> None:
        self.headers = {}

    def add_name(self, data: bytes, start: int, end: int) -> None:
        self.name += data[start:end]

    def add_value(self, data: bytes, start: int, end: int) -> None:
        self.value += data[start:end]

    def end_header(self) -> None:
        name = bytes(self.name).lower()
        if name in self.headers:
            raise FormParserError("a part has a header twice")
        self.headers[name] = bytes(self.value)
        self.name.clear()
        self.value.clear()

    def end_headers(self) -> None:
        self.queue.append((_HEADERS, self.headers))

    def add_data(self, data: bytes, start: int, end: int) -> None:
        self.queue.append((_DATA, data[start:end]))

    def end_part(self) -> None:
        self.queue.append((_END, b""))

    def finish(self) -> None:
        self.queue.append((_FINISHED, b""))


async def read_form(request: Request, limits: Limits) -> AsyncGenerator[Part, None]:
    """The parts of a request's form.

    Raises ``MediaTypeError`` for another kind of body, ``InvalidRequestError`` for one that is broken or ends early,
    ``TooLargeError``, ``SlowRequestError``.
    """
    form = _Form(request, limits)
    count = 0
    while (headers := await form.next_headers()) is not None:
        count += 1
        if count > limits.parts:
            raise InvalidRequestError(f"The form has more than {limits.parts:,} parts.", field="body")
        name, filename = _disposition(headers)
        data = form.data()
        yield Part(name, filename, data)
        async for _ in data:
            pass  # what nobody took


class _Form:
    """A form as it comes: the headers of a part, then its data, then those of the next."""

    def __init__(self, request: Request, limits: Limits) -> None:
        self._limits = limits
        self._events = events = _Events()
        parser = MultipartParser(
            _boundary(request),
            {
                "on_part_begin": events.begin,
                "on_header_field": events.add_name,
                "on_header_value": events.add_value,
                "on_header_end": events.end_header,
                "on_headers_finished": events.end_headers,
                "on_part_data": events.add_data,
                "on_part_end": events.end_part,
                "on_end": events.finish,
            },
        )
        self._feed = _feed(request, limits, parser)

    async def next_headers(self) -> dict[bytes, bytes] | None:
        """The headers of the next part; None after the last. The data of the one before must have been read."""
        kind, headers = await self._next()
        if kind == _FINISHED:
            return None
        assert isinstance(headers, dict)
        return headers

    async def data(self) -> AsyncIterator[bytes]:
        """The data of the part whose headers came last. Raises ``TooLargeError``."""
        most, size = self._limits.file, 0
        while True:
            kind, data = await self._next()
            if kind == _END:
                return
            assert isinstance(data, bytes)
            size += len(data)
            if size > most:
                raise TooLargeError(f"A file is over {most:,} bytes (SISS_UPLOAD_SIZE).", limit=most)
            yield data

    async def _next(self) -> tuple[int, bytes | dict[bytes, bytes]]:
        while not self._events.queue:
            if not await anext(self._feed, None):
                raise InvalidRequestError("The form ends in the middle.", field="body")
        return self._events.queue.popleft()


async def _feed(request: Request, limits: Limits, parser: MultipartParser) -> AsyncGenerator[bool, None]:
    began, size = time.monotonic(), 0
    stream = request.stream()
    while True:
        try:
            async with asyncio.timeout(limits.seconds):
                piece = await anext(stream, None)
        except TimeoutError as error:
            raise SlowRequestError(f"Nothing came for {limits.seconds:g} s.") from error
        except ClientDisconnect as error:
            raise InvalidRequestError("The client went away in the middle.", field="body") from error
        if piece is None:
            return
        size += len(piece)
        if size > limits.whole:
            raise TooLargeError(f"The request's body is over {limits.whole:,} bytes.", limit=limits.whole)
        late = time.monotonic() - began - limits.seconds
        if late > 0 and size < late * LEAST_RATE:
            raise SlowRequestError(f"The body comes with less than {LEAST_RATE:,} bytes a second.")
        if piece:
            try:
                parser.write(piece)
            except FormParserError as error:
                raise InvalidRequestError(f"The form cannot be read: {error}.", field="body") from error
        yield True


def _boundary(request: Request) -> bytes:
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    boundary = options.get(b"boundary", b"")
    if kind != b"multipart/form-data":
        raise MediaTypeError("Files are sent as multipart/form-data.")
    if not 0 < len(boundary) <= 70:
        raise InvalidRequestError("The Content-Type names no boundary, or one over 70 characters.", field="body")
    return boundary


def _disposition(headers: dict[bytes, bytes]) -> tuple[str, str | None]:
    """Name and file name of a part, as browsers write them (UTF-8, as they are)."""
    kind, options = parse_options_header(headers.get(b"content-disposition", b""))
    name = options.get(b"name")
    if kind != b"form-data" or name is None:
        raise InvalidRequestError("A part of the form has no name.", field="body")
    if headers.get(b"content-transfer-encoding", b"binary").lower() not in {b"binary", b"8bit", b"7bit"}:
        raise MediaTypeError("A part has a Content-Transfer-Encoding that is not taken.")
    filename = options.get(b"filename")
    try:
        return name.decode("utf-8"), None if filename is None else filename.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidRequestError("The name of a part is not UTF-8.", field="file") from error
