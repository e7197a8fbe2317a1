"""Commands about structure: jsonpath, xpath, schemas."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from siss.cli.asking import ask, one_if_empty
from siss.cli.names import find_file
from siss.cli.options import Cursor, Listing, Output
from siss.errors import ConfigError

if TYPE_CHECKING:
    from siss.cli.backend import Backend, Json
    from siss.client import Call


@dataclass(frozen=True, slots=True)
class Bounds:
    """Which files an expression is evaluated on, and how much of the answer is wanted."""

    path: Annotated[
        str | None,
        typer.Option("--path", "-p", metavar="GLOB", help="Only these files: 'configs/*.json'.", show_default=False),
    ] = None
    size: Annotated[int, typer.Option("--size", "-n", min=1, max=100, help="How many files.")] = 20
    matches: Annotated[int, typer.Option("--matches", "-m", min=1, max=1000, help="How many values of one file.")] = (
        20
    )
    seconds: Annotated[
        float | None,
        typer.Option(
            min=0.001, max=30, help="End the page after this long (SISS_QUERY_TIMEOUT).", show_default=False
        ),
    ] = None
    cursor: Cursor = None


def jsonpath(
    expression: Annotated[str, typer.Argument(metavar="EXPRESSION", help="JSONPath: '$.servers[?@.port == 80]'.")],
    *,
    bounds: Bounds,
    how: Output,
) -> None:
    """JSONPath (RFC 9535) over all JSON and JSON Lines files. Ends with 1 where nothing is found, like grep."""
    from siss.client import calls

    _evaluate(calls.post_jsonpath, {"expression": expression, **asdict(bounds)}, how)


def xpath(
    expression: Annotated[str, typer.Argument(metavar="EXPRESSION", help="XPath 1.0: '//server[@port=80]/@name'.")],
    namespaces: Annotated[
        list[str] | None,
        typer.Option(
            "--namespace", "-N", metavar="PREFIX=URI", help="A prefix (again for more).", show_default=False
        ),
    ] = None,
    *,
    bounds: Bounds,
    how: Output,
) -> None:
    """XPath 1.0 over all XML files. Ends with 1 where nothing is found, like grep."""
    from siss.client import calls

    named = read_namespaces(namespaces or [])
    _evaluate(calls.post_xpath, {"expression": expression, "namespaces": named, **asdict(bounds)}, how)


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
    *,
    page: Listing,
    how: Output,
) -> None:
    """What files have in common: a list, one as JSON Schema or element tree, its files, what changed in it."""
    from siss.cli.show.structure import show_drift, show_schema, show_schema_files, show_schemas
    from siss.client import calls

    if which is None and (files or since is not None):
        raise ConfigError("--files and --since are about one schema: name its id, or a file.", variable="ID")

    async def act(backend: "Backend") -> "Json":
        if which is None:
            return await backend.ask(calls.get_schemas(kind=kind, size=page.size, cursor=page.cursor))
        found = await _find_schema(backend, which)
        if since is not None:
            return await backend.ask(calls.get_drift(found["id"], since=since, size=page.size, cursor=page.cursor))
        if files:
            return await backend.ask(calls.get_schema_files(found["id"], size=page.size, cursor=page.cursor))
        return found

    def code(answer: "Json") -> int:
        return 0 if answer.get("items", True) or since is not None else 1

    if which is None:
        show = show_schemas
    else:
        show = show_drift if since is not None else show_schema_files if files else show_schema
    ask(act, show, how, code=code)


def read_namespaces(given: list[str]) -> dict[str, str]:
    """Prefixes with their URIs from ``PREFIX=URI``. Raises ``ConfigError``."""
    found: dict[str, str] = {}
    for pair in given:
        prefix, sign, uri = pair.partition("=")
        if not (prefix and sign and uri):
            raise ConfigError(f"--namespace {pair}: expected PREFIX=URI.", variable="--namespace")
        found[prefix] = uri
    return found


def _evaluate(
    call: "Callable[[Mapping[str, Any]], Call[Any]]",
    body: dict[str, Any],
    how: Output,
) -> None:
    from siss.cli.backend import without_none
    from siss.cli.show.structure import show_matches

    ask(call(without_none(body)), show_matches, how, code=one_if_empty)


async def _find_schema(backend: "Backend", which: str) -> "Json":
    """The schema with an id, or that of a file (by path, or by its id)."""
    import uuid

    from siss.client import calls
    from siss.errors import NotFoundError

    try:
        uuid.UUID(which)
    except ValueError:
        file = await find_file(backend, which)
        return await backend.ask(calls.get_file_schema(file["id"]))
    try:
        return await backend.ask(calls.get_schema(which))
    except NotFoundError:
        return await backend.ask(calls.get_file_schema(which))
