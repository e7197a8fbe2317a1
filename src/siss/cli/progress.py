"""What indexing does, shown while it does it: a live display on a terminal, a line now and then elsewhere."""

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from siss.cli.screen import count, duration, err, safe, size
from siss.model.stats import IngestStatus

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.live import Live

LINE_SECONDS: Final = 10.0
_BAR: Final = 30


class IngestProgress:
    """Told each ``IngestStatus`` (``on_status``), says how far it is.

    ``title`` stands above (the URL of a service). With ``until_idle`` the display ends, with one last line, when
    everything that was found is read; lines then come only when work comes again.
    """

    def __init__(self, *, quiet: bool = False, until_idle: bool = True) -> None:
        self.title = ""
        self._waits_for = ""
        self._quiet = quiet
        self._until_idle = until_idle
        self._live: Live | None = None
        self._on_terminal = not quiet and sys.stderr.isatty()
        self._began = time.monotonic()
        self._last_line = time.monotonic()
        self._status: IngestStatus | None = None
        self._most_waited = 0
        """Documents that waited for the full-text index, at most, since none did."""
        self._told = self._told_wait = False

    def __enter__(self) -> Self:
        self._began = time.monotonic()
        if self._on_terminal:
            from rich.live import Live

            self._live = Live(console=err(), refresh_per_second=4, transient=True, get_renderable=self._render)
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def report(self, text: str) -> None:
        """Say what the start waits for."""
        if self._quiet:
            return
        if self._live is not None:
            self._waits_for = text
        else:
            err().print(text, style="dim")

    def ready(self, url: str) -> None:
        """The service answers at an URL."""
        self.title = f"Serving {url}"
        if not self._on_terminal and not self._quiet:
            err().print(self.title)

    def first_key(self, text: str, link: str) -> None:
        """A key was made, because requests need one and there was none; ``link``: signs a browser in."""
        err().print("Requests need an API key. This one, an admin's, was made for you and is shown this once:")
        err().print(text, style="bold", markup=False, highlight=False, soft_wrap=True)
        err().print("This link signs a browser in with it, once, in the next 15 minutes:")
        err().print(link, style="bold", markup=False, highlight=False, soft_wrap=True)
        err().print("Make others with: siss keys create NAME", style="dim")

    def on_status(self, status: IngestStatus) -> None:
        """Show a status."""
        self._status = status
        self._most_waited = max(self._most_waited, status.outbox) if status.outbox else 0
        if self._quiet:
            return
        if bool(status.waits_for) is not self._told_wait:
            self._told_wait = bool(status.waits_for)
            err().print(
                f"Indexing waits: {status.waits_for}" if status.waits_for else "Indexing goes on.", markup=False
            )
        idle = status.phase in {"idle", "paused"} and not (status.pending or status.in_flight)
        if not idle:
            self._told = False
        if idle and not self._told and status.last_scan_at is not None and self._until_idle:
            self._told = True
            self._stop()
            err().print(f"{self._summary(status)}{f'  {self.title}' if self.title else ''}")
        elif self._live is None and not idle and time.monotonic() - self._last_line >= LINE_SECONDS:
            self._last_line = time.monotonic()
            err().print(describe(status))

    def _stop(self) -> None:
        if self._live is not None:
            live, self._live = self._live, None
            live.stop()

    def _summary(self, status: IngestStatus) -> str:
        failed = f", {count(status.failed)} failed" if status.failed else ""
        state = "Paused." if status.phase == "paused" else "Up to date."
        return f"{state} {count(_read(status))} files read{failed}, {size(status.bytes_read)}."

    def _render(self) -> "RenderableType":
        from rich.text import Text

        status = self._status
        lines = [self.title] if self.title else []
        if status is None:
            lines.append(f"{self._waits_for or 'opening'}, {duration(time.monotonic() - self._began)}")
        else:
            lines.append(describe(status))
            lines.append(bar(status, self._most_waited))
            lines.extend(f"  {safe(path)}" for path in status.current[:3])
        return Text("\n".join(lines), overflow="ellipsis", no_wrap=True)


def _read(status: IngestStatus) -> int:
    return status.indexed + status.unchanged


def _only_fills(status: IngestStatus) -> bool:
    """Whether all is read, and the full-text index is filled from what is stored."""
    return bool(status.outbox) and not (status.pending or status.in_flight)


def bar(status: IngestStatus, most_waited: int = 0) -> str:
    """A bar of what is done of what was found so far.

    ``most_waited``: for the full-text index, at most; its part of that is shown where nothing is left to be read.
    """
    if _only_fills(status):
        done, whole = most_waited - status.outbox, most_waited
    else:
        done = _read(status) + status.failed
        whole = done + max(status.pending, status.in_flight)  # what is in flight is still pending in the catalog
    share = done / whole if whole else 0.0
    filled = round(share * _BAR)
    return f"[{'=' * filled}{' ' * (_BAR - filled)}] {share:4.0%}"


def describe(status: IngestStatus) -> str:
    """One line: phase, files, rates, failures."""
    if _only_fills(status):
        return f"{status.phase}: {count(status.outbox)} documents waiting for the full-text index"
    parts: list[Any] = [
        f"{status.phase}: {count(status.seen)} found",
        f"{count(_read(status))} read",
        f"{count(status.pending)} waiting",
        f"{count(status.files_per_second)} files/s",
        f"{size(status.bytes_per_second)}/s",
    ]
    if status.failed:
        parts.append(f"{count(status.failed)} failed")
    return ", ".join(parts)


@contextlib.contextmanager
def waiting(text: str, *, quiet: bool = False) -> Iterator[Callable[[str], None]]:
    """A sign of life while something takes its time; what is given is told what it does now."""
    if quiet or not sys.stderr.isatty():
        yield lambda _: None
        return
    began = time.monotonic()
    with err().status(text) as status:
        yield lambda now: status.update(f"{now} (after {duration(time.monotonic() - began)})")
