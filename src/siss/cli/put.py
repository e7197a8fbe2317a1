"""Commands that change files: upload, label, remove, recover."""

import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from siss.cli.options import AsJson, DataDir, Sets, load
from siss.cli.run import run

if TYPE_CHECKING:
    from siss.cli.backend import Backend, Json

Given = Annotated[str, typer.Argument(metavar="FILE", help="An indexed file: its path, or its id.")]


def upload(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Files of this machine.", exists=True)],
    folder: Annotated[str, typer.Option(metavar="DIR", help="Where, below the upload folder.")] = "",
    existing: Annotated[str, typer.Option(help="Where the name is taken: fail, rename or replace.")] = "fail",
    tag: Annotated[list[str] | None, typer.Option(help="A tag (again for several).", show_default=False)] = None,
    description: Annotated[str | None, typer.Option(help="What it is.", show_default=False)] = None,
    json: AsJson = False,
    data_dir: DataDir = None,
    sets: Sets = None,
) -> None:
    """Put files into the upload folder (SISS_UPLOAD_ROOT), where they are indexed at once."""
    from siss.cli.backend import open_backend, without_none
    from siss.cli.screen import print_json

    settings = load(data_dir, sets).settings
    fields = without_none(
        {"folder": folder or None, "existing": existing, "tags": tag or None, "description": description}
    )

    async def work() -> int:
        async with open_backend(settings, indexing=True) as backend:
            answers = [
                await backend.upload("/files", [(path.name, path)], fields, uuid.uuid4().hex) for path in files
            ]
            if backend.local:
                await backend.wait_until_idle()
        if json:
            print_json({"items": answers})
        else:
            _show(answers)
        return 0

    run(work())


def label(
    file: Given,
    tag: Annotated[list[str] | None, typer.Option(help="A tag to add (again for several).")] = None,
    untag: Annotated[list[str] | None, typer.Option(help="A tag to take away (again for several).")] = None,
    description: Annotated[str | None, typer.Option(help="What it is; empty: nothing any more.")] = None,
    json: AsJson = False,
    data_dir: DataDir = None,
    sets: Sets = None,
) -> None:
    """Change the tags and the description of a file."""
    if tag is None and untag is None and description is None:
        raise typer.BadParameter("name what is to change: --tag, --untag or --description")

    async def change(backend: "Backend", found: "Json") -> "Json":
        body: dict[str, Any] = {} if description is None else {"description": description}
        if tag or untag:
            body["tags"] = sorted((set(found["tags"]) | set(tag or [])) - set(untag or []))
        return await backend.patch(f"/files/{found['id']}", body)

    _change(file, change, json, data_dir, sets)


def remove(file: Given, json: AsJson = False, data_dir: DataDir = None, sets: Sets = None) -> None:
    """Take a file out of the index; it stays on the NAS, and can be recovered."""

    async def change(backend: "Backend", found: "Json") -> "Json":
        return await backend.delete(f"/files/{found['id']}")

    _change(file, change, json, data_dir, sets)


def recover(file: Given, json: AsJson = False, data_dir: DataDir = None, sets: Sets = None) -> None:
    """Put a file that was removed into the index again."""

    async def change(backend: "Backend", found: "Json") -> "Json":
        return await backend.post(f"/files/{found['id']}/restore")

    _change(file, change, json, data_dir, sets)


def _change(file: str, change: Any, json: bool, data_dir: str | None, sets: list[str] | None) -> None:
    from siss.cli.backend import open_backend
    from siss.cli.screen import print_json

    settings = load(data_dir, sets).settings

    async def work() -> int:
        async with open_backend(settings, indexing=True) as backend:
            answer = await change(backend, await _find(backend, file))
            if backend.local:
                await backend.wait_until_idle()
        if json:
            print_json(answer)
        else:
            _show([answer])
        return 0

    run(work())


async def _find(backend: "Backend", file: str) -> "Json":
    from siss.cli.ask import spellings
    from siss.errors import NotFoundError

    try:
        return await backend.get(f"/files/{uuid.UUID(file)}")
    except ValueError:
        pass
    path = spellings(file)[-1]
    answer = await backend.get("/coverage", path=path)
    if answer["file"] is None:
        raise NotFoundError(f"{file} is not indexed: siss why says why.", path=path)
    return await backend.get(f"/files/{answer['file']['id']}")


def _show(files: "list[Json]") -> None:
    from siss.cli.screen import out

    for found in files:
        tags = f"  [{', '.join(found['tags'])}]" if found["tags"] else ""
        out().print(f"{found['path']}  {found['status']}{tags}", markup=False, highlight=False)
