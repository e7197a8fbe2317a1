"""``siss gateway``: the LLM gateway on a port of its own, and what people ask of it."""

import asyncio
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from siss.cli.options import Output, Target, stands_alone
from siss.cli.run import run
from siss.errors import ConfigError, UnavailableError

if TYPE_CHECKING:
    from siss.gateway.config import GatewayConfig
    from siss.settings import Settings

File = Annotated[
    str | None,
    typer.Option(
        "--config", "-c", metavar="FILE", help="The gateway's TOML file (SISS_GATEWAY_CONFIG).", show_default=False
    ),
]


@dataclass(frozen=True, slots=True)
class Running:
    """Which running gateway is asked."""

    url: Annotated[
        str | None,
        typer.Option(
            "--url",
            metavar="URL",
            help="A running gateway (SISS_GATEWAY_URL); otherwise the file's.",
            show_default=False,
        ),
    ] = None
    config: File = None


NAME: Final = "gateway"
_SECONDS: Final = 30.0


def gateway(context: typer.Context, config: File = None, *, where: Target) -> None:
    """Serve the LLM gateway, an OpenAI-compatible door with a cache in front of model hosts; see docs/gateway.md."""
    if not stands_alone(context, config is not None or where != Target(), "--config FILE"):
        return
    import uvloop

    from siss.cli.screen import err
    from siss.gateway.server import serve
    from siss.logs import configure_logs
    from siss.traces.collector import open_traces

    settings = where.load().settings
    configure_logs(settings.log_level, settings.log_format)
    read = _read_config(settings, config)

    def ready(url: str) -> None:
        err().print(f"Answering at {url}/v1: {', '.join(read.models) or 'no models yet'}.", markup=False)

    with open_traces(settings.otel_endpoint, "gateway"):
        uvloop.run(serve(read, on_ready=ready))


def check(config: File = None, *, how: Output) -> None:
    """Validate the configuration and ask every host how it is. Ends with 7 where one does not answer."""
    from dataclasses import asdict

    from siss.cli.screen import print_json
    from siss.cli.show.gateway import show_check
    from siss.gateway.check import check_hosts

    read = _read_config(how.load().settings, config)

    async def work() -> int:
        found = await check_hosts(read)
        answer = {"ready": found.ready, **asdict(found)}
        (print_json if how.json else show_check)(answer)
        return 0 if found.ready else UnavailableError.kind.exit_code

    run(work())


def stats(*, running: Running, how: Output) -> None:
    """Hosts, cache and tenants of a running gateway, as they are now.

    SISS_GATEWAY_KEY holds an administrator's key.
    """
    from siss.cli.screen import print_json
    from siss.cli.show.gateway import show_stats

    answer = _ask("GET", _address(running, how), "/admin/stats")
    (print_json if how.json else show_stats)(answer)


def report(
    route: Annotated[str | None, typer.Option(metavar="NAME", help="Of this route only.", show_default=False)] = None,
    *,
    running: Running,
    how: Output,
) -> None:
    """Shadow mode's evidence: what the semantic tier would have served, by threshold, and what it confused.

    Ends with 1 where nothing was compared yet.
    """
    from siss.cli.screen import print_json
    from siss.cli.show.gateway import show_report

    answer = _ask("GET", _address(running, how), "/admin/cache/shadow", route=route)
    (print_json if how.json else show_report)(answer)
    if not answer["compared"]:
        raise typer.Exit(1)


def purge(
    tenant: Annotated[str | None, typer.Option(help="Of this tenant.", show_default=False)] = None,
    model: Annotated[str | None, typer.Option(help="That this model gave.", show_default=False)] = None,
    route: Annotated[str | None, typer.Option(help="Of this route.", show_default=False)] = None,
    tag: Annotated[str | None, typer.Option(help="With this tag.", show_default=False)] = None,
    everything: Annotated[bool, typer.Option("--all", help="All of them.")] = False,
    *,
    running: Running,
    how: Output,
) -> None:
    """Delete cached answers of a running gateway: those that all options name."""
    from siss.cli.screen import count, out, print_json

    where = _address(running, how)
    which = {"tenant": tenant, "model": model, "route": route, "tag": tag, "all": "true" if everything else None}
    answer = _ask("DELETE", where, "/admin/cache/entries", **which)
    if how.json:
        print_json(answer)
    else:
        out().print(f"{count(answer['purged'])} answers deleted.")


def key() -> None:
    """Make an API key for a tenant: the key, for the client, and its hash, for the file."""
    import secrets
    from hashlib import sha256

    from siss.cli.screen import out

    made = f"sk-siss-{secrets.token_urlsafe(32)}"
    out().print(f"key (shown once):  {made}", markup=False)
    out().print(f'in the file:       keys = ["sha256:{sha256(made.encode()).hexdigest()}"]', markup=False)


COMMANDS: Final = (check, stats, report, purge, key)
"""What follows ``siss gateway``; nothing: it serves."""


def _read_config(settings: "Settings", file: str | None) -> "GatewayConfig":
    from siss.gateway.config_file import load_config

    named = file or settings.gateway_config
    return load_config(Path(named).expanduser() if named else None, os.environ, settings.data_dir / "gateway")


def _address(running: Running, how: Output) -> str:
    """Where the gateway answers: as it was told, or as its file says."""
    if named := running.url or os.environ.get("SISS_GATEWAY_URL"):
        return named.rstrip("/").removesuffix("/v1")
    server = _read_config(how.load().settings, running.config).server
    if not server.port:
        raise ConfigError(
            "server.port is 0, so the gateway's port is not known: name it with --url", variable="--url"
        )
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(server.host, server.host)  # noqa: S104 - recognised, not bound
    return f"http://[{host}]:{server.port}" if ":" in host else f"http://{host}:{server.port}"


def _ask(method: str, where: str, path: str, **params: str | None) -> dict[str, Any]:
    """What an administrative path answers. Raises ``UnavailableError``, or the error that the gateway gave."""
    import httpx

    given = os.environ.get("SISS_GATEWAY_KEY", "")

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(timeout=_SECONDS, trust_env=False) as client:
            return await client.request(
                method,
                where + path,
                params={name: value for name, value in params.items() if value is not None},
                headers={"Authorization": f"Bearer {given}"} if given else {},
            )

    try:
        response = asyncio.run(ask())
        answer: dict[str, Any] = response.json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise UnavailableError(f"No gateway answers at {where}: {error or type(error).__name__}") from error
    if response.status_code == 200:
        return answer
    raise _as_error(answer.get("error"), response.status_code)


def _as_error(said: Any, status: int) -> Exception:
    """The error class that the gateway's answer stands for, so that the exit code is the same as its own."""
    from siss.errors import SissError, error_classes

    fields = said if isinstance(said, dict) else {}
    code = str(fields.get("code", "")).upper()
    found = next((cls for cls in error_classes() if cls.kind.code == code), SissError)
    return found(str(fields.get("message") or f"The gateway said {status}"))
