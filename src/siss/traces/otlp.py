"""Spans to a collector, as OTLP over HTTP, in batches that a thread of its own sends.

Nobody waits for the collector: what ends goes into a queue of ``_MOST_WAITING`` spans, and what does not fit is
dropped. A collector that is away costs one line in the log, and one when it is back, which says how much was lost.

The library is not told to the process (``set_tracer_provider``): FastAPI and others would hand it exceptions with
query texts in them.
"""

import contextlib
import logging
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import Span as OtelSpan
from opentelemetry.trace import SpanKind, Status, StatusCode, format_trace_id, set_span_in_context, use_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from siss.errors import SissError
from siss.logs import get_logger
from siss.traces.span import Kind, RemoteSpan, Span

STOP_SECONDS: Final = 1.5
"""How long the end of a process waits for the last batch."""

_KINDS: Final[Mapping[Kind, SpanKind]] = {
    "internal": SpanKind.INTERNAL,
    "server": SpanKind.SERVER,
    "client": SpanKind.CLIENT,
}
_ERROR_TYPE: Final = "error.type"
_log = get_logger(__name__)


class OtlpTracer:
    """The tracer of one process. ``role``: what it does (``api``, ``index``, ``gateway``).

    The library reads the rest from the standard variables: ``OTEL_EXPORTER_OTLP_HEADERS``, ``OTEL_TRACES_SAMPLER``,
    ``OTEL_RESOURCE_ATTRIBUTES``, ``OTEL_BSP_…``.
    """

    def __init__(self, endpoint: str, role: str, version: str) -> None:
        names = {"service.name": os.environ.get("OTEL_SERVICE_NAME", "siss"), "service.version": version}
        resource = Resource.create({**names, "siss.role": role, "process.pid": os.getpid()})
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(ToldOnce(endpoint)))
        self._tracer = self._provider.get_tracer("siss", version)
        self._propagator = TraceContextTextMapPropagator()

    @contextlib.contextmanager
    def begin(self, name: str, kind: Kind, parent: Mapping[str, str]) -> Iterator[Span]:
        """See ``siss.traces.Tracer``."""
        # An empty context is no parent at all, None the span that is open here.
        context = self._propagator.extract(parent, Context()) if parent else None
        made = self._tracer.start_span(name, context, _KINDS[kind])
        found = _Span(made, self._propagator)
        with use_span(made, end_on_exit=True, record_exception=False, set_status_on_exception=False):
            try:
                yield found
            except SissError as error:
                found.fail(error.kind.code)
                raise
            except Exception as error:
                found.fail(type(error).__name__)
                raise

    def record(self, spans: Sequence[RemoteSpan], parent: Mapping[str, str]) -> None:
        """See ``siss.traces.Tracer``."""
        root = self._propagator.extract(parent, Context())
        made: list[OtelSpan] = []
        for each in spans:
            context = root if each.above < 0 else set_span_in_context(made[each.above], Context())
            made.append(
                self._tracer.start_span(each.name, context, attributes=each.attributes, start_time=each.began)
            )
            if each.failed:
                _Span(made[-1], self._propagator).fail(each.failed)
        for span, each in zip(made, spans, strict=True):
            span.end(each.ended)

    def close(self) -> None:
        """Send what waits, and give up after ``STOP_SECONDS``."""
        closing = threading.Thread(target=self._provider.shutdown, name="siss-traces", daemon=True)
        closing.start()
        closing.join(STOP_SECONDS)


class _Span:
    """See ``siss.traces.Span``."""

    __slots__ = ("_propagator", "_span")

    def __init__(self, span: OtelSpan, propagator: TraceContextTextMapPropagator) -> None:
        self._span, self._propagator = span, propagator

    @property
    def trace_id(self) -> str | None:
        return format_trace_id(self._span.get_span_context().trace_id)

    @property
    def context(self) -> Mapping[str, str]:
        headers: dict[str, str] = {}
        if not self._span.get_span_context().trace_flags.sampled:
            return headers
        self._propagator.inject(headers, set_span_in_context(self._span, Context()))
        return headers

    def set(self, name: str, value: str | float | bool) -> None:
        self._span.set_attribute(name, value)

    def rename(self, name: str) -> None:
        self._span.update_name(name)

    def fail(self, code: str) -> None:
        self._span.set_attribute(_ERROR_TYPE, code)
        self._span.set_status(Status(StatusCode.ERROR))


class ToldOnce(SpanExporter):
    """The library's exporter, whose many lines about a collector that is away become two of ours."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._exporter = OTLPSpanExporter(endpoint=endpoint)
        self._lost = 0
        for name in ("exporter.otlp.proto.http.trace_exporter", "sdk._shared_internal"):
            logging.getLogger(f"opentelemetry.{name}").addFilter(_WORDS)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send a batch; never raises."""
        result = self._exporter.export(spans)
        if result is SpanExportResult.SUCCESS:
            if self._lost:
                _log.info("the collector of traces takes them again", lost=self._lost)
            self._lost = 0
            return result
        if not self._lost:
            _log.warning(
                "traces are lost: their collector does not take them", address=self._endpoint, said=_WORDS.said
            )
        self._lost += len(spans)
        return result

    def shutdown(self) -> None:
        """Give up what is under way."""
        self._exporter.shutdown()  # type: ignore[no-untyped-call]

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Nothing waits here."""
        return self._exporter.force_flush(timeout_millis)


class _LastWords(logging.Filter):
    """Keeps what a logger says to itself, and lets none of it out."""

    def __init__(self) -> None:
        super().__init__()
        self.said = ""

    def filter(self, record: logging.LogRecord) -> bool:
        self.said = record.getMessage()
        return False


_WORDS: Final = _LastWords()
