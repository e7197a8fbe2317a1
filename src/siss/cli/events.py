"""The command that tells what happens: siss events."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from siss.cli.options import Output
from siss.cli.run import run

if TYPE_CHECKING:
    from siss.client.events import StreamEvent

AGAIN_SECONDS: Final = 1.0
"""A stream that the service ends (its workers are restarted) is asked for again after that."""


def events(
    folder: Annotated[
        str | None, typer.Argument(metavar="[DIR]", help="Only below this folder.", show_default=False)
    ] = None,
    kind: Annotated[
        list[str] | None, typer.Option(help="indexed, changed or removed (again for several).", show_default=False)
    ] = None,
    tag: Annotated[str | None, typer.Option(help="Only files with this tag.", show_default=False)] = None,
    after: Annotated[
        str | None,
        typer.Option(metavar="N", help="Go on after this event; without it from now on.", show_default=False),
    ] = None,
    *,
    how: Output,
) -> None:
    """Show what happens to files while it happens, until Ctrl-C. Needs a service."""
    from siss.cli.ask import spellings
    from siss.client import calls
    from siss.errors import StateError

    opened = how.open()
    below = None if folder is None else spellings(folder)[-1]

    async def work() -> int:
        async with opened as backend:
            if backend.local:
                raise StateError("Events are told by a service: siss serve DIR, and ask again beside it.")

            def stream(after: str | None) -> "AsyncIterator[StreamEvent]":
                return backend.stream(calls.get_events(folder=below, kind=kind, tag=tag, after=after))

            await follow(stream, after, json=how.json)
        return 0

    run(work())


async def follow(
    stream: "Callable[[str | None], AsyncIterator[StreamEvent]]", after: str | None, *, json: bool
) -> None:
    """Show events as long as somebody reads them, over the ends of streams. ``stream``: those after a number."""
    from siss.cli.screen import is_read

    while True:
        async for event in stream(after):
            after = event.number or after
            if event.name:
                _show(event.name, event.number, event.body, json=json)
            if not is_read():
                return
        await asyncio.sleep(AGAIN_SECONDS)


def _show(name: str, number: str, body: dict[str, Any], *, json: bool) -> None:
    from siss.cli.screen import out, print_json

    if json:
        print_json({"event": name, "number": number, **body})
    elif name == "lost":
        out().print(f"events between {body['after']} and {body['before']} are kept no more", markup=False)
    else:
        former = f"  (was {body['former_path']})" if body.get("former_path") else ""
        what = f" {body['what']}" if body.get("what") else ""
        path = body.get("path", body.get("message", ""))
        out().print(f"{number}  {name}{what}  {path}{former}", markup=False, highlight=False, soft_wrap=True)
