"""Rows: what was measured, beside its peer or limit, against its budget; printed as a table, kept as JSON Lines."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Beside:
    """A peer or a physical limit, measured in the same run, in the row's unit. ``count``: what it found or did."""

    name: str
    value: float
    count: str = ""


@dataclass(frozen=True, slots=True)
class Budget:
    """Of the table in the architecture. ``most`` false: the value must be at least ``limit``."""

    limit: float
    most: bool = True

    def met_by(self, value: float) -> bool:
        """Whether the value keeps it."""
        return value <= self.limit if self.most else value >= self.limit


@dataclass(frozen=True, slots=True)
class Row:
    """One figure. ``count``: how much was done or found, so that a fast wrong answer shows."""

    measure: str
    value: float
    unit: str
    count: str = ""
    beside: Sequence[Beside] = ()
    budget: Budget | None = None


def figure(value: float) -> str:
    """Three digits that matter, thousands parted."""
    if not math.isfinite(value):
        return "-"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def verdict(row: Row) -> str:
    """The budget as the table shows it."""
    if row.budget is None:
        return ""
    sign = "≤" if row.budget.most else "≥"
    return f"{sign} {figure(row.budget.limit)} {'met' if row.budget.met_by(row.value) else 'MISSED'}"


class Recorder:
    """Prints a workload's table and keeps its raw rows in ``folder/<workload>.jsonl`` (a new run is appended)."""

    def __init__(self, folder: Path, workload: str, console: Console) -> None:
        self._file = folder / f"{workload}.jsonl"
        self._workload = workload
        self._console = console
        self._rows: list[dict[str, Any]] = []

    def keep(self, kind: str, **data: Any) -> None:
        """A raw row: a run of a program, the times of a list of requests."""
        self._rows.append({"kind": kind, **data})

    def finish(self, rows: Sequence[Row], **about: Any) -> None:
        """Write the file and print the table. ``about``: command, versions, machine, load, corpus."""
        head = {
            "kind": "run",
            "workload": self._workload,
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            **about,
        }
        results = [
            {"kind": "result", **asdict(row), "met": row.budget and row.budget.met_by(row.value)} for row in rows
        ]
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with self._file.open("ab") as out:
            for row in (head, *results, *self._rows):
                out.write(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))
        self._print(rows, about)

    def _print(self, rows: Sequence[Row], about: dict[str, Any]) -> None:
        table = Table(title=self._workload, title_justify="left", title_style="bold")
        for name, side in (
            ("measure", "left"),
            ("value", "right"),
            ("unit", "left"),
            ("count", "right"),
            ("beside", "left"),
            ("its value", "right"),
            ("its count", "right"),
            ("value / its", "right"),
            ("budget", "left"),
        ):
            table.add_column(name, justify="right" if side == "right" else "left")
        for row in rows:
            others: list[Beside | None] = [*row.beside] or [None]
            for number, other in enumerate(others):
                mine = (row.measure, figure(row.value), row.unit, row.count) if number == 0 else ("", "", "", "")
                theirs = ("", "", "", "") if other is None else _beside(row.value, other)
                table.add_row(*mine, *theirs, verdict(row) if number == 0 else "")
        self._console.print(table)
        self._console.print(f"[dim]{about['command']} · load {about['load_before']} → {about['load_after']}[/dim]\n")


def _beside(value: float, other: Beside) -> tuple[str, str, str, str]:
    ratio = value / other.value if other.value else math.nan
    return other.name, figure(other.value), other.count, figure(ratio)
