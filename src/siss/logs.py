"""Logs: JSON for machines (specification, section 9.2), one readable line for people."""

import contextlib
import json
import logging
import sys
from contextvars import ContextVar
from typing import Any, Literal, TextIO

import orjson
import structlog
from structlog.typing import EventDict, Processor

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
trace_id: ContextVar[str | None] = ContextVar("trace_id", default=None)


def _add_ids(_logger: Any, _method: str, event: EventDict) -> EventDict:
    for name, variable in (("trace_id", trace_id), ("request_id", request_id)):
        if (value := variable.get()) is not None:
            event.setdefault(name, value)
    return event


def configure_logs(
    level: str = "info", style: Literal["auto", "json", "text"] = "auto", stream: TextIO | None = None
) -> None:
    """Send all logs, those of libraries included, to ``stream`` (default: standard error) in one form."""
    stream = sys.stderr if stream is None else stream
    as_json = style == "json" or (style == "auto" and not stream.isatty())
    own: list[Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="timestamp"),
        _add_ids,
        structlog.processors.format_exc_info,
    ]
    last: list[Processor] = (
        [structlog.processors.EventRenamer("message"), structlog.processors.JSONRenderer(_to_json)]
        if as_json
        else [structlog.dev.ConsoleRenderer(colors=stream.isatty())]
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                structlog.stdlib.PositionalArgumentsFormatter(),
                structlog.stdlib.ExtraAdder(),
                *own,
            ],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # Our own do not go through the library's: every request writes a line, and that way takes four times as long.
    structlog.configure(
        processors=[*own, *last],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: _Lines(stream),
        cache_logger_on_first_use=True,
    )


class _Lines:
    """Writes each event as a line. A log that cannot be written keeps nobody from answering."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def msg(self, line: str) -> None:
        """Write one."""
        with contextlib.suppress(OSError, ValueError):
            self._stream.write(line + "\n")
            self._stream.flush()

    debug = info = warning = error = critical = exception = msg


def _to_json(event: EventDict, **options: Any) -> str:
    try:
        return orjson.dumps(event, default=options["default"]).decode()
    except TypeError:  # text that is not valid Unicode, or a number of more than 64 bits
        return json.dumps(event, **options)


def get_logger(name: str) -> structlog.typing.FilteringBoundLogger:
    """A logger whose keyword arguments become fields."""
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger(name)
    return logger
