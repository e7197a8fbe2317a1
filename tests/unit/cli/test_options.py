"""Options that go together are one value for commands, and single options for people."""

from dataclasses import dataclass
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from siss.cli.main import main
from siss.cli.options import Listing, Output, Target, spread
from siss.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Colour:
    name: Annotated[str, typer.Option("--colour", help="Which one.")] = "red"


def test_the_fields_of_a_value_are_options():
    taken: list[object] = []

    def paint(what: str, twice: bool = False, *, colour: Colour, how: Output) -> None:
        """Paint it."""
        taken.append((what, twice, colour, how))

    app = typer.Typer()
    app.command()(spread(paint))
    runner = CliRunner()
    assert runner.invoke(app, ["wall"]).exit_code == 0
    assert (
        runner.invoke(app, ["wall", "--twice", "--colour", "blue", "--json", "-s", "a=1", "-s", "b=2"]).exit_code == 0
    )
    assert taken == [
        ("wall", False, Colour("red"), Output()),
        ("wall", True, Colour("blue"), Output(sets=["a=1", "b=2"], json=True)),
    ]
    told = runner.invoke(app, ["--help"]).output
    for expected in ("Paint it.", "--colour", "Which one.", "--json", "--data-dir", "--set"):
        assert expected in told
    assert runner.invoke(app, ["wall", "--how", "x"]).exit_code == 2


def test_what_takes_no_such_value_stays_as_it_is():
    taken: list[int] = []

    def count(number: int = 3) -> None:
        taken.append(number)

    app = typer.Typer()
    app.command()(spread(count))
    assert CliRunner().invoke(app, ["--number", "5"]).exit_code == 0
    assert taken == [5]


def test_values_without_options_are_equal():
    """So that a group knows whether options were put before its command, where they would be lost."""
    assert (Output(), Target(), Listing()) == (Output(json=False), Target(sets=None), Listing(50))


@pytest.mark.parametrize("before", [["--json"], ["--set", "port=1"], ["--data-dir", "x"]])
def test_options_before_the_command_of_a_group_are_refused(monkeypatch, capsys, before):
    monkeypatch.setattr("sys.argv", ["siss", "keys", *before, "revoke", "a"])
    assert main() == 2
    assert "Put the options behind the command: siss keys revoke --json" in capsys.readouterr().err


def test_options_of_the_gateway_too(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["siss", "gateway", "-c", "x.toml", "stats"])
    assert main() == 2
    assert "siss gateway stats --config FILE" in capsys.readouterr().err


def test_an_unknown_setting_is_named_as_it_was_typed():
    with pytest.raises(ConfigError, match=r"^--set integrity_shar: .*Did you mean --set integrity_share\?"):
        Target(sets=["integrity-shar=1"]).load()
