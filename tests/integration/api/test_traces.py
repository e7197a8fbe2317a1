"""A whole service and its collector: every process sends what it does, and traces that clients began go on."""

from collections.abc import Iterator

import httpx
import pytest

from integration.api.conftest import Installation, wait_for
from unit.traces.collecting import Collector, Seen, collecting

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
SECRET = "AKIA" + "Q3EGRTW7ZUVL5MNB"


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    with collecting() as made:
        yield made


@pytest.fixture(scope="module")
def installation(installation: Installation, collector: Collector) -> Installation:
    """Whose service is traced."""
    installation.environment.update(
        SISS_OTEL_ENDPOINT=collector.address, OTEL_BSP_SCHEDULE_DELAY="100", SISS_API_WORKERS="1"
    )
    return installation


def below(spans: list[Seen], parent: Seen) -> list[str]:
    return [span.name for span in spans if span.parent_id == parent.span_id]


def test_a_search_and_its_stages_are_one_trace(client: httpx.Client, collector: Collector):
    asked = {"q": f"disk OR {SECRET}", "size": 3}
    answer = client.get("/api/v1/search", params=asked, headers={"traceparent": PARENT})
    assert answer.json()["items"]
    spans = collector.wait_for("GET /api/v1/search")
    (request,) = [span for span in spans if span.parent_id == "b7ad6b7169203331"]
    assert (request.name, request.trace_id) == ("GET /api/v1/search", PARENT.split("-")[1])
    assert request.resource["siss.role"] == "api"
    stages = below(spans, request)
    assert stages[:3] == ["search.parse", "search.resolve", "search.engine"]
    assert {*stages[3:]} == {"search.catalog", "search.snippets"}
    assert SECRET.encode() not in collector.raw
    assert b"disk" not in collector.raw


def test_what_was_read_is_written_in_batches(service: str, collector: Collector):
    def all_batches() -> list[Seen]:
        found = [span for span in collector.spans if span.name == "ingest.batch"]
        return found if sum(span.attributes["siss.files"] for span in found) >= 5 else []

    batches = wait_for(all_batches)
    spans = collector.wait_for("ingest.commit")
    assert all(span.attributes["siss.read_seconds"] > 0 for span in batches)
    assert {span.resource["siss.role"] for span in batches} == {"index"}
    assert {*below(spans, batches[0])} >= {"ingest.catalog", "ingest.engine"}
    assert not [span for span in spans if span.events]


def test_what_the_reading_processes_do_stands_below_what_they_were_given(
    service: str, collector: Collector, installation: Installation
):
    def all_reads() -> list[Seen]:
        found = [span for span in collector.spans if span.name == "file.read"]
        feeds = {span.span_id for span in collector.spans if span.name == "ingest.feed"}  # of another process
        return found if len(found) >= 5 and {read.parent_id for read in found} <= feeds else []

    reads = wait_for(all_reads)
    spans = list(collector.spans)
    feeds = {span.span_id: span for span in spans if span.name == "ingest.feed"}
    assert {read.parent_id for read in reads} <= feeds.keys()
    assert all(read.trace_id == feeds[read.parent_id].trace_id for read in reads)
    # Files so young that they may still change are looked at once more, where the service is as quick as that.
    reads = [read for read in reads if read.attributes["siss.outcome"] != "unchanged"]
    assert {read.attributes["siss.outcome"] for read in reads} == {"indexed", "metadata_only"}
    assert {read.attributes["siss.kind"] for read in reads} >= {"json", "log"}
    assert {name for read in reads for name in below(spans, read)} == {"file.detect", "file.parse", "file.hash"}
    assert str(installation.corpus).encode() not in collector.raw
