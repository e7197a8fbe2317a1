"""What reaches the terminal: text that cannot steer it, marks, numbers, progress."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siss.cli import progress as progress_module
from siss.cli.progress import IngestProgress, bar, describe
from siss.cli.screen import duration, highlighted, safe, size
from siss.model.stats import IngestStatus

STATUS = IngestStatus("indexing", pending=25, in_flight=5, seen=100, indexed=69, failed=1, bytes_read=2048)


@given(st.text(max_size=60))
def test_text_of_files_cannot_steer_a_terminal(text):
    shown = safe(text)
    assert not any(ord(letter) < 32 and letter not in "\t\n" for letter in shown)
    assert not any(letter in shown for letter in "\x1b\x9b\u202e")


def test_matches_are_marked_and_entities_undone():
    text = highlighted("a &lt;b&gt; <em>disk</em> c\x1b[2J")
    assert text.plain == "a <b> disk c\\x1b[2J"
    assert [(span.start, span.end) for span in text.spans] == [(6, 10)]


@pytest.mark.parametrize(("number", "shown"), [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (5 << 40, "5.0 TiB")])
def test_sizes(number, shown):
    assert size(number) == shown


@pytest.mark.parametrize(("seconds", "shown"), [(3.25, "3.2 s"), (250, "4 min 10 s"), (7500, "2 h 5 min")])
def test_durations(seconds, shown):
    assert duration(seconds) == shown


def test_a_status_is_one_line_and_a_bar():
    assert describe(STATUS) == "indexing: 100 found, 69 read, 25 waiting, 0 files/s, 0 B/s, 1 failed"
    assert bar(STATUS).endswith("]  74%")
    assert bar(IngestStatus()).endswith("]   0%")
    filling = replace(STATUS, pending=0, in_flight=0, outbox=2500)
    assert describe(filling) == "indexing: 2,500 documents waiting for the full-text index"
    assert bar(filling, 10_000).endswith("]  75%")


def test_what_indexing_waits_for_is_told_once_and_when_it_goes_on(capsys):
    from siss.cli import screen

    screen.err.cache_clear()
    with IngestProgress() as progress:
        for free in (3, 2):
            progress.on_status(replace(STATUS, waits_for=f"disk full: {free} MiB", waits_since=datetime.now(UTC)))
        progress.on_status(STATUS)
    screen.err.cache_clear()
    assert capsys.readouterr().err.splitlines() == ["Indexing waits: disk full: 3 MiB", "Indexing goes on."]


def test_without_a_terminal_there_are_lines_now_and_then(monkeypatch, capsys):
    from siss.cli import screen

    screen.err.cache_clear()
    clock = iter(range(0, 1000, 6))
    monkeypatch.setattr(progress_module.time, "monotonic", lambda: float(next(clock)))
    with IngestProgress() as progress:
        progress.ready("http://127.0.0.1:8080")
        for _ in range(4):
            progress.on_status(STATUS)
        idle = replace(STATUS, phase="idle", pending=0, in_flight=0, last_scan_at=datetime.now(UTC))
        progress.on_status(idle)
        progress.on_status(idle)
    screen.err.cache_clear()
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "Serving http://127.0.0.1:8080"
    assert lines[-1].startswith("Up to date. 69 files read, 1 failed, 2.0 KiB.")
    assert 3 <= len(lines) <= 5
    assert sum(line.startswith("Up to date") for line in lines) == 1
