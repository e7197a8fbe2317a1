"""A limit to the address space (``ulimit -v``): what libraries, the engine and the database map counts, used or not.

What runs into it dies in many ways, in C most often; so it is told beforehand, and recognised afterwards.
"""

import errno
import sys
from typing import Final

LEAST: Final = 3 << 29
"""Bytes with which an empty folder is indexed and served; with 1.2 GB the engine's threads could not be started."""

ADVICE: Final = "raise it (ulimit -v unlimited); what bounds memory itself is a control group (systemd's MemoryMax)"

_SIGNS: Final = ("failed to map segment", "annot allocate memory", "can't start new thread")


def address_space() -> int | None:
    """The limit in bytes; None where there is none."""
    if sys.platform == "win32":
        return None
    import resource

    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    return None if limit == resource.RLIM_INFINITY else limit


def describe_limit(limit: int) -> str:
    """The limit, as its own command counts it."""
    return f"the address space is limited to {limit >> 20:,} MiB (ulimit -v {limit >> 10})"


def runs_short(error: BaseException) -> bool:
    """Whether an error tells that no more memory could be mapped."""
    if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM):
        return True
    return isinstance(error, ImportError | OSError | RuntimeError) and any(sign in str(error) for sign in _SIGNS)
