"""What ``siss events`` does with a stream: on over its end, and no longer than somebody reads."""

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from threading import Event

import pytest

from siss.cli import events, screen
from siss.client.events import StreamEvent


@contextmanager
def piped(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Standard output is a pipe; the end that reads. Within the test: pytest sets its own for each phase."""
    reading, writing = os.pipe()
    with monkeypatch.context() as patch, os.fdopen(writing, "w", buffering=1) as stdout:
        patch.setattr(screen, "_reader_left", Event())
        patch.setattr("sys.stdout", stdout)
        yield reading


def told(number: int) -> StreamEvent:
    return StreamEvent("indexed", str(number), {"path": f"/nas/{number}.log"})


async def for_ever(after: str | None) -> AsyncIterator[StreamEvent]:
    number = int(after or 0)
    while True:
        number += 1
        yield told(number)


@pytest.mark.parametrize("json", [False, True])
async def test_a_reader_that_leaves_ends_it(monkeypatch: pytest.MonkeyPatch, json: bool):
    with piped(monkeypatch) as reading:
        os.close(reading)
        await events.follow(for_ever, None, json=json)
        assert not screen.is_read()


async def test_a_stream_that_ends_is_gone_on_with(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(events, "AGAIN_SECONDS", 0)
    asked: list[str | None] = []

    with piped(monkeypatch) as reading:

        async def restarted(after: str | None) -> AsyncIterator[StreamEvent]:
            asked.append(after)
            if len(asked) == 5:
                os.close(reading)
            if len(asked) == 1:  # one that ends before anything happens, and says where it began
                yield StreamEvent("", "5", {})
            elif len(asked) != 3:  # one that ends before anything is said
                yield told(int(after or 0) + 7)

        await events.follow(restarted, None, json=False)
    assert asked == [None, "5", "12", "12", "19"]
