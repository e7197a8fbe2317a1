"""Commands about what files name and how they belong together: entities, related, graph."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from siss.cli.asking import ask, one_if_empty
from siss.cli.options import Cursor, Listing, Output
from siss.cli.run import run

if TYPE_CHECKING:
    from siss.cli.backend import Backend, Json


def entities(
    name: Annotated[
        str | None,
        typer.Argument(metavar="NAME", help="A name, with * and ?; or a network (10.0.0.0/8). Default: all."),
    ] = None,
    kind: Annotated[
        str | None, typer.Option("--type", "-t", metavar="TYPE", help="hostname, ip_address, username, version ...")
    ] = None,
    files: Annotated[bool, typer.Option("--files", "-f", help="The files that name it, with the lines.")] = False,
    of: Annotated[
        str | None, typer.Option("--of", metavar="PATH", help="What this file names.", show_default=False)
    ] = None,
    top: Annotated[bool, typer.Option("--top", help="Those that most files name first.")] = False,
    *,
    page: Listing,
    how: Output,
) -> None:
    """What files name: hosts, addresses, users, versions and more; a list, all about one, its files.

    A NAME without wildcards that is one thing shows the page about it. Ends with 1 where nothing is found.
    """
    from siss.cli.show.names import show_entities, show_entity, show_named, show_naming_files
    from siss.client import calls

    shown = show_entities

    async def act(backend: "Backend") -> "Json":
        nonlocal shown
        if of is not None:
            shown = show_named
            file = await find_file(backend, of)
            kinds = None if kind is None else [kind]
            return await backend.ask(
                calls.get_file_entities(file["id"], type_=kinds, size=page.size, cursor=page.cursor)
            )
        if (one := await _only(backend, kind, name)) is None:
            sort = "files" if top else None
            return await backend.ask(
                calls.get_entities(type_=kind, **_where(name), sort=sort, size=page.size, cursor=page.cursor)
            )
        if files:
            shown = show_naming_files
            return await backend.ask(
                calls.get_naming_files(one["type"], one["value"], size=page.size, cursor=page.cursor)
            )
        shown = show_entity
        return await backend.ask(calls.get_entity(one["type"], one["value"]))

    def code(answer: "Json") -> int:
        return 0 if answer.get("items", True) else 1

    def show(answer: "Json") -> None:
        shown(answer)

    ask(act, show, how, code=code)


def related(
    path: Annotated[str, typer.Argument(metavar="PATH", help="A file, or its id.")],
    kind: Annotated[
        list[str] | None,
        typer.Option(
            "--type", "-t", metavar="TYPE", help="references_same_host, references_file ... (again for more)."
        ),
    ] = None,
    least: Annotated[
        float, typer.Option("--min-confidence", min=0, max=1, help="Only those that are at least so sure.")
    ] = 0.0,
    size: Annotated[int, typer.Option("--size", "-n", min=1, max=1000, help="How many files.")] = 20,
    cursor: Cursor = None,
    *,
    how: Output,
) -> None:
    """The files that belong to one, and why: hosts, services, credentials, schema, versions, paths they name.

    Ends with 1 where there are none.
    """
    from siss.cli.show.names import show_related
    from siss.client import calls

    async def act(backend: "Backend") -> "Json":
        file = await find_file(backend, path)
        return await backend.ask(
            calls.get_related(file["id"], type_=kind or None, min_confidence=least, size=size, cursor=cursor)
        )

    ask(act, show_related, how, code=one_if_empty)


def graph(
    start: Annotated[
        list[str], typer.Argument(metavar="TYPE NAME | PATH", help="A thing (hostname db-prod-01), or a file.")
    ],
    hops: Annotated[int, typer.Option(min=1, max=4, help="From a thing to files is one, and back another.")] = 2,
    max_nodes: Annotated[int, typer.Option("--max-nodes", min=1, max=2000, help="How many nodes.")] = 200,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write it there: .graphml, or JSON.", show_default=False),
    ] = None,
    *,
    how: Output,
) -> None:
    """The files around a thing or a file and what they name, as a list, JSON or GraphML (Gephi, yEd, Cytoscape)."""
    from siss.cli.screen import err, print_json
    from siss.cli.show.names import show_graph
    from siss.client import calls
    from siss.errors import ConfigError

    if len(start) > 2:
        raise ConfigError("siss graph takes a type and a name, or one path.", variable="START")
    opened = how.open()

    async def work() -> int:
        async with opened as backend:
            asked: dict[str, Any] = {"hops": hops, "max_nodes": max_nodes}
            if len(start) == 2:
                asked |= {"type_": start[0], "value": start[1]}
            else:
                asked["file"] = (await find_file(backend, start[0]))["id"]
            if output is not None and output.suffix == ".graphml":
                data = await backend.ask_bytes(calls.get_graph(**asked, format_="graphml"))
            else:
                answer = await backend.ask(calls.get_graph(**asked))
                data = to_bytes(answer)
        if output is None:
            (print_json if how.json else show_graph)(answer)
        else:
            output.write_bytes(data)
            err().print(f"{output}: {len(data):,} bytes.", style="dim", markup=False)
        return 0

    run(work())


def to_bytes(answer: dict[str, Any]) -> bytes:
    """An answer as JSON in a file."""
    import json

    return (json.dumps(answer, ensure_ascii=False, indent=2) + "\n").encode("utf-8", "backslashreplace")


async def find_file(backend: "Backend", path: str) -> "Json":
    """The indexed file that an argument means: a path, or an id. Raises ``NotFoundError``."""
    import uuid

    from siss.cli.ask import spellings
    from siss.client import calls
    from siss.errors import NotFoundError

    try:
        return {"id": str(uuid.UUID(path))}
    except ValueError:
        pass
    for candidate in spellings(path):
        try:
            answer = await backend.ask(calls.get_path_coverage(path=candidate))
        except NotFoundError:
            continue
        if answer["file"] is not None:
            return dict(answer["file"])
    raise NotFoundError(f"{path} is no file that is indexed. (siss why {path} says more.)", path=path)


async def _only(backend: "Backend", kind: str | None, name: str | None) -> "Json | None":
    """The one thing that a name without wildcards means."""
    from siss.client import calls

    value = _where(name).get("value", "*")
    if "*" in value or "?" in value:
        return None
    items = (await backend.ask(calls.get_entities(type_=kind, value=value, size=2)))["items"]
    return dict(items[0]) if len(items) == 1 else None


def _where(name: str | None) -> dict[str, str]:
    from siss.search.entities import is_span

    if name is None:
        return {}
    return {"network" if is_span(name) else "value": name}
