"""The command about what is unusual: siss anomalies."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from siss.cli.asking import ask
from siss.cli.names import find_file
from siss.cli.options import Listing, Output
from siss.errors import ConfigError

if TYPE_CHECKING:
    from siss.cli.backend import Backend, Json


def anomalies(
    what: Annotated[
        str | None,
        typer.Argument(metavar="ID | PATH", help="One anomaly, or what is unusual about a file. Default: all."),
    ] = None,
    severity: Annotated[
        list[str] | None,
        typer.Option("--severity", metavar="SEVERITY", help="critical, high, medium, low (again for more)."),
    ] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option("--type", "-t", metavar="TYPE", help="missing_fields, value_outlier ... (again for more)."),
    ] = None,
    status: Annotated[
        list[str] | None,
        typer.Option(metavar="STATUS", help="open, acknowledged, dismissed, resolved. Default: the first two."),
    ] = None,
    schema: Annotated[str | None, typer.Option(metavar="ID", help="Only of this schema.", show_default=False)] = None,
    acknowledge: Annotated[bool, typer.Option("--acknowledge", help="It is known (with an ID).")] = False,
    dismiss: Annotated[
        bool, typer.Option("--dismiss", help="It is none; nor is the same in other files (with an ID).")
    ] = False,
    reopen: Annotated[bool, typer.Option("--reopen", help="It is one, after all (with an ID).")] = False,
    *,
    page: Listing,
    how: Output,
) -> None:
    """What is unusual about files among those of their schema, and credentials in files; the worst first.

    Ends with 1 where there is nothing.
    """
    from siss.cli.show.anomalies import show_anomalies, show_anomaly
    from siss.client import calls

    judgement = _judgement(acknowledge=acknowledge, dismiss=dismiss, reopen=reopen)

    async def act(backend: "Backend") -> "Json":
        one = await _find_one(backend, what)
        if judgement is not None:
            if one is None:
                raise ConfigError("Name the anomaly by its id: siss anomalies shows it.", variable="ID")
            return await backend.ask(calls.patch_anomaly(one["id"], {"status": judgement}))
        if one is not None:
            return one
        if what is None:
            return await backend.ask(
                calls.get_anomalies(
                    severity=severity, type_=kind, status=status, schema=schema, size=page.size, cursor=page.cursor
                )
            )
        file = await find_file(backend, what)
        return await backend.ask(
            calls.get_file_anomalies(
                file["id"], severity=severity, type_=kind, status=status, size=page.size, cursor=page.cursor
            )
        )

    def show(answer: "Json") -> None:
        (show_anomalies if "items" in answer else show_anomaly)(answer)

    ask(act, show, how, code=lambda answer: 0 if answer.get("items", True) else 1)


def _judgement(*, acknowledge: bool, dismiss: bool, reopen: bool) -> str | None:
    asked = [
        status for status, given in (("acknowledged", acknowledge), ("dismissed", dismiss), ("open", reopen)) if given
    ]
    if len(asked) > 1:
        raise ConfigError("One of --acknowledge, --dismiss and --reopen.", variable="--dismiss")
    return asked[0] if asked else None


async def _find_one(backend: "Backend", what: str | None) -> dict[str, Any] | None:
    """The anomaly that an argument names; None where it names something else."""
    import uuid

    from siss.client import calls
    from siss.errors import NotFoundError

    try:
        return await backend.ask(calls.get_anomaly(str(uuid.UUID(what or ""))))
    except (ValueError, NotFoundError):
        return None
