"""Spans of a process that sends none itself: noted there, carried home with its results, sent from here.

So a process that reads hostile bytes opens no connection and loads no library, and one that is killed loses the spans
of what it was doing and no others.
"""

import contextlib
import time
from collections.abc import Iterator, Mapping, Sequence

from siss.traces.span import NOWHERE, Kind, RemoteSpan, Span, Value, collected_by


class _Noted:
    """A span that is open here."""

    __slots__ = ("above", "attributes", "began", "ended", "failed", "name")
    trace_id = None
    context: Mapping[str, str] = {}

    def __init__(self, name: str, above: int) -> None:
        self.name, self.above = name, above
        self.began = self.ended = time.time_ns()
        self.failed = ""
        self.attributes: dict[str, Value] = {}

    def set(self, name: str, value: Value) -> None:
        self.attributes[name] = value

    def rename(self, name: str) -> None:
        self.name = name

    def fail(self, code: str) -> None:
        self.failed = code


class Notes:
    """A tracer that keeps spans, in the order in which they began."""

    def __init__(self) -> None:
        self._noted: list[_Noted] = []
        self._open = NOWHERE

    @contextlib.contextmanager
    def begin(self, name: str, _kind: Kind, _parent: Mapping[str, str]) -> Iterator[Span]:
        """See ``siss.traces.span.Tracer``."""
        made = _Noted(name, self._open)
        self._open = len(self._noted)
        self._noted.append(made)
        try:
            yield made
        except Exception as error:
            made.fail(type(error).__name__)
            raise
        finally:
            made.ended = time.time_ns()
            self._open = made.above

    def record(self, spans: Sequence[RemoteSpan], parent: Mapping[str, str]) -> None:
        """Nobody is further away."""

    def spans(self) -> tuple[RemoteSpan, ...]:
        """What has ended."""
        return tuple(
            RemoteSpan(each.name, each.began, each.ended, each.above, each.failed, each.attributes)
            for each in self._noted
        )


@contextlib.contextmanager
def noted() -> Iterator[Notes]:
    """Spans of what is done meanwhile are kept, to be carried home."""
    notes = Notes()
    with collected_by(notes):
        yield notes
