"""What must not be lost while database or engine are away: it is done again until they answer."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from siss.errors import UnavailableError
from siss.logs import get_logger

RETRY_SECONDS = 5.0
"""How long to wait before whatever did not answer is asked again."""

T = TypeVar("T")

_log = get_logger(__name__)


async def until_available(act: Callable[[], Awaitable[T]]) -> T:
    """Do it again until database and engine answer and have room: whoever waits sees in the log for what."""
    while True:
        try:
            return await act()
        except UnavailableError as error:
            _log.warning("indexing waits", error=str(error))
            await wait_to_retry()


async def wait_to_retry() -> None:
    """Wait for as long as something that did not answer is left alone."""
    await asyncio.sleep(RETRY_SECONDS)
