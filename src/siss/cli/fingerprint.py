"""The command about a value that leaked: siss fingerprint."""

import sys

import typer

from siss.cli.options import Output


def fingerprint(*, how: Output) -> None:
    """What stands for a secret in the index, to search for. It is asked for, or read from standard input.

    The value is shown, sent and kept nowhere. Needs the key of the state folder.
    """
    from siss.app.fingerprint import look_up
    from siss.cli.screen import out, print_json

    settings = how.load().settings
    text = typer.prompt("The secret", hide_input=True) if sys.stdin.isatty() else sys.stdin.read()
    found = look_up(settings, text)
    if how.json:
        print_json({"fingerprints": [{"fingerprint": one.fingerprint, "rule": one.rule or None} for one in found]})
        return
    for one in found:
        out().print(f"{one.fingerprint}  {one.rule}".rstrip(), markup=False)
