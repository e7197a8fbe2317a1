"""Who asks: a tenant by its API key. Keys are kept as hashes and compared in constant time."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from siss.errors import KeyRefusedError, NotFoundError
from siss.gateway.config import BudgetTable, TenantTable

LOCAL: Final = "local"


@dataclass(frozen=True, slots=True)
class Tenant:
    """``models``: names of models that it may ask; None: all. ``admin``: whether it may see and purge the cache."""

    name: str
    models: frozenset[str] | None = None
    admin: bool = False

    def may_ask(self, model: str) -> bool:
        """Whether a model is this tenant's."""
        return self.models is None or model in self.models

    def check_may_ask(self, model: str) -> None:
        """Raise ``NotFoundError`` for a model that is not this tenant's: it learns nothing of it."""
        if not self.may_ask(model):
            raise NotFoundError(f"There is no model {model!r}; /v1/models lists what there is", field="model")


class Tenants:
    """All tenants. Without any in the configuration, everybody is ``local``, and an administrator."""

    def __init__(self, tables: Mapping[str, TenantTable], models: Mapping[str, str]) -> None:
        """``models``: the name that each name or alias stands for."""
        self._keys: list[tuple[bytes, Tenant]] = []
        self._open = None if tables else Tenant(LOCAL, admin=True)
        self.budgets: Final[dict[str, BudgetTable]] = {name: table.budget for name, table in tables.items()}
        for name, table in tables.items():
            mine = None if "*" in table.models else frozenset(models[model] for model in table.models)
            tenant = Tenant(name, mine, table.admin)
            self._keys += [(bytes.fromhex(key.removeprefix("sha256:")), tenant) for key in table.keys]

    @property
    def open(self) -> bool:
        """Whether anybody may ask, without a key."""
        return self._open is not None

    def authenticate(self, authorization: str | None) -> Tenant:
        """The tenant of an ``Authorization`` header. Raises ``KeyRefusedError``."""
        if self._open is not None:
            return self._open
        scheme, _, key = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not key:
            raise KeyRefusedError("No API key: send it as `Authorization: Bearer KEY`")
        digest = sha256(key.strip().encode()).digest()
        found = None
        for known, tenant in self._keys:  # all of them, however soon one fits
            if hmac.compare_digest(known, digest):
                found = tenant
        if found is None:
            raise KeyRefusedError("This API key is not known here")
        return found
