"""Spans as a collector receives them, and a collector that is away, hangs or refuses."""

import asyncio
import logging
import socket
import threading

import pytest
from opentelemetry.sdk.trace.export import SpanExportResult
from structlog.testing import capture_logs

from siss.errors import NotFoundError
from siss.traces import otlp
from siss.traces.collector import open_traces
from siss.traces.otlp import OtlpTracer
from siss.traces.span import is_traced, span

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_spans_stand_in_each_other_and_are_sent_at_the_end(collector, monkeypatch):
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "60000")
    with open_traces(collector.address, "index"):
        with span("outer") as outer:
            outer.set("siss.files", 3)
            outer.set("siss.seconds", 0.5)
            with span("inner", "client") as inner:
                assert inner.trace_id == outer.trace_id
        assert not collector.spans
    outer, inner = collector.one("outer"), collector.one("inner")
    assert (inner.parent_id, inner.trace_id, inner.kind) == (outer.span_id, outer.trace_id, 3)
    assert (outer.parent_id, outer.kind) == ("", 1)
    assert outer.attributes == {"siss.files": 3, "siss.seconds": 0.5}
    assert outer.resource["service.name"] == "siss"
    assert outer.resource["siss.role"] == "index"
    assert not is_traced()


async def test_tasks_begun_in_a_span_are_below_it(collector):
    async def work(name: str) -> None:
        with span(name):
            await asyncio.sleep(0)

    with open_traces(collector.address, "api"), span("whole"):
        await asyncio.gather(work("one"), work("two"))
    whole = collector.one("whole")
    assert [collector.one(name).parent_id for name in ("one", "two")] == [whole.span_id] * 2


def test_a_trace_that_another_process_began_goes_on(collector):
    with open_traces(collector.address, "api"):
        with span("open here"), span("request", "server", {"traceparent": PARENT}) as seen:
            assert seen.trace_id == "0af7651916cd43dd8448eb211c80319c"
        with span("broken", "server", {"traceparent": "00-zero-one-01"}) as seen:
            assert seen.trace_id not in {None, "0" * 32}
    request = collector.one("request")
    assert (request.trace_id, request.parent_id) == ("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331")
    assert collector.one("broken").parent_id == ""


def test_an_error_leaves_its_code_and_not_its_words(collector):
    with open_traces(collector.address, "api"):
        with pytest.raises(NotFoundError), span("asked"):
            raise NotFoundError("no file /nas/password-hunter2.txt")
        with pytest.raises(ValueError, match="hunter2"), span("broken"):
            raise ValueError("hunter2")
        with pytest.raises(asyncio.CancelledError), span("cancelled"):
            raise asyncio.CancelledError
    asked, broken, cancelled = (collector.one(name) for name in ("asked", "broken", "cancelled"))
    assert (asked.failed, asked.attributes) == (True, {"error.type": "NOT_FOUND"})
    assert (broken.failed, broken.attributes) == (True, {"error.type": "ValueError"})
    assert (cancelled.failed, cancelled.attributes) == (False, {})
    assert b"hunter2" not in collector.raw


def test_a_collector_that_is_away_costs_one_line_and_another_when_it_is_back(collector, caplog):
    collector.status = 503
    tracer = OtlpTracer(f"{collector.address}/v1/traces", "api", "1")
    processor = tracer._provider._active_span_processor
    client = processor._span_processors[0].span_exporter._exporter._client
    client._timeout = 0.5  # too short to try again
    with caplog.at_level(logging.DEBUG), capture_logs() as logs:
        for _ in range(3):
            with tracer.begin("lost", "internal", {}):
                pass
            processor.force_flush()
        collector.status = 200
        client._timeout = 30
        with tracer.begin("kept", "internal", {}):
            pass
        processor.force_flush()
        tracer.close()
    assert [entry["log_level"] for entry in logs] == ["warning", "info"]
    assert "v1/traces" in logs[0]["address"]
    assert logs[1]["lost"] == 3
    assert not [record for record in caplog.records if record.name.startswith("opentelemetry")]
    assert [seen.name for seen in collector.spans] == ["kept"]


def test_nobody_listens(caplog):
    with socket.socket() as unused:  # bound and not listening: refused at once
        unused.bind(("127.0.0.1", 0))
        exporter = otlp.ToldOnce(f"http://127.0.0.1:{unused.getsockname()[1]}/v1/traces")
        exporter._exporter._client._timeout = 0.5
        with capture_logs() as logs:
            assert exporter.export([]) is SpanExportResult.FAILURE
    assert len(logs) == 1
    assert not [record for record in caplog.records if record.name.startswith("opentelemetry")]


def test_who_traces_does_not_wait_for_a_collector_that_hangs(collector, monkeypatch):
    monkeypatch.setattr(otlp, "STOP_SECONDS", 0.05)
    monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", "8")
    monkeypatch.setenv("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "4")
    collector.answering.clear()
    before = {thread.ident for thread in threading.enumerate()}
    with open_traces(collector.address, "api"):
        with span("first"):
            pass
        collector.wait_until_asked()
        for _ in range(1000):  # far more than wait: what does not fit is dropped
            with span("more"):
                pass
    # Reached while the collector still holds the first batch: neither the work nor the end has waited for it.
    assert collector.asked == 1
    assert not collector.answering.is_set()
    assert all(thread.daemon for thread in threading.enumerate() if thread.ident not in before)
