"""Commands that change files: upload, label, remove, recover."""

import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from siss.cli.asking import ask
from siss.cli.options import Output

if TYPE_CHECKING:
    from siss.cli.backend import Backend, Json

Given = Annotated[str, typer.Argument(metavar="FILE", help="An indexed file: its path, or its id.")]


def upload(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help="Files of this machine.", exists=True, dir_okay=False, readable=True),
    ],
    folder: Annotated[str, typer.Option(metavar="DIR", help="Where, below the upload folder.")] = "",
    existing: Annotated[str, typer.Option(help="Where the name is taken: fail, rename or replace.")] = "fail",
    tag: Annotated[list[str] | None, typer.Option(help="A tag (again for several).", show_default=False)] = None,
    description: Annotated[str | None, typer.Option(help="What it is.", show_default=False)] = None,
    *,
    how: Output,
) -> None:
    """Put files into the upload folder (SISS_UPLOAD_ROOT), where they are indexed at once."""
    from siss.client import calls

    fields = [("existing", existing), *(("tags", each) for each in tag or ())]
    fields += [(name, given) for name, given in (("folder", folder), ("description", description)) if given]

    async def act(backend: "Backend") -> "Json":
        answers = []
        for path in files:
            with path.open("rb") as opened:
                form = [*((name, (None, given)) for name, given in fields), ("file", (path.name, opened))]
                # A key of its own, so that a lost answer can be asked for again.
                answers.append(await backend.ask(calls.post_file(form, idempotency_key=uuid.uuid4().hex)))
        if backend.local:
            await backend.wait_until_idle()
        return {"items": answers}

    def show(answer: "Json") -> None:
        for each in answer["items"]:
            _show(each)

    ask(act, show, how, indexing=True)


def label(
    file: Given,
    tag: Annotated[list[str] | None, typer.Option(help="A tag to add (again for several).")] = None,
    untag: Annotated[list[str] | None, typer.Option(help="A tag to take away (again for several).")] = None,
    description: Annotated[str | None, typer.Option(help="What it is; empty: nothing any more.")] = None,
    *,
    how: Output,
) -> None:
    """Change the tags and the description of a file."""
    if tag is None and untag is None and description is None:
        raise typer.BadParameter("name what is to change: --tag, --untag or --description")

    from siss.client import calls

    async def change(backend: "Backend", found: "Json") -> "Json":
        body: dict[str, Any] = {} if description is None else {"description": description}
        if tag or untag:
            body["tags"] = sorted((set(found["tags"]) | set(tag or [])) - set(untag or []))
        return await backend.ask(calls.patch_file(found["id"], body))

    _change(file, change, how)


def remove(file: Given, *, how: Output) -> None:
    """Take a file out of the index; it stays on the NAS, and can be recovered."""
    from siss.client import calls

    async def change(backend: "Backend", found: "Json") -> "Json":
        return await backend.ask(calls.delete_file(found["id"]))

    _change(file, change, how)


def recover(file: Given, *, how: Output) -> None:
    """Put a file that was removed into the index again."""
    from siss.client import calls

    async def change(backend: "Backend", found: "Json") -> "Json":
        return await backend.ask(calls.post_restore(found["id"]))

    _change(file, change, how)


def _change(
    file: str,
    change: "Callable[[Backend, Json], Awaitable[Json]]",
    how: Output,
) -> None:
    async def act(backend: "Backend") -> "Json":
        answer = await change(backend, await _find(backend, file))
        if backend.local:
            await backend.wait_until_idle()
        return answer

    ask(act, _show, how, indexing=True)


async def _find(backend: "Backend", file: str) -> "Json":
    from siss.cli.ask import spellings
    from siss.client import calls
    from siss.errors import NotFoundError

    try:
        return await backend.ask(calls.get_file(str(uuid.UUID(file))))
    except ValueError:
        pass
    path = spellings(file)[-1]
    answer = await backend.ask(calls.get_path_coverage(path=path))
    if answer["file"] is None:
        raise NotFoundError(f"{file} is not indexed: siss why says why.", path=path)
    return await backend.ask(calls.get_file(answer["file"]["id"]))


def _show(found: "Json") -> None:
    from siss.cli.screen import out

    tags = f"  [{', '.join(found['tags'])}]" if found["tags"] else ""
    out().print(f"{found['path']}  {found['status']}{tags}", markup=False, highlight=False)
