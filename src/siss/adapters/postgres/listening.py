"""Hearing what other sessions ring, on a connection of its own that is made again when it breaks."""

from asyncio import sleep
from collections.abc import AsyncGenerator, Sequence
from typing import Final

import psycopg

from siss.logs import get_logger

FIRST_WAIT: Final = 0.25
LONGEST_WAIT: Final = 2.0
"""Seconds before connecting again: a server that refuses at once is asked at this pace, and no quicker."""

_log = get_logger(__name__)


async def listen(dsn: str, channels: Sequence[str], silence: float) -> AsyncGenerator[str, None]:
    """Channels as they ring; empty after so many seconds of silence, for who would rather look once too often.

    Each rings whenever the connection was made: what rang before, or during an outage, was not heard.
    """
    wait = FIRST_WAIT
    while True:
        try:
            connecting = psycopg.AsyncConnection.connect(dsn, autocommit=True, connect_timeout=10)
            async with await connecting as connection:
                for channel in channels:
                    await connection.execute(f"LISTEN {channel}".encode())
                for channel in channels:
                    yield channel
                wait = FIRST_WAIT
                while True:
                    heard = False
                    async for notice in connection.notifies(timeout=silence, stop_after=1):
                        heard = True
                        yield notice.channel
                    if not heard:
                        yield ""
        except psycopg.Error as error:
            told = (str(error).strip().splitlines() or [type(error).__name__])[0]
            _log.warning("the connection that listens is lost, or refused; connecting again", error=told)
        await sleep(wait)
        wait = min(2 * wait, LONGEST_WAIT)
