"""Memory that is free inside this process, given back to the system."""

import ctypes
import sys
import time
from functools import cache
from typing import Any, Final

PAUSE_SECONDS: Final = 10.0
"""How often it is given back. It takes ten to fifty milliseconds, in which others wait for memory now and then."""


class GiveBack:
    """Called where much has just been let go of; does something every ``PAUSE_SECONDS`` at most.

    glibc keeps what the engine's threads freed in heaps of their own (``malloc_trim(3)``): of 250 to 330 MB that the
    indexing process held while files kept coming, 100 to 150 were free.
    """

    def __init__(self) -> None:
        self._next = time.monotonic() + PAUSE_SECONDS

    def __call__(self) -> bool:
        """Returns whether anything was tried. Other threads of Python go on meanwhile."""
        now = time.monotonic()
        if now < self._next:
            return False
        self._next = now + PAUSE_SECONDS
        if (library := _glibc()) is not None:
            library.malloc_trim(0)
        return True


@cache
def _glibc() -> Any:
    """The C library, where it is one that can."""
    if sys.platform != "linux":
        return None
    library = ctypes.CDLL(None)
    return library if hasattr(library, "malloc_trim") else None
