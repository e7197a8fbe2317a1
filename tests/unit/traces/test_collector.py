"""Where spans are sent: the setting first, then OpenTelemetry's own variables; and what is no address."""

import subprocess
import sys

import pytest

from siss.errors import ConfigError
from siss.traces.collector import collector_address, open_traces
from siss.traces.span import is_traced, span

BASE = "OTEL_EXPORTER_OTLP_ENDPOINT"
TRACES = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"


@pytest.mark.parametrize(
    ("named", "environ", "address"),
    [
        ("", {}, None),
        ("http://tracer:4318", {}, "http://tracer:4318/v1/traces"),
        ("http://tracer:4318/", {}, "http://tracer:4318/v1/traces"),
        ("https://tracer/otel/v1/traces", {}, "https://tracer/otel/v1/traces"),
        ("", {BASE: "http://others:4318/"}, "http://others:4318/v1/traces"),
        ("", {TRACES: "http://others:4318/x", BASE: "http://no"}, "http://others:4318/x"),
        ("http://tracer", {BASE: "http://others"}, "http://tracer/v1/traces"),
        ("", {BASE: "http://others", "OTEL_TRACES_EXPORTER": "none"}, None),
        ("http://tracer", {"OTEL_SDK_DISABLED": "true"}, None),
    ],
)
def test_the_setting_counts_and_then_the_standard_variables(named, environ, address):
    assert collector_address(named, environ) == address


@pytest.mark.parametrize("named", ["tracer:4318", "grpc://tracer", "http://", "http://tracer:x", "http://[::1"])
def test_what_is_no_address_is_refused_by_the_variable_that_holds_it(named):
    with pytest.raises(ConfigError, match="SISS_OTEL_ENDPOINT: expected"):
        collector_address(named, {})
    with pytest.raises(ConfigError, match=BASE):
        collector_address("", {BASE: named})


@pytest.mark.parametrize("named", ["http://user:secret@tracer", "http://tracer?key=secret"])
def test_credentials_stand_where_no_log_shows_them(named):
    with pytest.raises(ConfigError, match="OTEL_EXPORTER_OTLP_HEADERS") as raised:
        collector_address("", {TRACES: named})
    assert "secret" not in raised.value.message


def test_nothing_is_made_where_nobody_collects(monkeypatch):
    monkeypatch.delenv(BASE, raising=False)
    with open_traces("", "api"):
        assert not is_traced()
        assert span("one") is span("two", "client")  # one object for all
        with span("one") as seen:
            seen.set("siss.files", 1)
            seen.rename("two")
            seen.fail("NOT_FOUND")
            assert seen.trace_id is None


def test_the_library_is_not_loaded_where_nobody_collects():
    """FastAPI loads the interfaces by itself; what makes, packs and sends spans stays out."""
    code = (
        "import sys, siss.api.server, siss.cli.main\n"
        "from siss.traces.collector import open_traces\n"
        "with open_traces('', 'api'): pass\n"
        "print([name for name in sys.modules if name.startswith(\n"
        "    ('opentelemetry.sdk', 'opentelemetry.exporter', 'opentelemetry.proto', 'google.protobuf', 'requests'))])"
    )
    environment = {"PATH": ""}
    found = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
