"""A collector of OpenTelemetry on loopback: keeps what it is sent, and can be made to hang or to refuse."""

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

WAIT_SECONDS = 120.0


@dataclass(frozen=True)
class Seen:
    """One span as it was sent. Ids in hexadecimal; ``resource``: of the process."""

    name: str
    kind: int
    trace_id: str
    span_id: str
    parent_id: str
    failed: bool
    attributes: dict[str, Any]
    resource: dict[str, Any]
    events: int


class Collector:
    """Made by ``collecting``."""

    def __init__(self) -> None:
        self.spans: list[Seen] = []
        self.raw = b""
        self.status = 200
        self.asked = 0
        self.answering = threading.Event()
        self.answering.set()
        self.changed = threading.Condition()
        self.address = ""

    def take(self, body: bytes, headers: Any) -> None:
        packed = headers.get("Content-Encoding") == "gzip"
        data = gzip.decompress(body) if packed else body
        request = ExportTraceServiceRequest.FromString(data)
        with self.changed:
            self.asked += 1
            if self.status == 200:
                self.raw += data
                self.spans += list(_read(request))
            self.changed.notify_all()

    def wait_for(self, *names: str) -> list[Seen]:
        """The spans, once there is one of each name."""
        with self.changed:
            found = self.changed.wait_for(lambda: {*names} <= {span.name for span in self.spans}, WAIT_SECONDS)
        assert found, f"{names} among {sorted({span.name for span in self.spans})}"
        return self.spans

    def wait_until_asked(self) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: self.asked > 0, WAIT_SECONDS)

    def one(self, name: str) -> Seen:
        (span,) = [span for span in self.wait_for(name) if span.name == name]
        return span


def _read(request: ExportTraceServiceRequest) -> Iterator[Seen]:
    for part in request.resource_spans:
        resource = {pair.key: _value(pair.value) for pair in part.resource.attributes}
        for scope in part.scope_spans:
            for span in scope.spans:
                yield Seen(
                    span.name,
                    span.kind,
                    span.trace_id.hex(),
                    span.span_id.hex(),
                    span.parent_span_id.hex(),
                    span.status.code == 2,
                    {pair.key: _value(pair.value) for pair in span.attributes},
                    resource,
                    len(span.events),
                )


def _value(value: Any) -> Any:
    return getattr(value, value.WhichOneof("value"))


@contextmanager
def collecting() -> Iterator[Collector]:
    """A collector that answers; ``address`` is what the setting takes."""
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            assert self.path == "/v1/traces"
            collector.take(body, self.headers)
            collector.answering.wait(WAIT_SECONDS)
            self.send_response(collector.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: Any) -> None:
            """Who was kept waiting may be gone."""

    server = Server(("127.0.0.1", 0), Handler)
    collector.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield collector
    finally:
        collector.answering.set()
        server.shutdown()
        server.server_close()
        thread.join()
