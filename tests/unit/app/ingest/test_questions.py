"""What is kept of questions."""

import pytest

from siss.app.ingest.reading.extraction import ExtractionConfig, Extractors

EXTRACTORS = Extractors(ExtractionConfig(b"one key of a database, 32 bytes."))
KEY = "wJ9rXUtnFEMI/K7MDENG+bPxRfiCYzX8k2LmQ4vT"


@pytest.mark.parametrize("secret", ["sVu7NwPQbDAwW-UA", KEY, "k7Qz9LmX2vRb4T"])
@pytest.mark.parametrize(
    "question", ["{}", '"{}" name:app', "q={}&size=20", "{}*", '{{"text": "{}"}}', "$[?@.k == '{}']"]
)
def test_a_word_that_looks_drawn_is_not_kept(question: str, secret: str) -> None:
    kept = EXTRACTORS.redact_question(question.format(secret))
    assert secret not in kept
    assert "\u00absecret:asked:" in kept
    assert EXTRACTORS.redact_question(kept) == kept


@pytest.mark.parametrize(
    "question",
    [
        "connection refused level:error",
        "db-prod-01.example.com path:/nas/Logs2/App",
        "getUserNameFromDb2 Win32_OperatingSystem MAX_CONNECTIONS_2",
        "203db13e-70c7-462b-9a3d-bf32640cb0be",
        "3b18e512dba79e4c8300dd08aeb37f8e728b8dad",
        "time:>2026-11-20T03:04:05Z tag:a",
        "$.servers[?@.port == 5432].hostName",
        "//m:Dependency[m:artifactId2='log4j']",
        "\u00absecret:password:0123456789abcdef\u00bb",
    ],
)
def test_other_words_are_kept(question: str) -> None:
    assert EXTRACTORS.redact_question(question) == question
