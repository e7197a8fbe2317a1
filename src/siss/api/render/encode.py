"""JSON as bytes."""

from collections.abc import Mapping
from typing import Any

import orjson

Json = dict[str, Any]


def to_bytes(value: Any) -> bytes:
    """JSON in UTF-8; times in UTC end in ``Z``, and text that is not valid Unicode is escaped, not refused."""
    try:
        return orjson.dumps(value, option=orjson.OPT_UTC_Z)
    except TypeError:  # a lone surrogate: the only text that orjson refuses
        return orjson.dumps(_repair(value), option=orjson.OPT_UTC_Z)


def _repair(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, Mapping):
        return {_repair(key): _repair(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_repair(item) for item in value]
    return value
