"""Commands about who may ask: siss keys, and siss audit."""

from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from siss.cli.asking import ask
from siss.cli.options import Listing, Output, stands_alone
from siss.errors import ConfigError

if TYPE_CHECKING:
    from siss.cli.backend import Backend
    from siss.settings import Settings

NAME: Final = "keys"
Given = Annotated[str, typer.Argument(metavar="KEY", help="Its id or its name.")]


def keys(context: typer.Context, *, how: Output) -> None:
    """Show the API keys: who may ask, what they may see, when they were used last."""
    if not stands_alone(context, how != Output()):
        return
    from siss.cli.show.access import show_keys
    from siss.client import calls

    ask(
        lambda backend: backend.all_pages(lambda cursor: calls.get_keys(cursor=cursor)),
        show_keys,
        how,
        access=True,
    )


def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is for.")],
    role: Annotated[str, typer.Option(help="reader, editor (tags and uploads too) or admin.")] = "reader",
    scope: Annotated[
        list[str] | None,
        typer.Option(metavar="PATH", help="Only what lies below this path may be seen (again for several)."),
    ] = None,
    raw: Annotated[bool, typer.Option("--raw", help="Files' own bytes too, which are not redacted.")] = False,
    per_minute: Annotated[int, typer.Option(metavar="N", min=0, help="Requests a minute; 0: no limit.")] = 0,
    expires: Annotated[
        str | None, typer.Option(metavar="TIME", help="When it ends: 12h, 90d.", show_default=False)
    ] = None,
    *,
    how: Output,
) -> None:
    """Make a key and show its text, this once."""
    from siss.cli.backend import without_none
    from siss.cli.show.access import show_new_key
    from siss.client import calls

    body = without_none(
        {
            "name": name,
            "role": role,
            "scopes": scope or None,
            "raw": raw,
            "requests_per_minute": per_minute,
            "expires_in": _seconds("--expires", expires),
        }
    )
    ask(calls.post_key(body), show_new_key, how, access=True)


def rotate(
    key: Given,
    grace: Annotated[str, typer.Option(metavar="TIME", help="How long the old one stays good: 10min, 1d.")] = "0s",
    *,
    how: Output,
) -> None:
    """Replace a key by a new one that may do the same, and show its text, this once."""
    from siss.cli.show.access import show_new_key
    from siss.client import calls

    call = calls.post_rotate(key, {"grace": _seconds("--grace", grace)})
    ask(call, show_new_key, how, access=True)


def renew(
    key: Given,
    expires: Annotated[
        str | None, typer.Option(metavar="TIME", help="When it ends, from now: 12h, 90d.", show_default="never")
    ] = None,
    *,
    how: Output,
) -> None:
    """Give a key a new end, also one that expired; one that was revoked stays so."""
    from siss.cli.show.access import show_renewed_key
    from siss.client import calls

    ask(calls.post_renew(key, {"expires_in": _seconds("--expires", expires)}), show_renewed_key, how, access=True)


def revoke(key: Given, *, how: Output) -> None:
    """End a key: within a second it is refused everywhere. A name also ends keys in the grace of a rotation."""
    from siss.cli.show.access import show_ended_key
    from siss.client import calls

    ask(calls.delete_key(key), show_ended_key, how, access=True)


def link(key: Given, *, how: Output) -> None:
    """Show a link that signs a browser in with a key's rights: once, in the next 15 minutes."""
    from siss.cli.show.access import show_link

    settings = how.load().settings

    async def make_link(backend: "Backend") -> dict[str, Any]:
        from siss.client import calls

        found = await backend.all_pages(lambda cursor: calls.get_keys(cursor=cursor))
        fitting = [each["id"] for each in found["items"] if key in {each["id"], each["name"]}]
        return _make_link(settings, next(reversed(fitting), None), key)

    ask(make_link, show_link, how, access=True)


def _make_link(settings: "Settings", key_id: str | None, given: str) -> dict[str, Any]:
    import time

    from siss.access.sessions import SignInCodes, sign_in_link
    from siss.errors import NotFoundError
    from siss.state import StateFolder, find_owner

    owner = find_owner(settings.data_dir)
    if owner is None or owner.address is None or not owner.serves:
        raise NotFoundError("No service runs here that a browser could be signed in to: siss serve")
    if key_id is None:
        raise NotFoundError(f"No key has the id or name {given}.")
    code = SignInCodes(StateFolder(settings.data_dir)).make(key_id, time.time())
    return {"link": sign_in_link(owner.address, code)}


def audit(
    subject: Annotated[str | None, typer.Option(help="Of key:<id>, or local.", show_default=False)] = None,
    action: Annotated[
        str | None, typer.Option(help="search, read, download, list, index, change ...", show_default=False)
    ] = None,
    since: Annotated[str | None, typer.Option(metavar="TIME", help="2026-11-21 or 2026-11-21T10:00Z.")] = None,
    until: Annotated[str | None, typer.Option(metavar="TIME", help="The end, exclusive.")] = None,
    *,
    page: Listing,
    how: Output,
) -> None:
    """Who asked what, the latest first."""
    from siss.cli.show.access import show_audit
    from siss.client import calls

    call = calls.get_audit(
        subject=subject, action=action, since=since, until=until, size=page.size, cursor=page.cursor
    )
    ask(call, show_audit, how, access=True)


COMMANDS: Final = (create, rotate, renew, revoke, link)
"""What follows ``siss keys``; nothing: they are shown."""


def _seconds(option: str, text: str | None) -> float | None:
    from siss.settings import parse_duration

    if text is None:
        return None
    found = parse_duration(text)
    if not isinstance(found, int | float):
        raise ConfigError(f"{option} {text}: expected a time such as 10min, 12h or 90d.", variable=option)
    return float(found)
