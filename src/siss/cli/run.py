"""From a coroutine to an exit code, and from an error to one line."""

import asyncio
import signal
from collections.abc import Coroutine, Iterable, Mapping
from typing import Any, Final

import typer

from siss.errors import ConfigError, InvalidQueryError, NasUnavailableError, SissError, UnavailableError

INTERRUPTED: Final = 130
"""128 and SIGINT's number, as shells say it."""

EXIT_CODES: Final[dict[int, str]] = {
    0: "Done; a search found something.",
    1: "A search found nothing; `siss doctor` found something that fails.",
    2: "The command line, a setting or a query is wrong.",
    3: "The state folder cannot be used, or another process owns it.",
    4: "There is no such file, path or job; or nothing is indexed yet.",
    5: "Not allowed.",
    6: "The present state does not allow it.",
    7: "Something does not answer now: database, engine, NAS, service; or the disk is full. Try again. `siss index`, "
    "`siss scan`: a folder is away, or lost so much that it is taken for away; the others are up to date.",
    8: "Stored data is wrong; `siss verify` found differences, or `siss maintain integrity` bit rot.",
    70: "A fault of SISS, or a job that failed.",
    130: "Interrupted (Ctrl-C).",
    143: "Ended by SIGTERM (129 by SIGHUP), in order: no process is left behind.",
}
"""What each exit code means; docs/cli.md is made from this."""


def run(work: Coroutine[Any, Any, int]) -> None:
    """Run a command's work and end with its code."""
    ended: list[int] = []
    try:
        code = asyncio.run(_until_ended(work, ended))
    except asyncio.CancelledError:
        if not ended:
            raise
        code = 128 + ended[0]
    if code:
        raise typer.Exit(code)


async def _until_ended(work: Coroutine[Any, Any, int], ended: list[int]) -> int:
    """Do the work; a signal that ends this process ends the work first, as Ctrl-C does: it may own a database."""
    task, loop = asyncio.current_task(), asyncio.get_running_loop()
    assert task is not None

    def end(number: int) -> None:
        ended.append(number)
        task.cancel()

    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:  # nohup ignores the second, and may
            loop.add_signal_handler(number, end, number)
    return await work


def fail(error: SissError) -> int:
    """Say on standard error what happened, in one line (three for a query, which is pointed into); its exit code."""
    from rich.text import Text

    from siss.cli.screen import err, safe

    err().print(Text("siss: ", "bold red").append(safe(error.message), "red"))
    if isinstance(error, InvalidQueryError):
        expression, position = str(error.details.get("expression", "")), error.details.get("position")
        if (
            isinstance(position, int)
            and position > 0
            and expression
            and len(expression) < 200
            and "\n" not in expression
        ):
            err().print(f"  {safe(expression)}", markup=False)
            err().print(f"  {' ' * (position - 1)}^", markup=False)
    elif isinstance(error, ConfigError) and "key" not in error.details:  # which a gateway's file has
        err().print("  siss config shows every setting and where it comes from.", style="dim")
    elif isinstance(error, UnavailableError):
        err().print("  siss doctor looks for the cause.", style="dim")
    return error.kind.exit_code


def tell_outages(roots: Iterable[Mapping[str, Any]], name: str) -> int:
    """Say on standard error which roots a scan could not look at; the exit code for that, 0 where there are none.

    ``roots``: reports of a scan, in which ``name`` has the path and ``outage`` the reason.
    """
    from rich.text import Text

    from siss.cli.screen import err, safe

    code = 0
    for root in roots:
        if outage := root.get("outage"):
            told = f"{root[name]} is away: {outage}".rstrip(".")
            line = Text("siss: ", "bold yellow").append(
                safe(f"{told}. What is indexed of it stays as it is."), "yellow"
            )
            err().print(line)
            code = NasUnavailableError.kind.exit_code
    return code
