"""Commands about what is kept and told: siss searches, siss webhooks."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from siss.cli.asking import ask, show_each
from siss.cli.options import Output, stands_alone

if TYPE_CHECKING:
    from siss.cli.backend import Json
    from siss.client import Call

SEARCHES: Final = "searches"
WEBHOOKS: Final = "webhooks"
Given = Annotated[str, typer.Argument(metavar="ID", help="As the list shows it.")]


def searches(context: typer.Context, *, how: Output) -> None:
    """Show the saved searches."""
    if stands_alone(context, how != Output()):
        from siss.client import calls

        nothing = "There are no saved searches yet: siss searches save NAME QUERY"
        _list(lambda cursor: calls.get_searches(cursor=cursor), _show_search, nothing, how)


def save(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    query: Annotated[str, typer.Argument(metavar="QUERY", help="As siss search takes it.")],
    *,
    how: Output,
) -> None:
    """Keep a question under a name."""
    from siss.client import calls

    ask(
        calls.post_searches({"name": name, "query": {"query": {"text": query}}}),
        _show_search,
        how,
    )


def forget(given: Given, *, how: Output) -> None:
    """Delete a saved search, with the webhooks on it."""
    from siss.client import calls

    ask(calls.delete_search(given), _show_search, how)


def webhooks(context: typer.Context, *, how: Output) -> None:
    """Show whom webhooks tell what, and whether that works."""
    if stands_alone(context, how != Output()):
        from siss.client import calls

        nothing = "There are no webhooks yet: siss webhooks add URL"
        _list(lambda cursor: calls.get_webhooks(cursor=cursor), _show_webhook, nothing, how)


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
    *,
    how: Output,
) -> None:
    """Have an address told what happens to files, and show the secret that signs it, this once."""
    from siss.cli.backend import without_none
    from siss.client import calls

    body = without_none({"url": url, "kinds": kind or None, "folder": folder, "tag": tag, "search": search})
    ask(calls.post_webhook(body), _show_webhook, how)


def hold(given: Given, *, how: Output) -> None:
    """Pause a webhook."""
    _set_active(given, False, how)


def resume(given: Given, *, how: Output) -> None:
    """Let a webhook go on, also with what failed."""
    _set_active(given, True, how)


def delete(given: Given, *, how: Output) -> None:
    """Delete a webhook, with what was to be sent to it."""
    from siss.client import calls

    ask(calls.delete_webhook(given), _show_webhook, how)


SEARCHES_COMMANDS: Final = (save, forget)
WEBHOOKS_COMMANDS: Final = (add, hold, resume, delete)


def _set_active(given: str, active: bool, how: Output) -> None:
    from siss.client import calls

    ask(calls.patch_webhook(given, {"active": active}), _show_webhook, how)


def _list(
    page: "Callable[[str | None], Call[Any]]",
    show: "Callable[[Json], None]",
    nothing: str,
    how: Output,
) -> None:
    def show_all(found: "Json") -> None:
        show_each(found, show, nothing)

    ask(lambda backend: backend.all_pages(page), show_all, how)


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
