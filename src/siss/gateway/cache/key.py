"""The exact tier's key: a hash of everything that an answer depends on.

blake3 (256 bits) over the sorted, compact UTF-8 JSON of tenant, endpoint, model fingerprint and body. Array order,
white space and Unicode stay as they are: two requests that differ in any of them are two questions. The key has a
version: a change of what goes into it makes new keys, never wrong hits.
"""

from collections.abc import Mapping
from typing import Any, Final

import orjson
from blake3 import blake3

from siss.gateway.model.request import Question

VERSION: Final = 1
LEFT_OUT: Final = frozenset({"stream", "stream_options", "user", "metadata", "store", "service_tier"})
"""Fields that shape how a reply is sent, filed or billed, never what it says."""

_NOT_IN_KEY: Final = LEFT_OUT | {"model"}  # the model's fingerprint stands in its place: aliases share


def canonical_json(question: Question, body: Mapping[str, Any] | None = None) -> bytes:
    """The bytes that are hashed. ``body``: in place of the question's own."""
    body = question.request.body if body is None else body
    return orjson.dumps(
        {
            "body": {name: value for name, value in body.items() if name not in _NOT_IN_KEY},
            "endpoint": question.request.endpoint.value,
            "model": question.model,
            "tenant": question.tenant,
            "v": VERSION,
        },
        option=orjson.OPT_SORT_KEYS,
    )


def build_key(question: Question) -> bytes:
    """The key: 32 bytes."""
    return blake3(canonical_json(question)).digest()
