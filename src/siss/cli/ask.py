"""Commands that ask: search, why, stats."""

import contextlib
import os
from typing import TYPE_CHECKING, Annotated

import typer

from siss.cli.asking import ask, one_if_empty
from siss.cli.options import Cursor, Output

if TYPE_CHECKING:
    from siss.cli.backend import Backend, Json

Query = Annotated[list[str] | None, typer.Argument(metavar="QUERY", help='Words, "phrases", field:value, OR, -not.')]


def search(
    query: Query = None,
    size: Annotated[int, typer.Option("--size", "-n", min=1, max=100, help="How many files.")] = 10,
    sort: Annotated[str, typer.Option(help="relevance, name, path, size, modified or indexed.")] = "relevance",
    order: Annotated[str | None, typer.Option(help="asc or desc.", show_default=False)] = None,
    facets: Annotated[
        str | None, typer.Option(metavar="FIELDS", help="Count values: mime,kind,tags,ext,folder,level.")
    ] = None,
    mime: Annotated[list[str] | None, typer.Option(help="Only this type (again for several).")] = None,
    tag: Annotated[list[str] | None, typer.Option(help="Only with this tag (again for several).")] = None,
    cursor: Cursor = None,
    explain: Annotated[bool, typer.Option("--explain", help="How each score came about.")] = False,
    *,
    how: Output,
) -> None:
    """Search. Ends with 1 where nothing is found, like grep."""
    from siss.cli.show.search import show_search
    from siss.client import calls

    call = calls.get_search(
        q=" ".join(query or ()),
        size=size,
        sort=sort,
        order=order,
        facets=None if facets is None else [facets],
        mime=mime or None,
        tag=tag or None,
        cursor=cursor,
        explain=explain or None,
    )
    ask(call, show_search, how, code=one_if_empty)


def why(
    path: Annotated[str, typer.Argument(metavar="PATH", help="A file or folder.")],
    *,
    how: Output,
) -> None:
    """What of a file is indexed, what not, and why."""
    from siss.cli.show.coverage import show_why
    from siss.client import calls
    from siss.errors import NotFoundError

    async def act(backend: "Backend") -> "Json":
        *others, last = spellings(path)
        for candidate in others:
            with contextlib.suppress(NotFoundError):
                return await backend.ask(calls.get_path_coverage(path=candidate))
        return await backend.ask(calls.get_path_coverage(path=last))

    ask(act, show_why, how)


def spellings(path: str) -> list[str]:
    """The absolute paths that an argument may mean: as typed, and with links resolved; in the form that is shown."""
    from siss.discover.paths import shown_path

    raw = os.fsencode(os.path.expanduser(path))  # noqa: PTH111 - bytes matter
    if "\\" in path and not os.path.lexists(raw):
        return [path]  # a path on a Windows client, or one copied from an answer
    found = [shown_path(os.path.abspath(raw)), shown_path(os.path.realpath(raw))]  # noqa: PTH100
    return list(dict.fromkeys(found))


def stats(*, how: Output) -> None:
    """Numbers about the index, and what indexing does now."""
    from siss.cli.show.status import show_stats
    from siss.client import calls

    ask(calls.get_stats(), show_stats, how)
