"""What a model answered: one canonical final message, whatever form it came in or goes out in.

``data`` is the JSON object of a request that does not stream: for a chat its ``id``, ``created``, ``model``,
``choices`` (content, reasoning_content, refusal, tool_calls, finish_reason) and ``usage``. A stream is put together
into it before it is stored, and replayed from it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole reply. ``data``: UTF-8 JSON, sent as it is where the client does not stream. ``status``: HTTP.

    Only replies of the 400 and 404 class are anything but 200 here (the negative cache); other failures are errors.
    """

    data: bytes
    status: int = 200
    prompt_tokens: int = 0
    completion_tokens: int = 0

    @classmethod
    def of(cls, body: Mapping[str, Any], status: int = 200) -> "Reply":
        """A reply from its JSON object; token counts are those of its ``usage``."""
        usage = body.get("usage")
        counts = usage if isinstance(usage, Mapping) else {}
        return cls(
            orjson.dumps(body),
            status,
            prompt_tokens=_count(counts.get("prompt_tokens")),
            completion_tokens=_count(counts.get("completion_tokens")),
        )

    def body(self) -> dict[str, Any]:
        """The JSON object."""
        body: dict[str, Any] = orjson.loads(self.data)
        return body

    @property
    def tokens(self) -> int:
        """The tokens that a hit on this reply saves."""
        return self.prompt_tokens + self.completion_tokens


def _count(value: object) -> int:
    return value if isinstance(value, int) and value > 0 else 0
