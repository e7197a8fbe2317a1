"""A tracer that keeps what it is told, for tests of who tells it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from siss.errors import SissError
from siss.traces.span import Kind, RemoteSpan, collected_by


@dataclass
class Kept:
    name: str
    kind: Kind = "internal"
    above: str | None = None
    attributes: dict[str, Any] = field(default_factory=dict)
    failed: str | None = None
    trace_id: str | None = "1" * 32
    context: Mapping[str, str] = field(default_factory=dict)

    def set(self, name: str, value: Any) -> None:
        self.attributes[name] = value

    def rename(self, name: str) -> None:
        self.name = name

    def fail(self, code: str) -> None:
        self.failed = code


class Recording:
    """Spans in the order in which they ended."""

    def record(self, spans: Sequence[RemoteSpan], _parent: Mapping[str, str]) -> None:
        self.spans += [Kept(each.name) for each in spans]

    def __init__(self) -> None:
        self.spans: list[Kept] = []
        self._open: list[str] = []

    @contextmanager
    def begin(self, name: str, kind: Kind, _parent: Mapping[str, str]) -> Iterator[Kept]:
        kept = Kept(name, kind, self._open[-1] if self._open else None)
        self._open.append(name)
        try:
            yield kept
        except SissError as error:
            kept.fail(error.kind.code)
            raise
        finally:
            self._open.pop()
            self.spans.append(kept)


@contextmanager
def recording() -> Iterator[list[Kept]]:
    """What is done meanwhile, as spans."""
    recorded = Recording()
    with collected_by(recorded):
        yield recorded.spans
