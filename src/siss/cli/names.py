"""Commands about what files name and how they belong together: entities, related, graph."""

from pathlib import Path
from typing import Annotated, Any

import typer

from siss.cli.options import AsJson, DataDir, Sets, load
from siss.cli.run import run

Cursor = Annotated[str | None, typer.Option(help="The next page, as the last one named it.", show_default=False)]


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
    size: Annotated[int, typer.Option("--size", "-n", min=1, max=1000, help="How many.")] = 50,
    cursor: Cursor = None,
    json: AsJson = False,
    data_dir: DataDir = None,
    sets: Sets = None,
) -> None:
    """What files name: hosts, addresses, users, versions and more; a list, all about one, its files.

    A NAME without wildcards that is one thing shows the page about it. Ends with 1 where nothing is found.
    """
    from siss.cli.backend import open_backend
    from siss.cli.screen import print_json
    from siss.cli.show_names import show_entities, show_entity, show_named, show_naming_files

    settings = load(data_dir, sets).settings

    async def work() -> int:
        async with open_backend(settings) as backend:
            page = {"size": size, "cursor": cursor}
            if of is not None:
                file = await find_file(backend, of)
                answer, show = await backend.get(f"/files/{file['id']}/entities", type=kind, **page), show_named
            elif (one := await _only(backend, kind, name)) is None:
                sort = "files" if top else None
                answer = await backend.get("/entities", type=kind, **_where(name), sort=sort, **page)
                show = show_entities
            elif files:
                answer, show = await backend.get(f"{_route(one)}/files", **page), show_naming_files
            else:
                answer, show = await backend.get(_route(one)), show_entity
        (print_json if json else show)(answer)
        return 0 if answer.get("items", True) else 1

    run(work())


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
    json: AsJson = False,
    data_dir: DataDir = None,
    sets: Sets = None,
) -> None:
    """The files that belong to one, and why: hosts, services, credentials, schema, versions, paths they name.

    Ends with 1 where there are none.
    """
    from siss.cli.backend import open_backend
    from siss.cli.screen import print_json
    from siss.cli.show_names import show_related

    settings = load(data_dir, sets).settings

    async def work() -> int:
        async with open_backend(settings) as backend:
            file = await find_file(backend, path)
            answer = await backend.get(
                f"/files/{file['id']}/related", type=kind or None, min_confidence=least, size=size, cursor=cursor
            )
        (print_json if json else show_related)(answer)
        return 0 if answer["items"] else 1

    run(work())


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
    json: AsJson = False,
    data_dir: DataDir = None,
    sets: Sets = None,
) -> None:
    """The files around a thing or a file and what they name, as a list, JSON or GraphML (Gephi, yEd, Cytoscape)."""
    from siss.cli.backend import open_backend
    from siss.cli.screen import err, print_json
    from siss.cli.show_names import show_graph
    from siss.errors import ConfigError

    if len(start) > 2:
        raise ConfigError("siss graph takes a type and a name, or one path.", variable="START")
    settings = load(data_dir, sets).settings

    async def work() -> int:
        async with open_backend(settings) as backend:
            asked: dict[str, Any] = {"hops": hops, "max_nodes": max_nodes}
            if len(start) == 2:
                asked |= {"type": start[0], "value": start[1]}
            else:
                asked["file"] = (await find_file(backend, start[0]))["id"]
            if output is not None and output.suffix == ".graphml":
                data = await backend.get_bytes("/graph", **asked, format="graphml")
            else:
                answer = await backend.get("/graph", **asked)
                data = to_bytes(answer)
        if output is None:
            (print_json if json else show_graph)(answer)
        else:
            output.write_bytes(data)
            err().print(f"{output}: {len(data):,} bytes.", style="dim", markup=False)
        return 0

    run(work())


def to_bytes(answer: dict[str, Any]) -> bytes:
    """An answer as JSON in a file."""
    import json

    return (json.dumps(answer, ensure_ascii=False, indent=2) + "\n").encode("utf-8", "backslashreplace")


async def find_file(backend: Any, path: str) -> dict[str, Any]:
    """The indexed file that an argument means: a path, or an id. Raises ``NotFoundError``."""
    import uuid

    from siss.cli.ask import spellings
    from siss.errors import NotFoundError

    try:
        return {"id": str(uuid.UUID(path))}
    except ValueError:
        pass
    for candidate in spellings(path):
        try:
            answer = await backend.get("/coverage", path=candidate)
        except NotFoundError:
            continue
        if answer["file"] is not None:
            return dict(answer["file"])
    raise NotFoundError(f"{path} is no file that is indexed. (siss why {path} says more.)", path=path)


async def _only(backend: Any, kind: str | None, name: str | None) -> dict[str, Any] | None:
    """The one thing that a name without wildcards means."""
    value = _where(name).get("value", "*")
    if "*" in value or "?" in value:
        return None
    items = (await backend.get("/entities", type=kind, value=value, size=2))["items"]
    return dict(items[0]) if len(items) == 1 else None


def _where(name: str | None) -> dict[str, str]:
    from siss.search.entities import is_network

    if name is None:
        return {}
    return {"network" if ("/" in name or "-" in name) and is_network(name) else "value": name}


def _route(found: dict[str, Any]) -> str:
    from urllib.parse import quote

    return f"/entities/{found['type']}/{quote(found['value'], safe='')}"
