"""Spans of what this process does, for a collector that somebody named; nothing at all where nobody did.

Code says ``with span("search.engine"):`` and no more. Without a tracer that is one comparison and one object that
all share, and no library is loaded. Which library it is stands in ``siss.traces.otlp``, and nowhere else.

What a span carries is seen by whoever runs the collector: numbers, names of routes and tasks, codes of errors. Never
a text that somebody typed or that a file holds, unless it is redacted; messages of errors may quote such, so their
codes stand for them.
"""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Final, Literal, Protocol, Self

Kind = Literal["internal", "server", "client"]
"""Within this process, a request that it answers, a request that it sends."""

Value = str | int | float | bool
"""What a span may carry."""

NOWHERE: Final = -1
"""The place of what stands in no other span."""

_NO_PARENT: Final[Mapping[str, str]] = {}


class Span(Protocol):
    """A stretch of work that has begun."""

    @property
    def trace_id(self) -> str | None:
        """32 hexadecimal digits; None where nothing is collected."""

    @property
    def context(self) -> Mapping[str, str]:
        """Headers of W3C Trace Context, for who goes on with it elsewhere; none where nothing is collected."""

    def set(self, name: str, value: Value) -> None:
        """Say more of it."""

    def rename(self, name: str) -> None:
        """What became of it says what it is."""

    def fail(self, code: str) -> None:
        """It went wrong; an exception that leaves the span says so by itself."""


@dataclass(frozen=True, slots=True)
class RemoteSpan:
    """A span of another process (``siss.traces.remote``) that has ended.

    ``began``, ``ended``: nanoseconds since the epoch; ``above``: the place in the list of the one that it stands in,
    -1 for none; ``failed``: a code, empty for none.
    """

    name: str
    began: int
    ended: int
    above: int = NOWHERE
    failed: str = ""
    attributes: dict[str, Value] = field(default_factory=dict)


class Tracer(Protocol):
    """Begins spans. The one that is open where it is called is the parent of the next."""

    def begin(self, name: str, kind: Kind, parent: Mapping[str, str]) -> AbstractContextManager[Span]:
        """``parent``: headers of W3C Trace Context that name a span of another process."""

    def record(self, spans: Sequence[RemoteSpan], parent: Mapping[str, str]) -> None:
        """Take spans of another process, below the one that ``parent`` names."""


class _Unseen:
    """The span that nobody collects, of everything."""

    __slots__ = ()
    trace_id = None
    context = _NO_PARENT

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        return None

    def set(self, name: str, value: Value) -> None:
        """Forget it."""

    def rename(self, name: str) -> None:
        """Forget it."""

    def fail(self, code: str) -> None:
        """Forget it."""


_UNSEEN: Final = _Unseen()
_tracer: Tracer | None = None


def is_traced() -> bool:
    """Whether somebody collects: for what would cost something to say."""
    return _tracer is not None


def span(name: str, kind: Kind = "internal", parent: Mapping[str, str] = _NO_PARENT) -> AbstractContextManager[Span]:
    """A span around what is inside; its name is one of few."""
    return _UNSEEN if _tracer is None else _tracer.begin(name, kind, parent)


def record(spans: Sequence[RemoteSpan], parent: Mapping[str, str]) -> None:
    """What another process did, for whoever collects. ``parent``: of whom it did it."""
    if _tracer is not None and spans:
        _tracer.record(spans, parent)


@contextlib.contextmanager
def collected_by(tracer: Tracer) -> Iterator[None]:
    """All spans of this process go to a tracer meanwhile."""
    global _tracer  # noqa: PLW0603 - as logs, it is of the process
    before, _tracer = _tracer, tracer
    try:
        yield
    finally:
        _tracer = before
