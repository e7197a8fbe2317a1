"""Which route a request takes: the first in the operator's order that fits endpoint, model and tenant."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from siss.gateway.config import RouteTable
from siss.gateway.model.policy import CachePolicy
from siss.gateway.model.request import Endpoint

DEFAULT: Final = "default"


@dataclass(frozen=True, slots=True)
class Route:
    """A route as requests of one model take it. ``models``: that model, then those that may take its place.

    ``timeout``: seconds that a request may take in all. ``retries``: further rounds over a model's hosts.
    """

    name: str
    models: tuple[str, ...]
    policy: CachePolicy
    timeout: float
    retries: int
    defaults: Mapping[str, Any]


class Routes:
    """``resolve``: the model that a name or alias stands for."""

    def __init__(self, tables: Mapping[str, RouteTable], resolve: Callable[[str], str | None]) -> None:
        self._tables = [*tables.items(), (DEFAULT, RouteTable())]
        self._resolve = resolve
        self._found: dict[tuple[Endpoint, str, str], Route] = {}

    def find(self, endpoint: Endpoint, model: str, tenant: str) -> Route:
        """The route; requests that none is for take one with the defaults of every value."""
        key = (endpoint, model, tenant)
        route = self._found.get(key)
        if route is None:
            route = self._found[key] = self._make(*key)
        return route

    def _make(self, endpoint: Endpoint, model: str, tenant: str) -> Route:
        name, table = next(
            (name, table) for name, table in self._tables if self._fits(table, endpoint, model, tenant)
        )
        others = [found for each in table.fallback if (found := self._resolve(each)) and found != model]
        if endpoint is Endpoint.EMBEDDINGS:
            others = []  # the vectors of two models are never of one space
        return Route(name, (model, *others), table.cache, table.timeout, table.retries, table.defaults)

    def _fits(self, table: RouteTable, endpoint: Endpoint, model: str, tenant: str) -> bool:
        return (
            (not table.endpoints or endpoint in table.endpoints)
            and ("*" in table.models or any(self._resolve(each) == model for each in table.models))
            and ("*" in table.tenants or tenant in table.tenants)
        )
