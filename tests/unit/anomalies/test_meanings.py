from typing import Any

import pytest

from siss.anomalies.detect import find_deviations
from siss.anomalies.explain import explain
from siss.anomalies.meanings import day_of, domain_of, is_damaged, show_day
from siss.model.anomaly import AnomalyKind
from unit.anomalies.made import member


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("https://api.eu.example.net:8443/v1?x=1", "example.net"),
        ("ops+alerts@mail.example.co.uk", "example.co.uk"),
        ("db-7.Prod.Example.org.", "example.org"),
        ("amqp://user:pass@mq.example.de/%2f", "example.de"),
        ("s3://builds/7/app.tgz", "builds"),
        ("http://10.0.0.1:80/", None),
        ("10.0.0.1", None),
        ("1.2.3", None),
        ("localhost", None),
        ("see example.org for more", None),
    ],
)
def test_the_domain_of_a_text(text: str, wanted: str | None):
    assert domain_of(text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2025-03-09", "2025-03-09"),
        ("2025-03-09T23:59:59.5+02:00", "2025-03-09"),
        ("9.3.2025", "2025-03-09"),
        ("2025-02-30", None),
        ("20250309", None),
        ("1.2.3", None),
        ("٢٠٢٥-03-09", None),
    ],
)
def test_the_day_of_a_date(text: str, wanted: str | None):
    found = day_of(text)
    assert (None if found is None else show_day(found)) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"), [("MÃ¼ller", True), ("â€™", False), ("Stra\ufffde", True), ("Ångström", False)]
)
def test_letters_that_were_damaged(text: str, wanted: bool):
    assert is_damaged(text) is wanted


def config(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "upstream": f"https://node-{number}.corp.example.net/api",
        "bucket": f"s3://builds/{number}.tgz",
        "owner": f"team{number}@example.org",
        "born": f"{1960 + number % 40}-0{1 + number % 9}-11",
        "seen": [f"2025-06-{1 + number % 28:02}T10:00:00Z", f"2025-07-{1 + number % 28:02}T10:00:00Z"],
        "name": f"Müller {number}",
        **changes,
    }


@pytest.mark.parametrize(
    ("changes", "kind", "told"),
    [
        (
            {"upstream": "https://node-7.evil.example/api"},
            AnomalyKind.RARE_VALUE,
            '("https://node-7.evil.example/api") is evil.example, as in none of 199 other files: they have example.net (199).',
        ),
        ({"bucket": "http://paste.example/7.tgz"}, AnomalyKind.RARE_VALUE, "is paste.example, as in none"),
        ({"owner": "team7@example.com"}, AnomalyKind.RARE_VALUE, "is example.com, as in none"),
        (
            {"born": "1790-05-17"},
            AnomalyKind.VALUE_OUTLIER,
            "$.born is 1790-05-17. In 199 other files it lies between 1960-01-11 and 1999-",
        ),
        ({"seen": ["2025-06-05T10:00:00Z", "1970-01-01T00:00:00Z"]}, AnomalyKind.VALUE_OUTLIER, "is 1970-01-01. In"),
        (
            {"name": "MÃ¼ller 7"},
            AnomalyKind.FORMAT_OUTLIER,
            '$.name is "MÃ¼ller 7", which is not a text with all its letters as in 199 of 199 other files.',
        ),
    ],
)
def test_what_a_text_says_is_compared(changes: dict[str, Any], kind: AnomalyKind, told: str):
    members = [member(config(number, **(changes if number == 7 else {}))) for number in range(200)]
    found = find_deviations(members)
    assert [(number, each.kind) for number, deviations in found.items() for each in deviations] == [(7, kind)]
    assert told in explain(found[7][0])


def test_addresses_of_anybody_are_no_choice():
    mails = [f"someone@firm{number}.example" if number % 3 else "someone@mail.example" for number in range(200)]
    assert find_deviations([member(config(number, owner=mails[number])) for number in range(200)]) == {}
