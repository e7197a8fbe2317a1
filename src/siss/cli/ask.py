"""Commands that ask: search, why, stats."""

import os
from typing import Annotated

import typer

from siss.cli.options import AsJson, DataDir, Sets, load
from siss.cli.run import run

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
    cursor: Annotated[str | None, typer.Option(help="The next page, as the last one named it.")] = None,
    explain: Annotated[bool, typer.Option("--explain", help="How each score came about.")] = False,
    json: AsJson = False,
    data_dir: DataDir = None,
    sets: Sets = None,
) -> None:
    """Search. Ends with 1 where nothing is found, like grep."""
    from siss.cli.backend import open_backend
    from siss.cli.screen import print_json
    from siss.cli.show import show_search

    settings = load(data_dir, sets).settings

    async def work() -> int:
        async with open_backend(settings) as backend:
            answer = await backend.get(
                "/search",
                q=" ".join(query or ()),
                size=size,
                sort=sort,
                order=order,
                facets=facets,
                mime=mime or None,
                tag=tag or None,
                cursor=cursor,
                explain=explain or None,
            )
        (print_json if json else show_search)(answer)
        return 0 if answer["items"] else 1

    run(work())


def why(
    path: Annotated[str, typer.Argument(metavar="PATH", help="A file or folder.")],
    json: AsJson = False,
    data_dir: DataDir = None,
    sets: Sets = None,
) -> None:
    """What of a file is indexed, what not, and why."""
    from siss.cli.backend import open_backend
    from siss.cli.screen import print_json
    from siss.cli.show import show_why
    from siss.errors import NotFoundError

    settings = load(data_dir, sets).settings

    async def work() -> int:
        async with open_backend(settings) as backend:
            spelt = spellings(path)
            for at, candidate in enumerate(spelt):
                try:
                    answer = await backend.get("/coverage", path=candidate)
                except NotFoundError:
                    if at + 1 == len(spelt):
                        raise
                else:
                    break
        (print_json if json else show_why)(answer)
        return 0

    run(work())


def spellings(path: str) -> list[str]:
    """The absolute paths that an argument may mean: as typed, and with links resolved; in the form that is shown."""
    from siss.discover.paths import shown_path

    raw = os.fsencode(os.path.expanduser(path))  # noqa: PTH111 - bytes matter
    if "\\" in path and not os.path.lexists(raw):
        return [path]  # a path on a Windows client, or one copied from an answer
    found = [shown_path(os.path.abspath(raw)), shown_path(os.path.realpath(raw))]  # noqa: PTH100
    return list(dict.fromkeys(found))


def stats(json: AsJson = False, data_dir: DataDir = None, sets: Sets = None) -> None:
    """Numbers about the index, and what indexing does now."""
    from siss.cli.backend import open_backend
    from siss.cli.screen import print_json
    from siss.cli.show import show_stats

    settings = load(data_dir, sets).settings

    async def work() -> int:
        async with open_backend(settings) as backend:
            answer = await backend.get("/stats")
        (print_json if json else show_stats)(answer)
        return 0

    run(work())
