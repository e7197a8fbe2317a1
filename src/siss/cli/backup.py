"""Commands that keep what is indexed: backup, restore, migrate."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from siss.cli.options import Output
from siss.cli.run import run

if TYPE_CHECKING:
    from siss.app.backup import Manifest
    from siss.settings import Settings

Backup = Annotated[Path, typer.Argument(metavar="BACKUP", help="The backup's folder.")]


def backup(
    folder: Backup,
    with_secret_key: Annotated[
        bool,
        typer.Option(
            "--with-secret-key",
            help="Put the key of the secrets' fingerprints in: who has both can try out weak passwords.",
        ),
    ] = False,
    *,
    how: Output,
) -> None:
    """Save everything that is known into a new folder, also while a service runs."""
    from siss.app.backup import SETTINGS, write_backup
    from siss.app.secret_key import NAME, find_key
    from siss.bootstrap import open_dump
    from siss.cli.backend import require_index
    from siss.cli.progress import waiting
    from siss.settings import as_toml
    from siss.state import noted_settings

    settings = how.load().settings
    target = folder.expanduser().absolute()

    async def work() -> int:
        require_index(settings)
        served = noted_settings(settings.data_dir)  # a service has its settings from wherever it was started
        extras = {SETTINGS: (as_toml(settings) if served is None else served).encode()}
        if with_secret_key:
            extras[NAME] = find_key(settings.data_dir, settings.secret_key_file).hex().encode() + b"\n"
        with waiting("saving", quiet=how.json) as report:
            async with open_dump(settings, report) as dump:
                manifest = await write_backup(dump, target, extras, settings.data_dir)
        _show(manifest, target, "Saved", json=how.json)
        return 0

    run(work())


def restore(
    folder: Backup,
    check: Annotated[bool, typer.Option("--check", help="Only look whether the backup is whole.")] = False,
    *,
    how: Output,
) -> None:
    """Fill a new state folder, or a new database, from a backup. The NAS is not needed."""
    from siss.app.backup import check_backup, forget_restore
    from siss.bootstrap import restore_state
    from siss.cli.progress import waiting

    settings = how.load().settings
    source = folder.expanduser().absolute()

    async def work() -> int:
        if check:
            _show(check_backup(source), source, "Whole:", json=how.json)
            return 0
        with waiting("restoring", quiet=how.json) as report:
            manifest = await restore_state(settings, source, report)
        await _make_engine(settings, quiet=how.json, restoring=True)
        forget_restore(settings.data_dir)
        _show(manifest, settings.data_dir, "Restored", json=how.json)
        return 0

    run(work())


def migrate(
    to: Annotated[str, typer.Option("--to", metavar="URL", help="postgresql://… of an empty database.")],
    *,
    how: Output,
) -> None:
    """Move from the embedded database to a server. The NAS is not needed, and what is embedded stays as it is."""
    from pydantic import SecretStr

    from siss.bootstrap import move_state
    from siss.cli.backend import require_index
    from siss.cli.progress import waiting
    from siss.cli.screen import count, out, print_json

    settings = how.load().settings

    async def work() -> int:
        require_index(settings)
        with waiting("moving", quiet=how.json) as report:
            facts = await move_state(settings, to, report)
        await _make_engine(settings.model_copy(update={"database_url": SecretStr(to)}), quiet=how.json)
        if how.json:
            print_json({"rows": facts.rows})
            return 0
        out().print(
            f"[green]Moved[/green] {count(facts.rows.get('files', 0))} files, "
            f"{count(facts.rows.get('contents', 0))} contents, {count(facts.rows.get('chunks', 0))} chunks.",
            highlight=False,
        )
        out().print("  Set SISS_DATABASE_URL from now on; postgres/ of the state folder may be removed.", style="dim")
        return 0

    run(work())


async def _make_engine(settings: "Settings", *, quiet: bool, restoring: bool = False) -> None:
    from siss.cli.backend import open_backend
    from siss.cli.progress import waiting
    from siss.client import calls

    with waiting("making the full-text index", quiet=quiet) as report:
        async with open_backend(settings, indexing=True, report=report, restoring=restoring) as backend:
            await backend.wait_for_job(await backend.ask(calls.post_reindex({"engine_only": True})))
            # Comparing begins when all that waits is applied: what is read from the NAS meanwhile is not waited for.
            await backend.wait_for_job(await backend.ask(calls.post_verify({"repair": True})))


def _show(manifest: "Manifest", where: Path, deed: str, *, json: bool) -> None:
    from siss.cli.screen import count, moment, out, print_json, size

    rows = manifest.database.rows
    answer: dict[str, Any] = {
        "folder": str(where),
        "created_at": manifest.created_at.isoformat(),
        "version": manifest.version,
        "bytes": sum(file.bytes for file in manifest.files.values()),
        "rows": rows,
    }
    if json:
        print_json(answer)
        return
    out().print(f"[green]{deed}[/green] {where}", highlight=False)
    out().print(
        f"  {count(rows.get('files', 0))} files, {count(rows.get('contents', 0))} contents, "
        f"{count(rows.get('chunks', 0))} chunks; {size(answer['bytes'])}, of {moment(answer['created_at'])}",
        style="dim",
        highlight=False,
    )
