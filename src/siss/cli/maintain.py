"""siss maintain: what the service does by itself, and having it done now."""

from typing import Annotated, Any

import typer

from siss.cli.asking import ask
from siss.cli.operate import Wait, request
from siss.cli.options import Output

Name = Annotated[
    str | None,
    typer.Argument(
        metavar="[NAME]",
        help="vacuum, snapshot, integrity, audit, jobs, dead-files or compact; without it they are listed.",
        show_default=False,
    ),
]


def maintain(name: Name = None, wait: Wait = True, *, how: Output) -> None:
    """List the tasks of maintenance with their last runs, or run one now. Ends with 8 where bit rot is found."""
    from siss.client import calls
    from siss.model.maintenance import Task

    if name is None:
        ask(calls.get_maintenance(), _show, how)
        return
    if name not in {task.value for task in Task}:
        raise typer.BadParameter(f"there is no task {name}: {', '.join(Task)}")
    request(calls.post_maintenance(name), how, wait=wait)


def _show(answer: dict[str, Any]) -> None:
    from rich.table import Table
    from rich.text import Text

    from siss.cli.screen import duration, moment, out, safe

    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("task", "last run", "took", "found", "next"):
        table.add_column(heading, overflow="fold")
    for task in answer["items"]:
        numbers = ", ".join(
            f"{name} {value}" for name, value in task["result"].items() if value not in (None, [], "")
        )
        table.add_row(
            task["name"],
            moment(task["started_at"]) if task["started_at"] else "never",
            duration(task["seconds"]) if task["seconds"] is not None else "",
            Text(safe(task["error"]), "red") if task["error"] else Text(safe(numbers)),
            moment(task["due_at"]) if task["due_at"] else "on request",
        )
    out().print(table)
