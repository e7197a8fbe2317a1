"""Prometheus metrics (specification, section 9.1), right whichever worker process is asked.

What the database knows is read from it when somebody asks. Counters and histograms of requests live in files that
all workers share (``prometheus_client``'s multiprocess mode) where ``share_counts`` names their folder; without it
they live in the process.
"""

import asyncio
import contextlib
import os
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    disable_created_metrics,
    generate_latest,
    values,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector

from siss.app.services import Services
from siss.errors import DatabaseDamagedError, SissError
from siss.model.coverage import Reason
from siss.model.file import RootState
from siss.model.maintenance import Task, TaskRun
from siss.model.principal import Principal, Role
from siss.model.stats import CorpusStats

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
SHARED_VARIABLE: Final = "PROMETHEUS_MULTIPROC_DIR"

METRICS: Final[dict[str, tuple[str, str]]] = {
    "siss_files_indexed_total": ("counter", "Files indexed since the indexing process started"),
    "siss_files_failed_total": ("counter", "Files that failed since the indexing process started"),
    "siss_bytes_read_total": ("counter", "Bytes read from the roots since the indexing process started"),
    "siss_search_duration_seconds": ("histogram", "How long searches took in the service"),
    "siss_search_requests_total": ("counter", "Searches, by type"),
    "siss_ingest_queue_depth": ("gauge", "Files that wait to be read"),
    "siss_ingest_lag_seconds": ("gauge", "How long the oldest waiting file has waited"),
    "siss_outbox_depth": ("gauge", "Changes that the full-text engine has yet to see"),
    "siss_nas_available": ("gauge", "Whether a root can be read (1) or is away (0), by root"),
    "siss_mounts_away": ("gauge", "File systems that were mounted below a root and are away, by root"),
    "siss_nas_latency_seconds": ("histogram", "How long calls to a root's file system took, by root"),
    "siss_files": ("gauge", "Files in the catalog, by status"),
    "siss_coverage_files": ("gauge", "Files by how much of them is indexed: whole, partial, none"),
    "siss_coverage_gaps": ("gauge", "Files of which something is not indexed, by reason"),
    "siss_cache_requests_total": ("counter", "What was looked for in the cache, by result: hit, miss"),
    "siss_chunks_total": ("gauge", "Chunks in the index"),
    "siss_embeddings_total": ("gauge", "Chunks with embeddings (0: there is no embedding model)"),
    "siss_llm_requests_total": ("counter", "Calls to models, by engine and type (none without models)"),
    "siss_llm_errors_total": ("counter", "Calls to models that failed, by engine"),
    "siss_llm_duration_seconds": ("histogram", "How long calls to models took, by engine"),
    "siss_files_damaged": ("gauge", "Files whose bytes changed though nobody wrote them (bit rot)"),
    "siss_maintenance_last_run_timestamp_seconds": ("gauge", "When a task of maintenance ran last, by task"),
    "siss_maintenance_last_success_timestamp_seconds": ("gauge", "When it last went well, by task"),
    "siss_maintenance_duration_seconds": ("gauge", "How long its last run took, by task"),
    "siss_maintenance_failed": ("gauge", "Whether its last run failed (1), by task"),
    "siss_indexing_ended": ("gauge", "Whether nothing is indexed any more (1), though the service runs"),
    "siss_indexing_waits_seconds": (
        "gauge",
        "For how long indexing has waited for room, database or engine (0: not)",
    ),
    "siss_database_damaged": ("gauge", "Whether something of the database cannot be read (1), as far as was noticed"),
    "siss_database_up": ("gauge", "Whether the database answered when this was asked"),
}
"""Name, type and meaning of every metric; docs/api.md is tested against it."""

_BUCKETS: Final = (0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 0.512, 1.0, 2.5, 5.0, 10.0)
_CORPUS_SECONDS: Final = 15.0
_READ_SECONDS: Final = 4.0
"""How long the database may take to be counted as up: less than Prometheus waits."""
disable_created_metrics()  # type: ignore[no-untyped-call]  # workers that share files have none either

_EVERYTHING: Final = Principal("metrics", Role.READER, None)


def share_counts(folder: Path) -> None:
    """Count in files that all processes share that name this folder: in each of them, before it has ``Metrics``."""
    os.environ[SHARED_VARIABLE] = str(folder)
    values.ValueClass = values.get_value_class()  # type: ignore[no-untyped-call]  # chosen when it was loaded


class Metrics:
    """The metrics of one process; ``render`` gives those of all."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._searches = Counter(
            "siss_search_requests", METRICS["siss_search_requests_total"][1], ["type"], registry=self._registry
        )
        self._durations = Histogram(
            "siss_search_duration_seconds",
            METRICS["siss_search_duration_seconds"][1],
            buckets=_BUCKETS,
            registry=self._registry,
        )
        self._nas = Histogram(
            "siss_nas_latency_seconds",
            METRICS["siss_nas_latency_seconds"][1],
            ["root"],
            buckets=_BUCKETS,
            registry=self._registry,
        )
        looked_up = Counter(
            "siss_cache_requests", METRICS["siss_cache_requests_total"][1], ["result"], registry=self._registry
        )
        self._cached = {True: looked_up.labels("hit"), False: looked_up.labels("miss")}
        self._reading: set[asyncio.Task[list[Metric]]] = set()
        self._text_searches = self._searches.labels("text")
        self._corpus: CorpusStats | None = None
        self._corpus_at = float("-inf")

    def observe_search(self, seconds: float) -> None:
        """One search was answered."""
        self._text_searches.inc()
        self._durations.observe(seconds)

    def observe_nas(self, root: str, seconds: float) -> None:
        """One call to a root's file system came back."""
        self._nas.labels(root).observe(seconds)

    def observe_cache(self, found: bool) -> None:
        """Something was looked for in the cache."""
        self._cached[found].inc()

    async def render(self, services: Services) -> bytes:
        """All metrics in the text format."""
        reading = asyncio.create_task(self._read(services))
        self._reading.add(reading)
        reading.add_done_callback(self._forget)
        families: list[Metric] = [_gauge("siss_database_up", 0)]
        if (await asyncio.wait({reading}, timeout=_READ_SECONDS))[0]:
            with contextlib.suppress(SissError):
                try:
                    families = [*reading.result(), _gauge("siss_database_up", 1)]
                except DatabaseDamagedError:
                    families = [_gauge("siss_database_up", 1), _gauge("siss_database_damaged", 1)]
        else:
            reading.cancel()  # and not waited for: a query is given up only when the server says so, or after a while
        return await asyncio.to_thread(self._format, families)

    def _format(self, families: Iterable[Metric]) -> bytes:
        asked = CollectorRegistry()
        asked.register(_Given(families))
        shared = os.environ.get(SHARED_VARIABLE)
        counted = self._registry
        if shared:
            counted = CollectorRegistry()
            MultiProcessCollector(counted, shared)  # type: ignore[no-untyped-call]
        return generate_latest(counted) + generate_latest(asked)

    def _forget(self, reading: "asyncio.Task[list[Metric]]") -> None:
        self._reading.discard(reading)
        if not reading.cancelled():
            reading.exception()  # one that came too late is nobody's

    async def _read(self, services: Services) -> list[Metric]:
        status = await services.ingest_state.read_status()
        roots = await services.catalog.roots()
        corpus = await self._read_corpus(services)
        available, mounts_away = (_gauge(name, None, "root") for name in ("siss_nas_available", "siss_mounts_away"))
        for root in roots:
            available.add_metric([root.shown], 1.0 if root.state is RootState.AVAILABLE else 0.0)
            mounts_away.add_metric([root.shown], root.mounts_away)
        return [
            _counter("siss_files_indexed_total", status.indexed),
            _counter("siss_files_failed_total", status.failed),
            _counter("siss_bytes_read_total", status.bytes_read),
            _gauge("siss_ingest_queue_depth", status.pending),
            _gauge("siss_ingest_lag_seconds", status.oldest_pending_seconds),
            _gauge("siss_outbox_depth", await services.outbox.depth()),
            available,
            mounts_away,
            _counts("siss_files", "status", corpus.by_status),
            _counts("siss_coverage_files", "extent", corpus.by_extent),
            _counts("siss_coverage_gaps", "reason", corpus.by_reason),
            _gauge("siss_chunks_total", corpus.chunks),
            _gauge("siss_embeddings_total", 0),
            _gauge("siss_files_damaged", corpus.by_reason.get(Reason.BIT_ROT, 0)),
            _gauge("siss_indexing_ended", float(bool(status.ended))),
            _gauge("siss_indexing_waits_seconds", _seconds_since(status.waits_since)),
            _gauge("siss_database_damaged", float(bool(status.damage))),
            *_models(),
            *_maintenance(await services.maintenance.runs()),
        ]

    async def _read_corpus(self, services: Services) -> CorpusStats:
        """Counts over the corpus; they cost a scan, so they are kept for a while."""
        if self._corpus is None or time.monotonic() - self._corpus_at > _CORPUS_SECONDS:
            self._corpus = await services.catalog.stats(_EVERYTHING)
            self._corpus_at = time.monotonic()
        return self._corpus


class _Given:
    """A collector of what is known already."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        """The families."""
        return self._families


def _gauge(name: str, value: float | None, label: str | None = None) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, METRICS[name][1], value=value, labels=None if label is None else [label])


def _counts(name: str, label: str, counts: Mapping[str, int]) -> Metric:
    gauge = _gauge(name, None, label)
    for value, count in counts.items():
        gauge.add_metric([value], count)
    return gauge


def _models() -> list[Metric]:
    """What models were asked: their names are there before the first of them is."""
    requests, errors, seconds = "siss_llm_requests_total", "siss_llm_errors_total", "siss_llm_duration_seconds"
    return [
        CounterMetricFamily(requests.removesuffix("_total"), METRICS[requests][1], labels=["engine", "type"]),
        CounterMetricFamily(errors.removesuffix("_total"), METRICS[errors][1], labels=["engine"]),
        HistogramMetricFamily(seconds, METRICS[seconds][1], labels=["engine"]),
    ]


def _maintenance(runs: Mapping[Task, TaskRun]) -> list[Metric]:
    began = _gauge("siss_maintenance_last_run_timestamp_seconds", None, "task")
    succeeded = _gauge("siss_maintenance_last_success_timestamp_seconds", None, "task")
    took = _gauge("siss_maintenance_duration_seconds", None, "task")
    failed = _gauge("siss_maintenance_failed", None, "task")
    for task, run in runs.items():
        began.add_metric([task.value], run.started_at.timestamp())
        took.add_metric([task.value], run.seconds)
        failed.add_metric([task.value], float(run.error is not None))
        if run.succeeded_at is not None:
            succeeded.add_metric([task.value], run.succeeded_at.timestamp())
    return [began, succeeded, took, failed]


def _seconds_since(moment: datetime | None) -> float:
    return 0.0 if moment is None else max(0.0, (datetime.now(UTC) - moment).total_seconds())


def _counter(name: str, value: float) -> CounterMetricFamily:
    return CounterMetricFamily(name.removesuffix("_total"), METRICS[name][1], value=value)
