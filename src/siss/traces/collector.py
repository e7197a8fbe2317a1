"""Where spans are sent. Apart from the tracer, which loads the library: most processes send none."""

import contextlib
import os
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import urlsplit

from siss.errors import ConfigError
from siss.traces.span import collected_by

_PATH: Final = "/v1/traces"
_OURS: Final = "SISS_OTEL_ENDPOINT"
_ANY: Final = "OTEL_EXPORTER_OTLP_ENDPOINT"
_TRACES: Final = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"


@contextlib.contextmanager
def open_traces(endpoint: str, role: str) -> Iterator[None]:
    """Send the spans of this process to the collector, where one is named, as long as the context lasts.

    ``endpoint``: the setting; ``role``: what this process does. Raises ``ConfigError`` for an address that is none.
    """
    address = collector_address(endpoint, os.environ)
    if address is None:
        yield
        return
    import siss
    from siss.traces.otlp import OtlpTracer

    with contextlib.closing(OtlpTracer(address, role, siss.__version__)) as tracer, collected_by(tracer):
        yield


def collector_address(named: str, environ: Mapping[str, str]) -> str | None:
    """The whole URL; None where nobody collects.

    ``named``: the setting. Without it the variables of OpenTelemetry's specification count, by its rules: one for
    traces is taken as it stands, one for all signals is the base of their paths. Raises ``ConfigError``.
    """
    if environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return None
    if named:
        return _checked(named.rstrip("/").removesuffix(_PATH) + _PATH, _OURS)
    if environ.get("OTEL_TRACES_EXPORTER", "otlp") != "otlp":
        return None
    if traces := environ.get(_TRACES):
        return _checked(traces, _TRACES)
    if base := environ.get(_ANY):
        return _checked(base.rstrip("/") + _PATH, _ANY)
    return None


def _checked(address: str, variable: str) -> str:
    try:
        parts = urlsplit(address)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise ConfigError(f"{variable}: expected a URL such as http://localhost:4318", variable=variable)
    if parts.username is not None or parts.query:
        raise ConfigError(
            f"{variable}: what lets in belongs into OTEL_EXPORTER_OTLP_HEADERS, which no log shows",
            variable=variable,
        )
    return address
