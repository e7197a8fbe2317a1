"""The command line: what commands there are, and how they end."""

import errno
import re
import sys
from collections.abc import Callable
from typing import Annotated, Final

import typer

from siss.address_space import ADVICE, LEAST, address_space, describe_limit, runs_short
from siss.cli import (
    access,
    anomalies,
    ask,
    backup,
    edit,
    events,
    fingerprint,
    gateway,
    inspect,
    maintain,
    names,
    operate,
    service,
    structure,
    subscriptions,
    synonyms,
)
from siss.cli.options import spread
from siss.cli.run import INTERRUPTED, fail
from siss.errors import DiskFullError, InvalidRequestError, SissError, StateError

COMMANDS: Final = (
    service.serve,
    service.index,
    ask.search,
    ask.why,
    ask.stats,
    names.entities,
    names.related,
    names.graph,
    anomalies.anomalies,
    structure.jsonpath,
    structure.xpath,
    structure.schemas,
    edit.upload,
    edit.label,
    edit.remove,
    edit.recover,
    events.events,
    operate.scan,
    operate.jobs,
    operate.cancel,
    operate.pause,
    operate.resume,
    operate.reindex,
    operate.verify,
    maintain.maintain,
    backup.backup,
    backup.restore,
    backup.migrate,
    access.audit,
    fingerprint.fingerprint,
    inspect.doctor,
    inspect.config,
)
"""Every command, in the order of ``siss --help``."""

GROUPS: Final[tuple[tuple[str, Callable[..., None], tuple[Callable[..., None], ...]], ...]] = (
    (access.NAME, access.keys, access.COMMANDS),
    (synonyms.NAME, synonyms.synonyms, synonyms.COMMANDS),
    (subscriptions.SEARCHES, subscriptions.searches, subscriptions.SEARCHES_COMMANDS),
    (subscriptions.WEBHOOKS, subscriptions.webhooks, subscriptions.WEBHOOKS_COMMANDS),
    (gateway.NAME, gateway.gateway, gateway.COMMANDS),
)
"""Commands that have commands: the name, what the name alone does, and what may follow it."""

LISTING: Final = (access.keys, synonyms.synonyms, subscriptions.searches, subscriptions.webhooks)
"""Those that show a list alone, and do so by the name ``list`` as well: ``siss keys list``."""

ALIASES: Final = (operate.scan, ask.stats, ask.search)
"""What the specification calls ``siss cli NAME``."""

_SHARED_MEMORY: Final = "/dev/shm/"  # noqa: S108 - told, not written to
_MOUNT_IT: Final = "The processes of SISS share memory there: mount it writable, with some megabytes of room."
_BYTES: Final = re.compile(r"[\ud800-\udfff]")
"""What stands in an argument for bytes that are not UTF-8; of paths it is part."""


def build_app() -> typer.Typer:
    """The application with its commands."""
    app = typer.Typer(
        name="siss",
        help="Makes a folder full of logs, configs and exports searchable, and says what it could not read.",
        no_args_is_help=True,
        add_completion=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )

    @app.callback()
    def options(
        version: Annotated[
            bool, typer.Option("--version", callback=_show_version, is_eager=True, help="The version.")
        ] = False,
    ) -> None:
        """Make a folder full of logs, configs and exports searchable, and say what could not be read."""

    for command in COMMANDS:
        app.command(command.__name__)(spread(command))
    for name, alone, below in GROUPS:
        group = typer.Typer(invoke_without_command=True, rich_markup_mode=None)
        group.callback()(spread(alone))
        if alone in LISTING:
            group.command("list")(spread(alone))
        for each in below:
            group.command(each.__name__)(spread(each))
        app.add_typer(group, name=name)
    aliases = typer.Typer(help="The names that the specification gives: siss cli scan, stats, search.")
    for command in ALIASES:
        aliases.command(command.__name__)(spread(command))
    app.add_typer(aliases, name="cli", hidden=True)
    return app


def _show_version(asked: bool) -> None:
    if asked:
        import siss

        typer.echo(f"siss {siss.__version__}")
        raise typer.Exit


def main() -> int:
    """Run the command that the arguments name. Never ends with a traceback for what a user can mend."""
    try:
        _require_address_space()
        code = build_app()(standalone_mode=False)
    except SissError as error:
        _answer(error)
        return fail(error)
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except typer.Exit as ended:
        return ended.exit_code
    except typer.TyperException as error:
        return _usage(error)
    except UnicodeEncodeError as error:
        if not any(_BYTES.search(argument) for argument in sys.argv[1:]):
            raise
        return _usage(typer.BadParameter(f"an argument is not UTF-8: {error.object}"))
    except OSError as error:
        if str(error.filename or "").startswith(_SHARED_MEMORY):
            return fail(StateError(f"{_SHARED_MEMORY} cannot be written: {error.strerror}. {_MOUNT_IT}"))
        if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
            return _short(error)
        return _full(error)
    except (ImportError, MemoryError, RuntimeError) as error:
        return _short(error)
    return code if isinstance(code, int) else 0


def _require_address_space() -> None:
    """Whoever becomes the owner maps much: too little is told before libraries die of it. Raises ``StateError``."""
    limit = address_space()
    owns = sys.argv[1:2] in (["serve"], ["index"]) and not {"-h", "--help"} & set(sys.argv)
    if limit is not None and limit < LEAST and owns:
        raise StateError(f"SISS needs {LEAST >> 20:,} MiB, and {describe_limit(limit)}: {ADVICE}.")


def _short(error: BaseException) -> int:
    """End with what limits this process, if that is what it died of; otherwise with the error."""
    limit = address_space()
    if limit is None or not runs_short(error):
        raise error
    return fail(StateError(f"No more memory can be mapped: {describe_limit(limit)}. {ADVICE.capitalize()}."))


def _full(error: OSError) -> int:
    """Standard output is a file on a full disk: 1 would be a search's "nothing found"."""
    from siss.cli.screen import hush_stdout

    hush_stdout()
    return fail(DiskFullError(f"The answer could not be written: {error.strerror}."))


def _answer(error: SissError) -> None:
    """With ``--json``, what the REST API answers where it raises this: whoever reads the answer reads no remarks."""
    options = sys.argv[1 : sys.argv.index("--")] if "--" in sys.argv else sys.argv[1:]
    if "--json" in options:
        from siss.cli.screen import print_json, safe

        details = {name: safe(value) if isinstance(value, str) else value for name, value in error.details.items()}
        print_json({"error": {"code": error.kind.code, "message": safe(error.message), "details": details}})


def _usage(error: typer.TyperException) -> int:
    from siss.cli.screen import err, safe

    message = error.format_message()
    context = getattr(error, "ctx", None)
    _answer(InvalidRequestError(message))
    err().print(f"siss: {safe(message)}", style="red", markup=False)
    if context is not None:
        err().print(f"  {context.command_path} --help shows what it takes.", style="dim", markup=False)
    return 2
