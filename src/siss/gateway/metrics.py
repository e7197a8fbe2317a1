"""What Prometheus is told: OpenTelemetry's names for generative AI where there are any, and the gateway's own.

https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-metrics/ with underscores for dots, units at the end.
Counts of the cache live in the cache, states in hosts and breakers: they are read when somebody asks.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from siss.gateway.cache.counts import Counts
from siss.gateway.hosts.breaker import State
from siss.gateway.hosts.host import Health, Host
from siss.gateway.model.reply import Reply
from siss.gateway.model.request import Endpoint

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

METRICS: Final[dict[str, tuple[str, str]]] = {
    "gen_ai_client_operation_duration_seconds": ("histogram", "How long requests took, by operation, model, result"),
    "gen_ai_client_token_usage": ("histogram", "Tokens of an answer that a model gave, by model and type"),
    "gen_ai_server_time_to_first_token_seconds": ("histogram", "Until the first event of a stream, by model"),
    "siss_gateway_cache_lookups_total": ("counter", "Questions to the cache, by tier, result, reason"),
    "siss_gateway_cache_stores_total": ("counter", "Answers given to the cache, by why they were not kept"),
    "siss_gateway_cache_faults_total": ("counter", "Failures of the cache that cost a miss, by error code"),
    "siss_gateway_coalesced_total": ("counter", "Requests that shared another's call to a host"),
    "siss_gateway_saved_tokens_total": ("counter", "Tokens that hits saved, by type"),
    "siss_gateway_broken_streams_total": ("counter", "Streams that ended in an error after their first event"),
    "siss_gateway_fallbacks_total": ("counter", "Requests that another model answered, by asked and answered"),
    "siss_gateway_host_failures_total": ("counter", "Calls that a host did not answer, by host"),
    "siss_gateway_queue_wait_seconds": ("histogram", "How long requests waited for a slot, by host"),
    "siss_gateway_in_flight": ("gauge", "Calls to hosts that are in flight"),
    "siss_gateway_host_busy": ("gauge", "Slots in use, by host"),
    "siss_gateway_host_slots": ("gauge", "Slots there are, by host"),
    "siss_gateway_host_waiting": ("gauge", "Requests that wait for a slot, by host"),
    "siss_gateway_host_ready": ("gauge", "Whether a host answers (1) or not (0), by host"),
    "siss_gateway_breaker_state": ("gauge", "Breaker: 0 closed, 1 half-open, 2 open, by host"),
}
"""Name, type and meaning of every metric; docs/gateway.md is tested against it."""

_SECONDS: Final = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)
_TOKENS: Final = (1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576)
_STATES: Final = {State.CLOSED: 0.0, State.HALF_OPEN: 1.0, State.OPEN: 2.0}
_OPERATIONS: Final = {
    Endpoint.CHAT: "chat",
    Endpoint.COMPLETIONS: "text_completion",
    Endpoint.EMBEDDINGS: "embeddings",
    Endpoint.RERANK: "rerank",
}


class Metrics:
    """The gateway's counters, and what is read from hosts and cache (``attach``) when asked."""

    def __init__(self, hosts: Mapping[str, Host]) -> None:
        self._registry: Final = CollectorRegistry()
        self._hosts = hosts
        self._counts = Counts()
        self._in_flight: Callable[[], int] = int
        self._duration = self._histogram(
            "gen_ai_client_operation_duration_seconds", _SECONDS, "gen_ai_operation_name", "gen_ai_request_model",
            "siss_cache", "error_type",
        )  # fmt: skip
        self._tokens = self._histogram(
            "gen_ai_client_token_usage", _TOKENS, "gen_ai_request_model", "gen_ai_token_type"
        )
        self._first = self._histogram("gen_ai_server_time_to_first_token_seconds", _SECONDS, "gen_ai_request_model")
        self._queue = self._histogram("siss_gateway_queue_wait_seconds", _SECONDS, "host")
        self._coalesced = self._counter("siss_gateway_coalesced_total")
        self._broken = self._counter("siss_gateway_broken_streams_total")
        self._fallbacks = self._counter("siss_gateway_fallbacks_total", "asked", "answered")
        self._failures = self._counter("siss_gateway_host_failures_total", "host")
        self._observers: dict[tuple[Histogram, tuple[str, ...]], Callable[[float], None]] = {}
        self._registry.register(self)

    def attach(self, counts: Counts, in_flight: Callable[[], int]) -> None:
        """Read the cache's counts and the number of calls in flight from now on."""
        self._counts = counts
        self._in_flight = in_flight

    def answered(self, endpoint: Endpoint, model: str, state: str, error: str, seconds: float) -> None:
        """A request was answered. ``error``: its code; empty where it went well."""
        self._observe(self._duration, seconds, _OPERATIONS[endpoint], model, state, error)

    def spent(self, model: str, reply: Reply) -> None:
        """A model gave an answer."""
        self._observe(self._tokens, reply.prompt_tokens, model, "input")
        self._observe(self._tokens, reply.completion_tokens, model, "output")

    def time_to_first_token(self, model: str) -> Callable[[], None]:
        """Begin to measure now; call the result at each event, the first of which counts."""
        began = time.perf_counter()
        told = False

        def first() -> None:
            nonlocal told
            if not told:
                told = True
                self._observe(self._first, time.perf_counter() - began, model)

        return first

    def coalesced(self) -> None:
        """A request shared another's call."""
        self._coalesced.inc()

    def broken_stream(self) -> None:
        """A stream ended in an error."""
        self._broken.inc()

    def queued(self, host: str, seconds: float) -> None:
        """A request waited for its slot."""
        self._observe(self._queue, seconds, host)

    def failed(self, host: str) -> None:
        """A host did not answer."""
        self._failures.labels(host).inc()

    def fell_back(self, asked: str, answered: str) -> None:
        """Another model answered."""
        self._fallbacks.labels(asked, answered).inc()

    def render(self) -> bytes:
        """All of them in the text format."""
        return generate_latest(self._registry)

    def collect(self) -> Iterable[Metric]:
        """Those that are read when somebody asks; the registry calls it."""
        counts = self._counts
        yield _counts("siss_gateway_cache_lookups_total", ("tier", "result", "reason"), counts.lookups.items())
        yield _counts("siss_gateway_cache_stores_total", ("reason",), ((k, v) for k, v in counts.stores.items()))
        yield _counts("siss_gateway_cache_faults_total", ("code",), ((k, v) for k, v in counts.faults.items()))
        saved = (("input", counts.prompt_tokens_saved), ("output", counts.completion_tokens_saved))
        yield _counts("siss_gateway_saved_tokens_total", ("gen_ai_token_type",), saved)
        flying = GaugeMetricFamily("siss_gateway_in_flight", METRICS["siss_gateway_in_flight"][1])
        flying.add_metric([], self._in_flight())
        yield flying
        hosts = self._hosts.values()
        yield _gauges("siss_gateway_host_busy", ((host.name, host.slots.busy) for host in hosts))
        yield _gauges("siss_gateway_host_slots", ((host.name, host.slots.total) for host in hosts))
        yield _gauges("siss_gateway_host_waiting", ((host.name, host.slots.waiting) for host in hosts))
        yield _gauges("siss_gateway_host_ready", ((host.name, host.health is Health.READY) for host in hosts))
        yield _gauges("siss_gateway_breaker_state", ((host.name, _STATES[host.breaker.state]) for host in hosts))

    def _observe(self, histogram: Histogram, value: float, *labels: str) -> None:
        """The library looks labels up under a lock, and checks them each time; here it does once."""
        observe = self._observers.get((histogram, labels))
        if observe is None:
            observe = self._observers[histogram, labels] = histogram.labels(*labels).observe
        observe(value)

    def _histogram(self, name: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
        return Histogram(name, METRICS[name][1], labels, buckets=buckets, registry=self._registry)

    def _counter(self, name: str, *labels: str) -> Counter:
        return Counter(name.removesuffix("_total"), METRICS[name][1], labels, registry=self._registry)


def _counts(
    name: str, labels: tuple[str, ...], rows: Iterable[tuple[tuple[str, ...] | str, float]]
) -> CounterMetricFamily:
    family = CounterMetricFamily(name.removesuffix("_total"), METRICS[name][1], labels=labels)
    for key, value in rows:
        family.add_metric([key] if isinstance(key, str) else list(key), value)
    return family


def _gauges(name: str, rows: Iterable[tuple[str, float]]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, METRICS[name][1], labels=["host"])
    for host, value in rows:
        family.add_metric([host], float(value))
    return family
