"""Spans that another process noted: carried home, and sent as if it had sent them."""

import msgspec
import pytest

from siss.traces.collector import open_traces
from siss.traces.remote import noted
from siss.traces.span import RemoteSpan, is_traced, record, span

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_what_is_noted_stands_in_each_other_and_crosses_a_pipe():
    with noted() as notes:
        with span("file.read") as whole:
            whole.set("siss.bytes", 7)
            with span("file.detect"):
                pass
            with pytest.raises(ValueError, match="hostile"), span("file.parse"):
                raise ValueError("hostile bytes, quoted")
        with span("another"):
            pass
    assert not is_traced()
    read, detect, parse, other = crossed = msgspec.msgpack.decode(
        msgspec.msgpack.encode(notes.spans()), type=tuple[RemoteSpan, ...]
    )
    assert crossed == notes.spans()
    assert [(each.name, each.above, each.failed) for each in crossed] == [
        ("file.read", -1, ""), ("file.detect", 0, ""), ("file.parse", 0, "ValueError"), ("another", -1, ""),
    ]  # fmt: skip
    assert read.attributes == {"siss.bytes": 7}
    assert read.began <= detect.began <= detect.ended <= parse.began <= parse.ended <= read.ended <= other.began


def test_what_comes_home_is_sent_below_its_parent_with_its_own_times(collector):
    spans = (
        RemoteSpan("file.read", 1_000, 9_000, attributes={"siss.outcome": "indexed"}),
        RemoteSpan("file.parse", 2_000, 3_000, 0, "ValueError"),
    )
    with open_traces(collector.address, "index"):
        with span("ingest.feed") as feed:
            context = feed.context
        record(spans, context)
        record(spans, {"traceparent": PARENT})
    feed = collector.one("ingest.feed")
    here, there = (each for each in collector.spans if each.name == "file.read")
    assert (here.parent_id, here.trace_id) == (feed.span_id, feed.trace_id)
    assert (there.parent_id, there.trace_id) == ("b7ad6b7169203331", "0af7651916cd43dd8448eb211c80319c")
    assert here.attributes == {"siss.outcome": "indexed"}
    (parse, _) = (each for each in collector.spans if each.name == "file.parse")
    assert (parse.parent_id, parse.attributes) == (here.span_id, {"error.type": "ValueError"})


def test_where_nobody_collects_there_is_nothing_to_go_on_with(collector, monkeypatch):
    with span("here") as seen:
        assert not seen.context
    record((RemoteSpan("file.read", 1, 2),), {})
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_off")
    with open_traces(collector.address, "index"), span("not sampled") as seen:
        assert not seen.context
