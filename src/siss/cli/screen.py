"""The terminal: two consoles, safe text, units that people read."""

import json
import os
import re
import sys
from collections.abc import Mapping
from functools import cache
from html import unescape
from threading import Event
from typing import TYPE_CHECKING, Any, Final, TextIO

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_MARK: Final = re.compile(r"</?em>")
_reader_left: Final = Event()


@cache
def out() -> "Console":
    """Standard output: answers. A reader that left (``| head``) ends nothing but the output."""
    from rich.console import Console

    class Answers(Console):
        """Rich would end the program with 1, which is a search's "nothing found"."""

        def on_broken_pipe(self) -> None:
            hush_stdout()

    return Answers(highlight=False, soft_wrap=True)


@cache
def err() -> "Console":
    """Standard error: errors and remarks."""
    from rich.console import Console

    return Console(file=_Remarks(), highlight=False, soft_wrap=True)  # type: ignore[arg-type]


class _Remarks:
    """Standard error as a file. That it cannot be written (a full disk) costs neither an answer nor its exit code."""

    def write(self, text: str) -> int:
        """Write, or lose it."""
        try:
            return sys.stderr.write(text)
        except OSError:
            _hush(sys.stderr)
            return len(text)

    def flush(self) -> None:
        """Flush, or lose it."""
        try:
            sys.stderr.flush()
        except OSError:
            _hush(sys.stderr)

    def __getattr__(self, name: str) -> Any:
        return getattr(sys.stderr, name)


def print_json(value: Any) -> None:
    """An answer for programs: indented for people, one line for pipes."""
    try:
        ascii_only = sys.stdout.encoding.lower() != "utf-8"
        sys.stdout.write(json.dumps(value, ensure_ascii=ascii_only, indent=2 if sys.stdout.isatty() else None) + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        hush_stdout()


def hush_stdout() -> None:
    """Nobody reads any more (``| head``): let what is left go nowhere, and the command end as it would have."""
    _hush(sys.stdout)
    _reader_left.set()


def _hush(stream: TextIO) -> None:
    devnull = os.open(os.devnull, os.O_WRONLY)
    os.dup2(devnull, stream.fileno())
    os.close(devnull)


def is_read() -> bool:
    """Whether anybody still reads standard output: what has no end of its own (``siss events``) ends without."""
    return not _reader_left.is_set()


def safe(text: str) -> str:
    """Text of files that cannot steer a terminal: control characters become visible escapes."""
    return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


def highlighted(html: str, style: str = "bold red") -> "Text":
    """A snippet with its matches in a colour."""
    from rich.text import Text

    text = Text()
    inside = False
    parts = _MARK.split(html)
    for part in parts:
        text.append(safe(unescape(part)), style if inside else "")
        inside = not inside
    return text


def count(number: float) -> str:
    """``12,345``."""
    return f"{number:,.0f}"


def size(number: float) -> str:
    """``1.2 MiB``."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if abs(number) < 1024:
            return f"{number:.0f} {unit}" if unit == "B" else f"{number:.1f} {unit}"
        number /= 1024
    return f"{number:.1f} TiB"


def tally(values: Mapping[str, int], most: int = 12) -> str:
    """Counts by name, the largest first: ``text 12, json 3, and 2 more``. ``most``: how many are named."""
    ordered = sorted(values.items(), key=lambda pair: (-pair[1], pair[0]))
    shown = ", ".join(f"{name} {count(number)}" for name, number in ordered[:most])
    return f"{shown}, and {len(ordered) - most} more" if len(ordered) > most else shown


def duration(seconds: float) -> str:
    """``3.2 s``, ``4 min 10 s``, ``2 h 5 min``."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    if seconds < 3600:
        return f"{int(seconds // 60)} min {int(seconds % 60)} s"
    return f"{int(seconds // 3600)} h {int(seconds % 3600 // 60)} min"


def moment(text: str | None) -> str:
    """A time of an answer in the local time zone; a dash for none."""
    from datetime import datetime

    if not text:
        return "-"
    return datetime.fromisoformat(text).astimezone().strftime("%Y-%m-%d %H:%M:%S")
