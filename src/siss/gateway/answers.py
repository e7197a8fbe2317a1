"""What a host's answer must look like, and the identity that it goes out under."""

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from siss.gateway.model.request import Endpoint

_OBJECTS: Final = {
    Endpoint.CHAT: ("chatcmpl-", "chat.completion", "chat.completion.chunk"),
    Endpoint.COMPLETIONS: ("cmpl-", "text_completion", "text_completion"),
}


@dataclass(frozen=True, slots=True)
class Identity:
    """The one id, created and model of an answer. ``model``: the gateway's name for the model that answered."""

    endpoint: Endpoint
    id: str
    created: int
    model: str

    @classmethod
    def of(cls, endpoint: Endpoint, given: Mapping[str, Any], model: str) -> "Identity":
        """The id and the time that the host gave, where they are of use; made up otherwise."""
        ident, created = given.get("id"), given.get("created")
        return cls(
            endpoint,
            ident if isinstance(ident, str) and ident else _OBJECTS[endpoint][0] + uuid.uuid4().hex,
            created if isinstance(created, int) and not isinstance(created, bool) else int(time.time()),
            model,
        )

    def fields(self, *, streamed: bool) -> dict[str, Any]:
        """The fields that say it in a whole answer, or in a chunk of a stream."""
        name = _OBJECTS[self.endpoint][2 if streamed else 1]
        return {"id": self.id, "object": name, "created": self.created, "model": self.model}


def has_shape(endpoint: Endpoint, body: Mapping[str, Any]) -> bool:
    """Whether an answer has the parts without which no client of its endpoint can read it."""
    match endpoint:
        case Endpoint.CHAT:
            return _all(body.get("choices"), lambda choice: isinstance(choice.get("message"), dict))
        case Endpoint.COMPLETIONS:
            return _all(body.get("choices"), lambda choice: isinstance(choice.get("text"), str))
        case Endpoint.EMBEDDINGS:
            return _all(body.get("data"), lambda item: _is_vector(item.get("embedding")))
        case Endpoint.RERANK:
            return _all(body.get("results"), lambda item: isinstance(item.get("index"), int))


def _is_vector(given: Any) -> bool:
    """Numbers, or their bytes in base64; a host that computed NaN writes null."""
    return isinstance(given, str) or (isinstance(given, list) and None not in given)


def name_answer(endpoint: Endpoint, body: dict[str, Any], model: str) -> dict[str, Any]:
    """An answer under the gateway's name of the model, with an identity where it needs one."""
    if endpoint in _OBJECTS:
        return body | Identity.of(endpoint, body, model).fields(streamed=False)
    return body | {"model": model}


def _all(items: Any, fits: Any) -> bool:
    return (
        isinstance(items, list) and bool(items) and all(isinstance(item, dict) and bool(fits(item)) for item in items)
    )
