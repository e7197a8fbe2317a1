"""What processes are called in ``ps`` and ``top``: forked from one, they have the same command line."""

import contextlib
from pathlib import Path

_COMMAND_NAME = Path("/proc/self/comm")


def name_process(name: str) -> None:
    """Call this process ``name``, of 15 characters at most, where the system can (Linux)."""
    with contextlib.suppress(OSError):
        _COMMAND_NAME.write_text(name, "ascii")
