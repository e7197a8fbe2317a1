"""Options that commands share, and the settings that they add up to.

Options that go together are one value: ``def stats(*, how: Output)`` has ``--json``, ``--data-dir`` and ``--set``,
because ``spread`` puts the fields of a parameter that is a dataclass in its place.
"""

import functools
import inspect
import os
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from siss.errors import ConfigError

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from siss.cli.backend import Backend
    from siss.settings import Loaded, Settings

DataDir = Annotated[
    str | None,
    typer.Option("--data-dir", metavar="DIR", help="The state folder (SISS_DATA_DIR).", show_default=False),
]
Sets = Annotated[
    list[str] | None,
    typer.Option("--set", "-s", metavar="NAME=VALUE", help="Any setting; see siss config.", show_default=False),
]
Cursor = Annotated[str | None, typer.Option(help="The next page, as the last one named it.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Print the answer of the REST API as JSON.")]
Dirs = Annotated[
    list[str] | None,
    typer.Argument(metavar="DIR", help="Folders to index; otherwise SISS_ROOTS.", show_default=False),
]

_HERE: Final = frozenset({"data_dir", "log_format", "log_level"})
"""Settings that a command obeys itself, whoever answers."""


@dataclass(frozen=True, slots=True)
class Target:
    """Which index a command is about."""

    data_dir: DataDir = None
    sets: Sets = None

    def load(self, **overrides: Any) -> "Loaded":
        """The settings that it adds up to; see ``load``."""
        return load(self.data_dir, self.sets, **overrides)

    def open(self, **wanted: Any) -> "AbstractAsyncContextManager[Backend]":
        """That index, wherever it is; ``wanted``: as ``open_backend`` takes it.

        Settings that cannot be used are told at once. Those of ``--set`` which a service does not ask for are told
        to have no effect.
        """
        from siss.cli.backend import open_backend

        given = frozenset(_name_of(pair) for pair in self.sets or ()) - _HERE
        return open_backend(self.load().settings, unheard=sorted(given), **wanted)


@dataclass(frozen=True, slots=True)
class Output(Target):
    """The same, and how the command shows the answer."""

    json: AsJson = False


@dataclass(frozen=True, slots=True)
class Listing:
    """Which part of a list."""

    size: Annotated[int, typer.Option("--size", "-n", min=1, max=1000, help="How many.")] = 50
    cursor: Cursor = None


def spread(command: Callable[..., None]) -> Callable[..., None]:
    """A command as Typer takes it: with the fields of each dataclass that it takes as options of their own."""
    signature = inspect.signature(command)
    taken = signature.parameters.values()
    bundles: dict[str, type[Any]] = {
        each.name: each.annotation
        for each in taken
        if isinstance(each.annotation, type) and is_dataclass(each.annotation)
    }

    @functools.wraps(command)
    def gather(**given: Any) -> None:
        for name, bundle in bundles.items():
            given[name] = bundle(**{field.name: given.pop(field.name) for field in fields(bundle)})
        command(**given)

    parameters: list[inspect.Parameter] = []
    for each in taken:
        if each.name not in bundles:
            parameters.append(each)
            continue
        parameters += [
            inspect.Parameter(field.name, each.kind, default=field.default, annotation=field.type)
            for field in fields(bundles[each.name])
        ]
    gather.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    return gather


def load(data_dir: str | None, sets: list[str] | None, **overrides: Any) -> "Loaded":
    """Settings with the command line's word first, and logs as they say, otherwise warnings only.

    Raises ``ConfigError``.
    """
    from siss.logs import configure_logs
    from siss.settings import load_settings

    given = dict(overrides)
    if data_dir is not None:
        given["data_dir"] = data_dir
    for pair in sets or ():
        _, sep, value = pair.partition("=")
        if not sep:
            raise ConfigError(f"--set {pair}: expected NAME=VALUE.", variable="--set")
        given[_name_of(pair)] = value
    loaded = load_settings(given)
    asked = loaded.origins["log_level"].source != "default"
    configure_logs(loaded.settings.log_level if asked else "warning", loaded.settings.log_format)
    return loaded


def _name_of(pair: str) -> str:
    """The setting that a NAME=VALUE is about, as it is spelt in a file."""
    return pair.partition("=")[0].strip().lower().removeprefix("siss_").replace("-", "_")


def stands_alone(context: typer.Context, given: bool, example: str = "--json") -> bool:
    """Whether the name of a group is the whole command.

    Raises ``ConfigError`` where options are ``given`` to a name that another command follows: they would be lost.
    """
    if context.invoked_subcommand is None:
        return True
    if given:
        command = f"{context.info_name} {context.invoked_subcommand}"
        option = example.partition(" ")[0]
        raise ConfigError(f"Put the options behind the command: siss {command} {example}", variable=option)
    return False


def check_roots(dirs: list[str] | None) -> tuple[Path, ...] | None:
    """The folders of the command line, absolute; None where none were given.

    Raises ``ConfigError`` for what is not a folder. One that is not there may be a NAS that is away.
    """
    if not dirs:
        return None
    for folder in dirs:
        if not folder:  # most likely a shell's variable that is not set: not the folder that this happens to run in
            raise ConfigError("DIR is empty; for the present folder, write '.'.", variable="DIR")
        place = Path(folder).expanduser()
        if os.path.lexists(place) and not os.path.isdir(place) and not place.is_symlink():  # noqa: PTH112 - raises nothing
            raise ConfigError(f"{folder} is not a folder.", variable="DIR")
    return tuple(Path(folder).expanduser().absolute() for folder in dirs)


def require_there(roots: tuple[Path, ...]) -> None:
    """Raise ``ConfigError`` for a folder that is not there, where none can be known from before."""
    for root in roots:
        if not os.path.isdir(root):  # noqa: PTH112 - raises nothing
            raise ConfigError(f"{root} does not exist.", variable="DIR")


def require_roots(settings: "Settings") -> None:
    """Raise ``ConfigError`` where no folder is named anywhere, or one that cannot be a root."""
    from siss.app.ingest.roots.specs import root_paths

    if not settings.roots:
        raise ConfigError("Which folders? Name them (siss serve DIR), or set SISS_ROOTS.", variable="SISS_ROOTS")
    root_paths(settings)
