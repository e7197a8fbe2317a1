"""Commands about synonyms: siss synonyms."""

from typing import TYPE_CHECKING, Annotated, Final

import typer

from siss.cli.asking import ask, show_each
from siss.cli.options import Output, stands_alone

if TYPE_CHECKING:
    from siss.cli.backend import Json

NAME: Final = "synonyms"


def synonyms(context: typer.Context, *, how: Output) -> None:
    """Show what else is meant by words."""
    if not stands_alone(context, how != Output()):
        return
    from siss.client import calls

    def show(found: "Json") -> None:
        show_each(found, _show, "There are no synonyms yet: siss synonyms put TERM SYNONYM...")

    ask(
        lambda backend: backend.all_pages(lambda cursor: calls.get_synonyms(cursor=cursor)),
        show,
        how,
    )


def put(
    term: Annotated[str, typer.Argument(metavar="TERM", help="A word, or several in quotes.")],
    others: Annotated[list[str], typer.Argument(metavar="SYNONYM...", help="What is found for it, too.")],
    two_way: Annotated[bool, typer.Option("--two-way", help="Each of them also means the others.")] = False,
    *,
    how: Output,
) -> None:
    """Say what else is meant by a term; searches use it from then on."""
    from siss.client import calls

    ask(
        calls.put_synonyms({"term": term, "synonyms": others, "two_way": two_way}),
        _show,
        how,
    )


def drop(
    term: Annotated[str, typer.Argument(metavar="TERM")],
    *,
    how: Output,
) -> None:
    """Let a term mean itself alone again."""
    from siss.client import calls

    ask(calls.delete_synonyms(term), lambda _: None, how)


COMMANDS: Final = (put, drop)
"""What follows ``siss synonyms``; nothing: they are shown."""


def _show(each: "Json") -> None:
    from siss.cli.screen import out

    arrow = "<->" if each["two_way"] else "->"
    out().print(f"{each['term']} {arrow} {', '.join(each['synonyms'])}", markup=False, highlight=False)
