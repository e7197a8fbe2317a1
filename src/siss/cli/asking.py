"""The form of a command that asks the index and shows the answer: most of them are."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from siss.cli.options import Output
from siss.cli.run import run

if TYPE_CHECKING:
    from siss.cli.backend import Backend, Json
    from siss.client import Call

    Question = Call[Any] | Callable[[Backend], Awaitable[Json]]
    """One call, or what makes as many as it takes."""


def ask(
    what: "Question",
    show: "Callable[[Json], None]",
    how: Output,
    *,
    code: "Callable[[Json], int]" = lambda _: 0,
    indexing: bool = False,
    access: bool = False,
    changing: bool = False,
) -> None:
    """Ask, print the answer as JSON or have it shown, and end with its code.

    ``what``: one call, or what makes several; ``code``: of an answer; ``indexing``, ``access``, ``changing``: of
    ``open_backend``.
    """
    from siss.cli.screen import print_json

    opened = how.open(indexing=indexing, access=access, changing=changing)

    async def work() -> int:
        async with opened as backend:
            answer = await answer_to(what, backend)
        (print_json if how.json else show)(answer)
        return code(answer)

    run(work())


async def answer_to(what: "Question", backend: "Backend") -> "Json":
    """What the index says to a question."""
    return await (what(backend) if callable(what) else backend.ask(what))


def show_each(answer: "Json", show: "Callable[[Json], None]", nothing: str) -> None:
    """Have the items of a list shown; beside them, that there is ``nothing``, or how the next page is asked for."""
    from siss.cli.screen import err

    for item in answer["items"]:
        show(item)
    if not answer["items"]:
        err().print(nothing, style="dim", markup=False)
    elif answer.get("cursor"):
        err().print(f"More: --cursor {answer['cursor']}", style="dim", markup=False)


def one_if_empty(answer: "Json") -> int:
    """The exit code of a list, as grep's: 1 where nothing is found."""
    return 0 if answer["items"] else 1
