"""Commands about what is kept and told: siss searches, siss webhooks."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, Final
from urllib.parse import quote

import typer

from siss.cli.options import AsJson, DataDir, Sets, load
from siss.cli.run import run
from siss.errors import ConfigError

if TYPE_CHECKING:
    from siss.cli.backend import Backend, Json

SEARCHES: Final = "searches"
WEBHOOKS: Final = "webhooks"
Given = Annotated[str, typer.Argument(metavar="ID", help="As the list shows it.")]


def searches(context: typer.Context, json: AsJson = False, data_dir: DataDir = None, sets: Sets = None) -> None:
    """Show the saved searches."""
    _list(context, SEARCHES, "/searches", _show_search, json, data_dir, sets)


def save(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    query: Annotated[str, typer.Argument(metavar="QUERY", help="As siss search takes it.")],
    json: AsJson = False,
    data_dir: DataDir = None,
    sets: Sets = None,
) -> None:
    """Keep a question under a name."""
    body = {"name": name, "query": {"query": {"text": query}}}
    _ask(lambda backend: backend.post("/searches", body), _show_search, json, data_dir, sets)


def forget(given: Given, json: AsJson = False, data_dir: DataDir = None, sets: Sets = None) -> None:
    """Delete a saved search, with the webhooks on it."""
    route = f"/searches/{quote(given, safe='')}"
    _ask(lambda backend: backend.delete(route), _show_search, json, data_dir, sets)


def webhooks(context: typer.Context, json: AsJson = False, data_dir: DataDir = None, sets: Sets = None) -> None:
    """Show whom webhooks tell what, and whether that works."""
    _list(context, WEBHOOKS, "/webhooks", _show_webhook, json, data_dir, sets)


def add(
    url: Annotated[str, typer.Argument(metavar="URL", help="Where to send.")],
    kind: Annotated[
        list[str] | None, typer.Option(help="indexed, changed or removed (again for several).", show_default=False)
    ] = None,
    folder: Annotated[str | None, typer.Option(help="Only files below it.", show_default=False)] = None,
    tag: Annotated[str | None, typer.Option(help="Only files with this tag.", show_default=False)] = None,
    search: Annotated[
        str | None, typer.Option(metavar="ID", help="Only files that match this saved search.", show_default=False)
    ] = None,
    json: AsJson = False,
    data_dir: DataDir = None,
    sets: Sets = None,
) -> None:
    """Have an address told what happens to files, and show the secret that signs it, this once."""
    from siss.cli.backend import without_none

    body = without_none({"url": url, "kinds": kind or None, "folder": folder, "tag": tag, "search": search})
    _ask(lambda backend: backend.post("/webhooks", body), _show_webhook, json, data_dir, sets)


def hold(given: Given, json: AsJson = False, data_dir: DataDir = None, sets: Sets = None) -> None:
    """Pause a webhook."""
    _set_active(given, False, json, data_dir, sets)


def resume(given: Given, json: AsJson = False, data_dir: DataDir = None, sets: Sets = None) -> None:
    """Let a webhook go on, also with what failed."""
    _set_active(given, True, json, data_dir, sets)


def delete(given: Given, json: AsJson = False, data_dir: DataDir = None, sets: Sets = None) -> None:
    """Delete a webhook, with what was to be sent to it."""
    route = f"/webhooks/{quote(given, safe='')}"
    _ask(lambda backend: backend.delete(route), _show_webhook, json, data_dir, sets)


SEARCHES_COMMANDS: Final = (save, forget)
WEBHOOKS_COMMANDS: Final = (add, hold, resume, delete)


def _set_active(given: str, active: bool, json: bool, data_dir: str | None, sets: list[str] | None) -> None:
    route = f"/webhooks/{quote(given, safe='')}"
    _ask(lambda backend: backend.patch(route, {"active": active}), _show_webhook, json, data_dir, sets)


def _list(
    context: typer.Context,
    name: str,
    route: str,
    show: "Callable[[Json], None]",
    json: bool,
    data_dir: str | None,
    sets: list[str] | None,
) -> None:
    if context.invoked_subcommand is not None:
        if json or data_dir or sets:
            raise ConfigError(
                f"Put the options behind the command: siss {name} {context.invoked_subcommand} --json",
                variable="--json",
            )
        return

    async def all_pages(backend: "Backend") -> "Json":
        items: list[Any] = []
        cursor: str | None = None
        while True:
            page = await backend.get(route, cursor=cursor)
            items += page["items"]
            cursor = page["cursor"]
            if cursor is None:
                return {"items": items}

    def show_all(found: "Json") -> None:
        for item in found["items"]:
            show(item)

    _ask(all_pages, show_all, json, data_dir, sets)


def _ask(act: Any, show: "Callable[[Json], None]", json: bool, data_dir: str | None, sets: list[str] | None) -> None:
    from siss.cli.backend import open_backend
    from siss.cli.screen import print_json

    settings = load(data_dir, sets).settings

    async def work() -> int:
        async with open_backend(settings) as backend:
            answer = await act(backend)
        (print_json if json else show)(answer)
        return 0

    run(work())


def _show_search(found: "Json") -> None:
    from siss.cli.screen import out

    text = found["query"].get("query", {}).get("text", "")
    out().print(f"{found['id']}  {found['name']}: {text}", markup=False, highlight=False, soft_wrap=True)


def _show_webhook(found: "Json") -> None:
    from siss.cli.screen import out

    reason = f" ({found['reason']})" if found["reason"] else ""
    line = f"{found['id']}  {found['state']}{reason}  {', '.join(found['kinds'])}  {found['url']}"
    out().print(line, markup=False, highlight=False, soft_wrap=True)
    if "secret" in found:
        out().print(f"secret: {found['secret']}", markup=False, highlight=False, soft_wrap=True)
