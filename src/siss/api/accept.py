"""Connections shared fairly between processes that listen on one socket.

uvloop takes every connection that waits as soon as it wakes up, so of several processes the first one awake has most
of the work for as long as clients keep their connections. Here a process takes one at a time, and leaves it to the
others for a moment where one of them has fewer. One that stands still keeps nobody from taking it after that moment.
"""

import asyncio
import contextlib
import errno
import socket
from collections.abc import Callable
from types import FrameType
from typing import Final

import uvicorn

from siss.api.protocol import Protocol
from siss.api.shared_socket import LEAVE_SECONDS, ConnectionCounts
from siss.logs import get_logger

_OUT_OF_MEANS: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
_BREATHER: Final = 0.5
"""Seconds without accepting when the process has no file descriptor left."""

_DEFERENCE: Final = 0.002
"""Seconds that a connection waits for a process that has fewer: it takes an idle one a tenth of that."""

_UNUSED_SECONDS: Final = 5.0
"""How long a connection without any request is waited for then; used ones end after as long without another."""

_OVER_SECONDS: Final = 1.0
"""How long the next request of a connection may take when the service ends: that of a client that is just sending."""

_CLOSE: Final = (b"connection", b"close")

_log = get_logger(__name__)


class TurnTakingServer(uvicorn.Server):
    """uvicorn's server on a listening socket that other processes have too."""

    def __init__(
        self,
        config: uvicorn.Config,
        listening: socket.socket,
        counts: ConnectionCounts,
        on_shutdown: Callable[[], None] = lambda: None,
        is_over: Callable[[], bool] = lambda: False,
    ) -> None:
        """``is_over``: whether the other processes end, too, so that nobody will take connections any more."""
        super().__init__(config)
        self._on_shutdown = on_shutdown
        self._is_over = is_over
        self._listening = listening
        self._counts = counts
        self._arriving: set[asyncio.Task[object]] = set()
        self._ended = False
        self._leaving = False

    def leave(self) -> None:
        """End in favour of a successor on the same socket: nothing that a client began is cut off."""
        self._leaving = True
        self.should_exit = True

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End soon."""
        self._leaving = False
        super().handle_exit(sig, frame)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to take connections."""
        await super().startup(sockets=sockets or [])
        self._listening.setblocking(False)
        self._counts.note(0)
        self._listen()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take no more, and finish what is being answered."""
        self._ended = True
        self._on_shutdown()
        asyncio.get_running_loop().remove_reader(self._listening)
        if is_over := not self._leaving and self._is_over():
            self._take_the_last()
        self._counts.note(ConnectionCounts.AWAY)
        self._listening.close()
        await asyncio.gather(*self._arriving, return_exceptions=True)
        if self._leaving or is_over:
            await self._wait_for_clients(_OVER_SECONDS if is_over else LEAVE_SECONDS)
        await super().shutdown(sockets=sockets)

    def _take_the_last(self) -> None:
        """Take all connections that wait, and have the next refused: they would wait until the service ends."""
        while self._accept():
            pass
        with contextlib.suppress(OSError):  # another process was first
            self._listening.shutdown(socket.SHUT_RDWR)

    async def _wait_for_clients(self, seconds: float) -> None:
        """Answer what still comes over open connections, and tell clients to open others, until none is left.

        A connection is not closed under a client that may just be sending: it is told with its next answer, or the
        keep-alive time ends it like any other.
        """
        state, leaving = self.server_state, self._leaving
        state.default_headers = [*state.default_headers, _CLOSE]
        for cycle in [connection.cycle for connection in state.connections if isinstance(connection, Protocol)]:
            if cycle is not None and not cycle.response_started:
                cycle.keep_alive = False  # which its answer will say
        loop = asyncio.get_running_loop()
        unused_until = loop.time() + _UNUSED_SECONDS
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while state.connections and self._leaving is leaving:
                    await asyncio.sleep(0.05)
                    if loop.time() > unused_until:
                        for connection in list(state.connections):
                            if isinstance(connection, Protocol) and connection.cycle is None:
                                connection.transport.close()

    def _listen(self) -> None:
        if not self._ended:
            asyncio.get_running_loop().add_reader(self._listening, self._look)

    def _look(self) -> None:
        """A connection waits."""
        self._counts.note(len(self.server_state.connections) + len(self._arriving))
        if self._counts.is_lowest:
            self._accept()
        else:
            loop = asyncio.get_running_loop()
            loop.remove_reader(self._listening)
            loop.call_later(_DEFERENCE, self._accept_what_is_left)

    def _accept_what_is_left(self) -> None:
        if not self._ended:
            self._listen()
            self._accept()

    def _accept(self) -> bool:
        """Take a connection; whether one was there."""
        loop = asyncio.get_running_loop()
        try:
            connection, _ = self._listening.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return False  # another process was first, or the client has gone
        except OSError as error:
            if error.errno == errno.EINVAL:  # another process took the last one, and there are no more
                loop.remove_reader(self._listening)
                return False
            if error.errno not in _OUT_OF_MEANS:
                raise
            _log.warning("a connection waits", error=error.strerror)
            loop.remove_reader(self._listening)
            loop.call_later(_BREATHER, self._listen)
            return False
        connection.setblocking(False)
        arriving = loop.create_task(self._welcome(connection))
        self._arriving.add(arriving)
        arriving.add_done_callback(self._arriving.discard)
        return True

    async def _welcome(self, connection: socket.socket) -> None:
        try:
            await asyncio.get_running_loop().connect_accepted_socket(self._protocol, connection)
        except OSError:
            connection.close()  # the client has gone already

    def _protocol(self) -> asyncio.Protocol:
        made: asyncio.Protocol = self.config.http_protocol_class(  # type: ignore[call-arg]  # as uvicorn makes it
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
        return made
