"""Logs: one JSON object a line, for our own events and those of libraries."""

import io
import logging
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
import structlog

from siss.logs import configure_logs, get_logger, request_id


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Whatever a test configures is of that test."""
    root, before = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
    structlog.configure(**before)


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in stream.getvalue().splitlines()]


def test_an_event_is_a_line():
    stream = io.StringIO()
    configure_logs("info", "json", stream)
    token = request_id.set("r1")
    get_logger("one").info("request", status=200, path="/a")
    request_id.reset(token)
    get_logger("one").debug("too small")
    [line] = lines(stream)
    assert line.pop("timestamp").endswith("Z")
    assert line == {"message": "request", "level": "info", "status": 200, "path": "/a", "request_id": "r1"}


def test_libraries_speak_alike():
    stream = io.StringIO()
    configure_logs("warning", "json", stream)
    logging.getLogger("library").info("too small")
    logging.getLogger("library").warning("%s is late", "it", extra={"by": 3})
    [line] = lines(stream)
    del line["timestamp"]
    assert line == {"message": "it is late", "level": "warning", "by": 3}


def test_what_is_no_unicode_or_no_number_of_json_is_written_all_the_same():
    stream = io.StringIO()
    configure_logs("info", "json", stream)
    get_logger("one").warning("odd", path="caf\udce9", inode=1 << 70, what={1})
    [line] = stream.getvalue().splitlines()
    assert r'"path": "caf\udce9", "inode": 1180591620717411303424, "what": "{1}"' in line


def test_an_exception_says_where():
    stream = io.StringIO()
    configure_logs("info", "json", stream)
    try:
        raise LookupError("nobody")
    except LookupError:
        get_logger("one").exception("failed")
    [line] = lines(stream)
    assert line["level"] == "error"
    assert line["exception"].endswith("LookupError: nobody")


def test_people_get_text():
    stream = io.StringIO()
    configure_logs("info", "text", stream)
    get_logger("one").info("serving", port=8080)
    assert "serving" in stream.getvalue()
    assert "port=8080" in stream.getvalue()


def test_a_log_that_cannot_be_written_keeps_nobody_from_answering():
    class Full(io.StringIO):
        def write(self, _: str, /) -> int:
            raise OSError(28, "No space left on device")

    configure_logs("info", "json", Full())
    get_logger("one").info("request")
