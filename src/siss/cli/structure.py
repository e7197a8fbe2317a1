"""Commands about structure: jsonpath, xpath, schemas."""

from typing import Annotated, Any

import typer

from siss.cli.options import AsJson, DataDir, Sets, load
from siss.cli.run import run

Only = Annotated[
    str | None,
    typer.Option("--path", "-p", metavar="GLOB", help="Only these files: 'configs/*.json'.", show_default=False),
]
Size = Annotated[int, typer.Option("--size", "-n", min=1, max=100, help="How many files.")]
Matches = Annotated[int, typer.Option("--matches", "-m", min=1, max=1000, help="How many values of one file.")]
Seconds = Annotated[
    float | None,
    typer.Option(min=0.001, max=30, help="End the page after this long (SISS_QUERY_TIMEOUT).", show_default=False),
]
Cursor = Annotated[str | None, typer.Option(help="The next page, as the last one named it.", show_default=False)]


def jsonpath(
    expression: Annotated[str, typer.Argument(metavar="EXPRESSION", help="JSONPath: '$.servers[?@.port == 80]'.")],
    path: Only = None,
    size: Size = 20,
    matches: Matches = 20,
    seconds: Seconds = None,
    cursor: Cursor = None,
    json: AsJson = False,
    data_dir: DataDir = None,
    sets: Sets = None,
) -> None:
    """JSONPath (RFC 9535) over all JSON and JSON Lines files. Ends with 1 where nothing is found, like grep."""
    body = {"path": path, "size": size, "matches": matches, "seconds": seconds, "cursor": cursor}
    _ask("/search/jsonpath", {"expression": expression, **body}, json, data_dir, sets)


def xpath(
    expression: Annotated[str, typer.Argument(metavar="EXPRESSION", help="XPath 1.0: '//server[@port=80]/@name'.")],
    namespaces: Annotated[
        list[str] | None,
        typer.Option(
            "--namespace", "-N", metavar="PREFIX=URI", help="A prefix (again for more).", show_default=False
        ),
    ] = None,
    path: Only = None,
    size: Size = 20,
    matches: Matches = 20,
    seconds: Seconds = None,
    cursor: Cursor = None,
    json: AsJson = False,
    data_dir: DataDir = None,
    sets: Sets = None,
) -> None:
    """XPath 1.0 over all XML files. Ends with 1 where nothing is found, like grep."""
    body = {"path": path, "size": size, "matches": matches, "seconds": seconds, "cursor": cursor}
    named = read_namespaces(namespaces or [])
    _ask("/search/xpath", {"expression": expression, "namespaces": named, **body}, json, data_dir, sets)


def schemas(
    which: Annotated[
        str | None, typer.Argument(metavar="ID | PATH", help="One schema, or that of a file. Default: all.")
    ] = None,
    kind: Annotated[
        str | None, typer.Option("--kind", "-k", metavar="KIND", help="json, jsonl, xml, delimited or keyvalue.")
    ] = None,
    files: Annotated[bool, typer.Option("--files", "-f", help="The files that have it.")] = False,
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="DATE", help="What changed in it since then.", show_default=False),
    ] = None,
    size: Annotated[int, typer.Option("--size", "-n", min=1, max=1000, help="How many.")] = 50,
    cursor: Cursor = None,
    json: AsJson = False,
    data_dir: DataDir = None,
    sets: Sets = None,
) -> None:
    """What files have in common: a list, one as JSON Schema or element tree, its files, what changed in it."""
    from siss.cli.backend import open_backend
    from siss.cli.screen import print_json
    from siss.cli.show_structure import show_drift, show_schema, show_schema_files, show_schemas
    from siss.errors import ConfigError

    settings = load(data_dir, sets).settings
    if which is None and (files or since is not None):
        raise ConfigError("--files and --since are about one schema: name its id, or a file.", variable="ID")

    async def work() -> int:
        async with open_backend(settings) as backend:
            page = {"size": size, "cursor": cursor}
            if which is None:
                answer, show = await backend.get("/schemas", kind=kind, **page), show_schemas
            else:
                found = await _find_schema(backend, which)
                route = f"/schemas/{found['id']}"
                if since is not None:
                    answer, show = await backend.get(f"{route}/drift", since=since, **page), show_drift
                elif files:
                    answer, show = await backend.get(f"{route}/files", **page), show_schema_files
                else:
                    answer, show = found, show_schema
        (print_json if json else show)(answer)
        return 0 if answer.get("items", True) or since is not None else 1

    run(work())


def read_namespaces(given: list[str]) -> dict[str, str]:
    """Prefixes with their URIs from ``PREFIX=URI``. Raises ``ConfigError``."""
    from siss.errors import ConfigError

    found: dict[str, str] = {}
    for pair in given:
        prefix, sign, uri = pair.partition("=")
        if not (prefix and sign and uri):
            raise ConfigError(f"--namespace {pair}: expected PREFIX=URI.", variable="--namespace")
        found[prefix] = uri
    return found


def _ask(route: str, body: dict[str, Any], json: bool, data_dir: str | None, sets: list[str] | None) -> None:
    from siss.cli.backend import open_backend, without_none
    from siss.cli.screen import print_json
    from siss.cli.show_structure import show_matches

    settings = load(data_dir, sets).settings

    async def work() -> int:
        async with open_backend(settings) as backend:
            answer = await backend.post(route, without_none(body))
        (print_json if json else show_matches)(answer)
        return 0 if answer["items"] else 1

    run(work())


async def _find_schema(backend: Any, which: str) -> dict[str, Any]:
    """The schema with an id, or that of a file (by path, or by its id)."""
    import uuid

    from siss.cli.names import find_file
    from siss.errors import NotFoundError

    try:
        uuid.UUID(which)
    except ValueError:
        file = await find_file(backend, which)
        return dict(await backend.get(f"/files/{file['id']}/schema"))
    try:
        return dict(await backend.get(f"/schemas/{which}"))
    except NotFoundError:
        return dict(await backend.get(f"/files/{which}/schema"))
