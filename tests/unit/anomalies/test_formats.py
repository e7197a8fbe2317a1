import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siss.anomalies.formats import base_unit, formats_of, is_pattern, pattern_of, quantity_of


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("10.0.0.1", "an IPv4 address"),
        ("10.0.0.0/8", "an IPv4 network"),
        ("db-1:5432", "an address with a port"),
        ("fe80::1", "an IPv6 address"),
        ("aa:bb:cc:00:11:22", "a MAC address"),
        ("6d9f1c1e-0000-7000-8000-000000000001", "a UUID"),
        ("ops@example.com", "an e-mail address"),
        ("https://example.com/x?y=1", "a URL"),
        ("2026-11-21", "a date"),
        ("21.11.2026", "a date like 31.12.2026"),
        ("11/21/2026 10:00", "a date like 12/31/2026"),
        ("-1.234,56", "a number"),
        ("1.5e-05", "a number"),
        ("2026-11-21T10:00:00Z", "a date and time"),
        ("1.2.3-rc1", "a version"),
        ("/etc/hosts", "a path"),
        ("db-1.example.com", "a name with a domain"),
        ("30s", "a number with a unit"),
        ("deadbeef", "8 hexadecimal digits"),
    ],
)
def test_known_formats(text: str, name: str):
    assert name in formats_of(text)
    assert name not in formats_of(f"{text} ?")


def test_patterns_of_letters_and_digits():
    assert pattern_of("DB-prod-01") == pattern_of("QQ-x-7") == "A-a-9"
    assert [is_pattern(name) for name in formats_of("DB-prod-01 x")] == [True]
    assert formats_of("x" * 128) == frozenset()


@given(st.text(st.characters(codec="utf-8") | st.sampled_from("aZ09 \t\u3000\x1c-")))
def test_a_pattern_has_one_sign_for_each_run(text: str):
    signs = {"digit": "9", "lower": "a", "upper": "A", "space": " "}
    runs = re.compile(r"(?P<digit>[0-9]+)|(?P<lower>[a-z]+)|(?P<upper>[A-Z]+)|(?P<space>\s+)")
    assert pattern_of(text) == runs.sub(lambda run: signs[run.lastgroup or ""], text)


def test_quantities_in_one_unit():
    assert quantity_of("1.5 GB") == (1.5, "GB")
    assert quantity_of("fast") is None
    assert base_unit(frozenset({"s", "ms", "min"})) == ("s", {"s": 1.0, "ms": 0.001, "min": 60.0})
    assert base_unit(frozenset({"KB", "MiB"})) == ("bytes", {"KB": 1024.0, "MiB": 1048576.0})
    assert base_unit(frozenset({"s", "MB"})) == ("", {"s": 1.0, "MB": 1.0})
    assert base_unit(frozenset({"m"})) == ("m", {"m": 1.0})
