"""Commands about synonyms: siss synonyms."""

from typing import Annotated, Any, Final
from urllib.parse import quote

import typer

from siss.cli.options import AsJson, DataDir, Sets, load
from siss.cli.run import run
from siss.errors import ConfigError

NAME: Final = "synonyms"


def synonyms(context: typer.Context, json: AsJson = False, data_dir: DataDir = None, sets: Sets = None) -> None:
    """Show what else is meant by words."""
    if context.invoked_subcommand is not None:
        if json or data_dir or sets:
            raise ConfigError(
                f"Put the options behind the command: siss {NAME} {context.invoked_subcommand} --json",
                variable="--json",
            )
        return
    from siss.cli.backend import open_backend
    from siss.cli.screen import print_json

    settings = load(data_dir, sets).settings

    async def work() -> int:
        found: list[dict[str, Any]] = []
        cursor: str | None = None
        async with open_backend(settings) as backend:
            while True:
                page = await backend.get("/synonyms", cursor=cursor)
                found += page["items"]
                cursor = page["cursor"]
                if cursor is None:
                    break
        if json:
            print_json({"items": found})
        else:
            _show(found)
        return 0

    run(work())


def put(
    term: Annotated[str, typer.Argument(metavar="TERM", help="A word, or several in quotes.")],
    others: Annotated[list[str], typer.Argument(metavar="SYNONYM...", help="What is found for it, too.")],
    two_way: Annotated[bool, typer.Option("--two-way", help="Each of them also means the others.")] = False,
    json: AsJson = False,
    data_dir: DataDir = None,
    sets: Sets = None,
) -> None:
    """Say what else is meant by a term; searches use it at once."""
    from siss.cli.backend import open_backend
    from siss.cli.screen import print_json

    settings = load(data_dir, sets).settings

    async def work() -> int:
        body = {"term": term, "synonyms": others, "two_way": two_way}
        async with open_backend(settings) as backend:
            made = await backend.put("/synonyms", body)
        if json:
            print_json(made)
        else:
            _show([made])
        return 0

    run(work())


def drop(
    term: Annotated[str, typer.Argument(metavar="TERM")],
    data_dir: DataDir = None,
    sets: Sets = None,
) -> None:
    """Let a term mean itself alone again."""
    from siss.cli.backend import open_backend

    settings = load(data_dir, sets).settings

    async def work() -> int:
        async with open_backend(settings) as backend:
            await backend.delete(f"/synonyms/{quote(term, safe='')}")
        return 0

    run(work())


COMMANDS: Final = (put, drop)
"""What follows ``siss synonyms``; nothing: they are shown."""


def _show(found: list[dict[str, Any]]) -> None:
    from siss.cli.screen import out

    for each in found:
        arrow = "<->" if each["two_way"] else "->"
        out().print(f"{each['term']} {arrow} {', '.join(each['synonyms'])}", markup=False, highlight=False)
