"""Connections: requests that are no HTTP, or whose head is too long or too slow, are refused and hung up on.

uvicorn bounds neither a head's length nor how long it takes: whoever sends a byte now and then would keep a
connection for ever, and whoever never ends a line would have it all kept. Nor does it give up on who asks and does
not read: an open file and what was read of it would stay as long as they like.
"""

import asyncio
from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from siss.api.errors import error_response
from siss.errors import InvalidRequestError, SissError, SlowRequestError

MOST_HEAD: Final = 1 << 16
"""Bytes of a request's line and headers together."""
HEAD_SECONDS = 30.0
"""How long they may take, from the connection or from their first byte on."""
READ_SECONDS = 120.0
"""How long a client may take to read what was written to it: 48 KiB and what lies in the system's buffers."""
_MESSAGE: Final = "This is no HTTP request, or its target or its headers are longer than 64 KiB."


class Protocol(HttpToolsProtocol):
    """uvicorn's, whose own answer to such a request is a line of text."""

    _head: int | None = 0
    """Bytes of the head that is being received; None where none is."""
    _deadline: asyncio.TimerHandle | None = None
    _unread: asyncio.TimerHandle | None = None
    """Runs while the client is to read before more is written."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Somebody is there, and has so long to say what they want."""
        super().connection_made(transport)
        self._begin_deadline()

    def connection_lost(self, exc: Exception | None) -> None:
        """They are gone."""
        self._end_deadline()
        self._end_unread()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Some more of a request. A head that is not at its end afterwards has a deadline from now on."""
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._head is not None:
            self._head += len(data)
            if self._head > MOST_HEAD:
                self.send_400_response("")
                return
        if self._deadline is None and (self._head is not None or self.cycle is None or self.cycle.response_complete):
            self._begin_deadline()

    def pause_writing(self) -> None:
        """As much is written as can wait to be read."""
        super().pause_writing()
        self._end_unread()
        # A file goes on where it broke off (``Range``), events after the last that was read (``Last-Event-ID``).
        self._unread = self.loop.call_later(READ_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """Most of it was read."""
        self._end_unread()
        super().resume_writing()

    def on_message_begin(self) -> None:
        """A head begins."""
        self._head = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The head is whole. What is raised here makes the request none."""
        if sum(len(name) + len(value) for name, value in self.headers) > MOST_HEAD:
            raise InvalidRequestError(_MESSAGE)
        self._head = None
        self._end_deadline()
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - always the same
        """Refuse, and hang up."""
        self._refuse(b"400 Bad Request", InvalidRequestError(_MESSAGE))

    def _begin_deadline(self) -> None:
        self._deadline = self.loop.call_later(HEAD_SECONDS, self._give_up)

    def _end_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _end_unread(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def _give_up(self) -> None:
        if self.cycle is not None and not self.cycle.response_complete:
            self._begin_deadline()  # it is answered still: what follows can wait
        elif self._head:
            self._refuse(b"408 Request Timeout", SlowRequestError("The request did not come to its end in time."))
        else:
            self.transport.close()

    def _refuse(self, status: bytes, error: SissError) -> None:
        response = error_response(error)
        head = b"".join(b"%b: %b\r\n" % header for header in response.raw_headers)
        self.transport.write(
            b"HTTP/1.1 " + status + b"\r\nconnection: close\r\n" + head + b"\r\n" + bytes(response.body)
        )
        self.transport.close()
