"""What a tenant may use: requests and tokens a minute, requests at once, tokens a day.

Minutes are token buckets that refill evenly. Tokens are known only afterwards, so a bucket may go below zero, and
the tenant waits until it is filled again. Days are those of UTC; what was used today outlives a restart.
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import orjson

from siss.errors import BudgetError
from siss.gateway.config import BudgetTable
from siss.logs import get_logger

_DAY: Final = 86_400.0
_log: Final = get_logger("siss.gateway.budgets")


class Bucket:
    """So much a minute, at most a minute's worth at once. ``clock``: seconds, monotonic."""

    def __init__(self, a_minute: float, clock: Callable[[], float]) -> None:
        self._rate = a_minute / 60.0
        self._most = float(a_minute)
        self._clock = clock
        self._level = float(a_minute)
        self._at = clock()

    def wait(self, needed: float) -> float:
        """Seconds until so much is there; 0: now."""
        now = self._clock()
        self._level = min(self._most, self._level + (now - self._at) * self._rate)
        self._at = now
        return max(0.0, (needed - self._level) / self._rate)

    def take(self, amount: float) -> None:
        """Use so much, below zero too."""
        self._level -= amount


class Budget:
    """One tenant's. ``wall``: seconds since 1970, for the day."""

    def __init__(
        self, tenant: str, table: BudgetTable, clock: Callable[[], float], wall: Callable[[], float]
    ) -> None:
        self._tenant = tenant
        self._table = table
        self._wall = wall
        self._requests = Bucket(table.requests_per_minute, clock) if table.requests_per_minute else None
        self._tokens = Bucket(table.tokens_per_minute, clock) if table.tokens_per_minute else None
        self.running = 0
        self.day = int(wall() // _DAY)
        self.tokens_today = 0

    @contextlib.contextmanager
    def request(self) -> Iterator[None]:
        """One request, counted while it runs. Raises ``BudgetError`` that says which bound it met, and until when."""
        table = self._table
        if table.concurrency and self.running >= table.concurrency:
            raise self._used_up(f"{table.concurrency} requests at once", 1.0)
        if self._requests is not None and (wait := self._requests.wait(1.0)):
            raise self._used_up(f"{table.requests_per_minute} requests a minute", wait)
        if self._tokens is not None and (wait := self._tokens.wait(1.0)):
            raise self._used_up(f"{table.tokens_per_minute} tokens a minute", wait)
        if table.tokens_per_day:
            self._turn_day()
            if self.tokens_today >= table.tokens_per_day:
                left = _DAY - self._wall() % _DAY
                raise self._used_up(f"{table.tokens_per_day} tokens a day", left, "day")
        if self._requests is not None:
            self._requests.take(1.0)
        self.running += 1
        try:
            yield
        finally:
            self.running -= 1

    def spend(self, tokens: int) -> None:
        """A model spent tokens for this tenant."""
        self._turn_day()
        self.tokens_today += tokens
        if self._tokens is not None:
            self._tokens.take(tokens)

    def _turn_day(self) -> None:
        today = int(self._wall() // _DAY)
        if today != self.day:
            self.day, self.tokens_today = today, 0

    def _used_up(self, what: str, seconds: float, unit: str = "minute") -> BudgetError:
        return BudgetError(f"{self._tenant} may use {what}", retry_after=seconds, unit=unit)


class Budgets:
    """All tenants' budgets. ``file``: where today's tokens are kept; None: nowhere."""

    def __init__(
        self,
        tables: Mapping[str, BudgetTable],
        file: Path | None,
        clock: Callable[[], float],
        wall: Callable[[], float],
    ) -> None:
        self._file = file
        self._clock = clock
        self._wall = wall
        self._budgets = {name: Budget(name, table, clock, wall) for name, table in tables.items()}
        self._load()

    def of(self, tenant: str) -> Budget:
        """A tenant's budget; without bounds where the configuration has none."""
        budget = self._budgets.get(tenant)
        if budget is None:
            budget = self._budgets[tenant] = Budget(tenant, BudgetTable(), self._clock, self._wall)
        return budget

    def usage(self) -> dict[str, int]:
        """Tokens of today, by tenant."""
        today = int(self._wall() // _DAY)
        return {name: budget.tokens_today for name, budget in self._budgets.items() if budget.day == today}

    def save(self) -> None:
        """Keep today's tokens. A failure is a warning."""
        if self._file is None:
            return
        body = orjson.dumps({"day": int(self._wall() // _DAY), "tokens": self.usage()})
        try:
            coming = self._file.with_suffix(".coming")
            coming.write_bytes(body)
            coming.replace(self._file)
        except OSError as error:
            _log.warning("usage not saved", file=str(self._file), error=str(error))

    def _load(self) -> None:
        try:
            kept: Any = orjson.loads(self._file.read_bytes()) if self._file is not None else {}
        except (OSError, orjson.JSONDecodeError):
            return
        if isinstance(kept, dict) and kept.get("day") == int(self._wall() // _DAY):
            for name, tokens in dict(kept.get("tokens") or {}).items():
                if name in self._budgets and isinstance(tokens, int):
                    self._budgets[name].tokens_today = tokens
