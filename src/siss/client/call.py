"""A request as a value, and what its answer is read as: one definition for both clients."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import httpx
from pydantic import TypeAdapter, ValidationError

from siss.errors import SissError, UnavailableError, error_classes

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """``path``: with its gaps filled; ``params`` that are None are not sent; ``answer``: its type, or ``bytes``."""

    method: str
    path: str
    answer: type[T]
    params: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None
    files: Any = None

    def request(self, client: httpx.Client | httpx.AsyncClient) -> httpx.Request:
        """What is sent."""
        params = {name: value for name, value in self.params.items() if value is not None}
        return client.build_request(self.method, self.path, params=params, json=self.body, files=self.files)

    def read(self, response: httpx.Response, where: str) -> T:
        """The answer. Raises what the service raised; what a newer one says besides is left out."""
        if not response.is_success:
            raise rebuild_error(_json(response, where), where)
        if self.answer is bytes:
            return response.content  # type: ignore[return-value]
        if self.answer is type(None):
            return None
        try:
            return TypeAdapter(self.answer).validate_json(response.content, extra="ignore")
        except ValidationError as error:
            raise UnavailableError(f"{where} is not a SISS service that this client understands.") from error


def rebuild_error(body: Any, where: str) -> SissError:
    """The error that a service raised, from its body."""
    try:
        found = body["error"]
        code, message, details = found["code"], found["message"], found["details"]
    except (KeyError, TypeError):
        return UnavailableError(f"{where} is not a SISS service.")
    cls = next((cls for cls in reversed(error_classes()) if cls.kind.code == code), SissError)
    return cls(message, **{str(name): value for name, value in details.items()})


def _json(response: httpx.Response, where: str) -> Any:
    try:
        return response.json()
    except ValueError as error:
        raise UnavailableError(f"{where} is not a SISS service (HTTP {response.status_code}).") from error
