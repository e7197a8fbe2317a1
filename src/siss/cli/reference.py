"""The reference pages, made from what they describe: ``python -m siss.cli.reference docs``."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import typer.main
from pydantic.fields import FieldInfo

from siss.api.metrics import METRICS
from siss.api.server import build_api
from siss.cli.main import COMMANDS, GROUPS, LISTING, build_app
from siss.cli.run import EXIT_CODES
from siss.errors import error_kinds
from siss.settings import RESERVED, Settings, parse_duration, parse_size

_MADE: Final = "<!-- Made by `python -m siss.cli.reference docs`; a test compares. -->\n"
_METHODS: Final = ("get", "post", "put", "patch", "delete")

_ABOUT_SETTINGS: Final = """\
A value comes from, in this order: the command line (`--set NAME=VALUE`, and options of their own), the environment,
the TOML file that `SISS_CONFIG` names (`siss.toml` in the state folder otherwise), the default. A value that cannot
be used, or a name that does not exist, ends the program and is named. `siss config` shows every value and where it
came from.

Sizes are bytes (`10MB`, `64 KiB`: powers of 1,024), durations seconds (`300ms`, `5min`, `2h`), lists are parted by
`:` in the environment and are arrays in TOML, maps are `FROM=TO` pairs.

Not settings of the service: OTHERS, and `SISS_GATEWAY__…`. `SISS_API_URL` names the service that commands talk to;
without it they find the owner of the state folder. The others are the LLM gateway's: [gateway.md](gateway.md).
"""

_ABOUT_GATEWAY: Final = """\
Every value of the gateway's file, and its metrics; [gateway.md](gateway.md) says what they are for.
`SISS_GATEWAY__SERVER__PORT` stands for `server.port`, and so on for each.
"""

_ABOUT_ERRORS: Final = """\
Over HTTP every error has the body `{"error": {"code", "message", "details"}}` with the status below; a command
prints the message on standard error and ends with the exit code. Where a retry may help, HTTP answers carry
`Retry-After`. What goes wrong with one *file* while indexing is not an error: it stands on the file's coverage ledger
(`siss why PATH`).
"""

_ABOUT_COMMANDS: Final = """\
A command finds the index like this: `SISS_API_URL` names a service; otherwise the process that owns the state folder
(`siss serve`) is asked; otherwise the command opens the state folder itself for as long as it runs. Answers are the
same either way, and with `--json` they have the shape of the REST response to the same question, errors too.
`siss cli scan`, `siss cli stats` and `siss cli search` are other names of the commands.

Answers go to standard output, everything else to standard error. In a pipe, `siss search` prints one line for each
hit, `PATH:LINE: TEXT`. Put a query with a minus in quotation marks (`siss search 'disk -test'`). `NO_COLOR` turns
colours off. A broken pipe (`| head`) and Ctrl-C end quietly.
"""

_ABOUT_API: Final = """\
`/docs` of a running service shows the same with examples and shapes; `/openapi.json` is for programs. Errors are
described in [errors.md](errors.md), the query language in [query-language.md](query-language.md).

- On loopback no key is needed, and whoever is on this machine may do everything; `SISS_KEYS=required`, or an address
  that is not loopback, make every request need one: `Authorization: Bearer siss_…` (401 without). A key has a role, a
  rate (`RateLimit` headers, 429) and, where it is scoped, sees only what lies below its paths: all else is as if it
  were not there. `/`, `/docs`, `/openapi.json`, `/healthz` and `/readyz` are open.
- A browser has a session in place of a key: the link that the first start prints, or `siss keys link NAME`, leads to
  `/sign-in?code=…`, which takes the code once and sets a cookie (`HttpOnly`, `SameSite=Strict`, twelve hours). It has
  the rights of the key and ends with it. A write from another site's page is refused (403) whatever it brings.
- Without keys, a request whose `Host` is not loopback's or one of `SISS_ALLOWED_HOSTS` is refused (421). A write that
  another site's page sends always is (403).
- Every request is in the audit log, with secrets in queries redacted.
- Bodies are JSON, at most 1 MiB (413). A parameter that does not exist, or comes twice where one is
  taken, is an error (400) that names it.
- `X-Request-ID` is taken over when it is sent (letters, digits, `._:-`, at most 128), made otherwise, and stands in
  the response and the log; a `traceparent`'s trace id stands in the log.
- `cursor` of an answer names the next page and belongs to one question and order; it is null on the last page.
- `/readyz` is 503 only when searches cannot be answered. A root that is away makes it `degraded`, still 200: searches
  need no NAS. So does indexing that waits for room on a disk or for an engine (`waits_for` and `waits_since` of
  `GET /ingest/status` say it, too), and damage: pages of the database that an answer could not read (which is 503
  itself), indexing that ended by it, or a `siss verify` that found some and did not mend it. `/download` and
  `/content?raw=true` answer 503 with `Retry-After: 30` while the NAS is away.
- A download has the SHA-256 as `ETag` while size and modification time are those that were indexed, and a weak `ETag`
  of size and time after the file changed: the current bytes are sent either way. Single ranges, `If-Range`,
  `If-None-Match` and `If-Modified-Since` work. A download that breaks off ends the connection.
"""


def render_settings() -> str:
    """docs/settings.md."""
    rows = [
        [f"`{name}`", f"`SISS_{name.upper()}`", _kind(field), _default(name, field), field.description or ""]
        for name, field in Settings.model_fields.items()
    ]
    return _page(
        "Settings",
        _ABOUT_SETTINGS.replace("OTHERS", ", ".join(f"`SISS_{name.upper()}`" for name in sorted(RESERVED))),
        _table(["Name in TOML", "Variable", "Type", "Default", "Meaning"], rows),
    )


def _kind(field: FieldInfo) -> str:
    parsers = {getattr(part, "func", None) for part in field.metadata}
    if parse_size in parsers:
        return "size"
    if parse_duration in parsers:
        return "duration"
    kind = str(field.annotation)
    for part, name in (
        ("Literal", "choice"),
        ("tuple", "list"),
        ("dict", "map"),
        ("Path", "path"),
        ("Secret", "secret"),
    ):
        if part in kind:
            if name == "choice":
                return " \\| ".join(f"`{value}`" for value in field.annotation.__args__)  # type: ignore[union-attr]
            return name
    return {"<class 'int'>": "integer", "<class 'float'>": "number", "<class 'bool'>": "yes or no"}.get(kind, "text")


def _default(name: str, field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    if field.default_factory is not None:
        return "processors, at most 8" if name == "index_workers" else "computed"
    value = field.default
    if hasattr(value, "get_secret_value"):
        value = value.get_secret_value()
    if value in (None, "", (), {}):
        return "empty"
    kind = _kind(field)
    if isinstance(value, tuple):
        return ", ".join(f"`{each}`" for each in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if kind == "size" and value:
        unit, name = next(
            (unit, name)
            for unit, name in ((1 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "KB"), (1, "B"))
            if value % unit == 0
        )
        return f"`{value // unit}{name}`"
    if kind == "duration" and value:
        return f"`{value:g}s`"
    return f"`{value}`"


def render_errors() -> str:
    """docs/errors.md."""
    kinds = error_kinds()
    rows = [
        [f"[`{kind.code}`](#{kind.anchor})", str(kind.status), str(kind.exit_code), "yes" if kind.retry else "no"]
        for kind, _ in kinds.values()
    ]
    sections = "\n".join(f"## {kind.anchor}\n\n`{kind.code}`: {about}\n" for kind, about in kinds.values())
    return _page(
        "Errors",
        _ABOUT_ERRORS,
        _table(["Code", "HTTP status", "Exit code", "Retry may help"], rows) + "\n" + sections,
    )


def render_cli() -> str:
    """docs/cli.md."""
    group: Any = typer.main.get_command(build_app())
    named: list[tuple[str, Any, Any]] = [
        (function.__name__, function, group.commands[function.__name__]) for function in COMMANDS
    ]
    for name, alone, commands in GROUPS:
        below = group.commands[name]
        named.append((name, alone, below))
        named += [(f"{name} {each.__name__}", each, below.commands[each.__name__]) for each in commands]
    parts = []
    for name, function, command in named:
        usage = " ".join(piece for piece in command.collect_usage_pieces(_context(command)))
        same = f" `siss {name} list` does the same." if function in LISTING else ""
        parts.append(f"## siss {name}\n\n{_one_line(function.__doc__)}{same}\n\n    siss {name} {usage}\n")
        rows = [
            [
                ", ".join(f"`{name}`" for name in (*parameter.opts, *parameter.secondary_opts))
                if parameter.param_type_name == "option"
                else f"`{parameter.metavar or parameter.name}`",
                " ".join((parameter.help or "").split()),
            ]
            for parameter in command.params
        ]
        parts.append(_table(["Option or argument", "Meaning"], rows))
    codes = _table(["Exit code", "Meaning"], [[str(code), meaning] for code, meaning in EXIT_CODES.items()])
    return _page(
        "Command line",
        _ABOUT_COMMANDS,
        "\n".join(parts) + "\n## Exit codes\n\n" + codes,
    )


def _context(command: Any) -> Any:
    return command.context_class(command, info_name=command.name)


def render_api() -> str:
    """docs/api.md."""
    document = build_api().openapi()
    parts = []
    for path, item in document["paths"].items():
        for method in _METHODS:
            if method not in item:
                continue
            operation = item[method]
            parts.append(
                f"### {method.upper()} {path}\n\n{operation['summary']}. {_one_line(operation.get('description'))}\n"
            )
            rows = [
                [
                    f"`{parameter['name']}`",
                    parameter["in"],
                    " ".join(str(parameter.get("description") or parameter["schema"].get("description", "")).split()),
                ]
                for parameter in operation.get("parameters", ())
            ]
            if rows:
                parts.append(_table(["Parameter", "In", "Meaning"], rows))
            statuses = ", ".join(
                f"{status} {answer['description']}"
                for status, answer in operation["responses"].items()
                if status != "default"
            )
            parts.append(f"Answers: {statuses}.\n")
    metrics = _table(
        ["Metric", "Type", "Meaning"], [[f"`{name}`", kind, about] for name, (kind, about) in METRICS.items()]
    )
    return _page(
        "REST API",
        _ABOUT_API,
        "## Routes\n\n" + "\n".join(parts) + "\n## Metrics\n\n"
        "`/metrics` gives the metrics of all worker processes, whichever is asked.\n\n" + metrics,
    )


def render_gateway() -> str:
    """docs/gateway-reference.md."""
    from siss.gateway.config import ABOUT_POLICY, TABLES
    from siss.gateway.metrics import METRICS as GATEWAY_METRICS
    from siss.gateway.model.policy import CachePolicy

    parts = []
    for name, table in TABLES.items():
        about = _one_line((table.__doc__ or "").split(": ", 1)[-1])
        parts.append(f"## [{name}]\n\n{about[:1].upper()}{about[1:]}\n")
        rows = [
            [f"`{key}`", _kind(field), _default(key, field), field.description or ""]
            for key, field in table.model_fields.items()
            if field.description and "Table" not in str(field.annotation) and "Policy" not in str(field.annotation)
        ]
        parts.append(_table(["Value", "Type", "Default", "Meaning"], rows))
    policy = CachePolicy()
    rows = [[f"`{key}`", _shown(getattr(policy, key)), about] for key, about in ABOUT_POLICY.items()]
    parts.append("## [routes.NAME.cache]\n\nA cache policy.\n")
    parts.append(_table(["Value", "Default", "Meaning"], rows))
    rows = [[f"`{name}`", kind, about] for name, (kind, about) in GATEWAY_METRICS.items()]
    parts.append("## Metrics\n\n" + _table(["Metric", "Type", "Meaning"], rows))
    return _page("The LLM gateway: reference", _ABOUT_GATEWAY, "\n".join(parts))


def _shown(value: object) -> str:
    if value is None or value == ():
        return "none"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


PAGES: Final = {
    "settings.md": render_settings,
    "errors.md": render_errors,
    "cli.md": render_cli,
    "api.md": render_api,
    "gateway-reference.md": render_gateway,
}
"""Each page and what makes it."""


def write_pages(folder: Path) -> None:
    """Write every page."""
    for name, render in PAGES.items():
        (folder / name).write_text(render(), "utf-8")


def _one_line(text: str | None) -> str:
    return " ".join((text or "").split())


def _page(title: str, about: str, body: str) -> str:
    return f"{_MADE}\n# {title}\n\n{about.strip()}\n\n{body.strip()}\n"


def _table(heads: list[str], rows: Iterable[list[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines) + "\n"


if __name__ == "__main__":
    write_pages(Path(sys.argv[1]))
