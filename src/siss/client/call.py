"""A request as a value, and what its answer is read as: one definition for both clients."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Final, Generic, TypeVar

import httpx

from siss.errors import SissError, UnavailableError, error_classes

T = TypeVar("T")
_BYTES: Final = "bytes"
_NOTHING: Final = "None"


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """``path``: with its gaps filled; ``params`` and ``headers`` that are None are not sent.

    ``answer``: the module and the name of its type (``siss.api.models.stats:Stats``), ``bytes`` or ``None``. A name,
    so that a command which only prints the JSON does not import pydantic. ``also``: further statuses with such an
    answer, though they are no success; ``patient``: may take as long as it takes.
    """

    method: str
    path: str
    answer: str
    params: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str | None] = field(default_factory=dict)
    body: Any = None
    files: Any = None
    also: tuple[int, ...] = ()
    patient: bool = False

    def request(self, client: httpx.Client | httpx.AsyncClient) -> httpx.Request:
        """What is sent."""
        return client.build_request(
            self.method,
            self.path,
            params=_given(self.params),
            headers=_given(self.headers),
            json=self.body,
            files=self.files,
            timeout=None if self.patient else httpx.USE_CLIENT_DEFAULT,
        )

    def read(self, response: httpx.Response, where: str) -> T:
        """The answer. Raises what the service raised; what a newer one says besides is left out."""
        self.check(response, where)
        if self.answer == _BYTES:
            return response.content  # type: ignore[return-value]
        if self.answer == _NOTHING:
            return None  # type: ignore[return-value]
        from pydantic import TypeAdapter, ValidationError

        module, _, name = self.answer.partition(":")
        adapter: TypeAdapter[T] = TypeAdapter(getattr(import_module(module), name))
        try:
            return adapter.validate_json(response.content, extra="ignore")
        except ValidationError as error:
            raise UnavailableError(f"{where} is not a SISS service that this client understands.") from error

    def read_json(self, response: httpx.Response, where: str) -> dict[str, Any]:
        """The answer as it came. Raises as ``read``."""
        self.check(response, where)
        body = _json(response, where)
        if not isinstance(body, dict):
            raise UnavailableError(f"{where} is not a SISS service.")
        return body

    def check(self, response: httpx.Response, where: str) -> None:
        """Raise what the service raised, in an answer that was received whole."""
        if not response.is_success and response.status_code not in self.also:
            raise rebuild_error(_json(response, where), where)


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


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
