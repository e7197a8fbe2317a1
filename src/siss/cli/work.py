"""Commands that ask for work: scan, reindex, verify, jobs, cancel, pause, resume."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from siss.cli.options import AsJson, DataDir, Sets, load
from siss.cli.run import run

if TYPE_CHECKING:
    from siss.settings import Settings

Wait = Annotated[bool, typer.Option("--wait/--no-wait", help="Wait for the end, or only queue it with a service.")]
MaybePath = Annotated[
    str | None, typer.Argument(metavar="[PATH]", help="A file or folder; everything without it.", show_default=False)
]


def scan(
    path: MaybePath = None,
    accept_deletions: Annotated[
        bool, typer.Option("--accept-deletions", help="Delete what vanished even where it looks like an outage.")
    ] = False,
    wait: Wait = True,
    json: AsJson = False,
    data_dir: DataDir = None,
    sets: Sets = None,
) -> None:
    """Look for changes now."""
    body: dict[str, Any] = {"accept_deletions": accept_deletions}
    if path is not None:
        body["path"] = _absolute(path)
    request(load(data_dir, sets).settings, "/ingest/scan", body, wait=wait, json=json)


def reindex(
    path: MaybePath = None,
    engine_only: Annotated[
        bool, typer.Option("--engine-only", help="Rebuild the full-text index from local state; the NAS is not read.")
    ] = False,
    wait: Wait = True,
    json: AsJson = False,
    data_dir: DataDir = None,
    sets: Sets = None,
) -> None:
    """Read everything, or one file, again though it did not change."""
    if path is not None and engine_only:
        raise typer.BadParameter("--engine-only concerns everything: leave PATH out")
    settings = load(data_dir, sets).settings
    if path is None:
        request(settings, "/ingest/reindex", {"engine_only": engine_only}, wait=wait, json=json)
    else:
        request(settings, "/ingest/reindex/{id}", None, wait=wait, json=json, file=_absolute(path))


def verify(
    repair: Annotated[bool, typer.Option("--repair", help="Mend what differs.")] = False,
    wait: Wait = True,
    json: AsJson = False,
    data_dir: DataDir = None,
    sets: Sets = None,
) -> None:
    """Compare catalog and full-text index whole. Ends with 8 where they differ and nothing was mended."""
    request(load(data_dir, sets).settings, "/ingest/verify", {"repair": repair}, wait=wait, json=json)


def pause(json: AsJson = False, data_dir: DataDir = None, sets: Sets = None) -> None:
    """Pause indexing, also over restarts; searches go on."""
    _set_paused(load(data_dir, sets).settings, "/ingest/pause", json=json)


def resume(json: AsJson = False, data_dir: DataDir = None, sets: Sets = None) -> None:
    """Let indexing go on."""
    _set_paused(load(data_dir, sets).settings, "/ingest/resume", json=json)


def jobs(
    state: Annotated[str | None, typer.Option(help="queued, running, done, failed, cancelled.")] = None,
    size: Annotated[int, typer.Option("--size", "-n", min=1, max=200, help="How many.")] = 20,
    cursor: Annotated[str | None, typer.Option(help="The next page, as the last one named it.")] = None,
    json: AsJson = False,
    data_dir: DataDir = None,
    sets: Sets = None,
) -> None:
    """Show what was asked of the index, the latest first."""
    from siss.cli.backend import open_backend
    from siss.cli.screen import print_json
    from siss.cli.show import show_job

    settings = load(data_dir, sets).settings

    async def work() -> int:
        async with open_backend(settings) as backend:
            found = await backend.get("/jobs", state=state, size=size, cursor=cursor)
        if json:
            print_json(found)
        else:
            for job in found["items"]:
                show_job(job)
        return 0

    run(work())


def cancel(
    job: Annotated[str, typer.Argument(metavar="JOB", help="Its id, as siss jobs shows it.")],
    json: AsJson = False,
    data_dir: DataDir = None,
    sets: Sets = None,
) -> None:
    """End a job that waits, or a scan or batch of uploads that runs."""
    from urllib.parse import quote

    from siss.cli.backend import open_backend
    from siss.cli.screen import print_json
    from siss.cli.show import show_job

    settings = load(data_dir, sets).settings

    async def work() -> int:
        async with open_backend(settings, changing=True) as backend:
            found = await backend.post(f"/jobs/{quote(job, safe='')}/cancel")
        (print_json if json else show_job)(found)
        return 0

    run(work())


def _absolute(path: str) -> str:
    """As the service shows it: absolute, with links resolved."""
    from siss.cli.ask import spellings

    return spellings(path)[-1]


def request(
    settings: "Settings", route: str, body: dict[str, Any] | None, *, wait: bool, json: bool, file: str | None = None
) -> None:
    """Queue a job, follow it to its end where that is wanted or nobody else would do it, and show it."""
    from siss.cli.backend import open_backend
    from siss.cli.progress import IngestProgress
    from siss.cli.screen import print_json
    from siss.cli.show import show_job
    from siss.errors import CorruptError, NotFoundError

    async def work() -> int:
        with IngestProgress(quiet=json, until_idle=False) as progress:
            async with open_backend(settings, indexing=True, on_status=progress.on_status) as backend:
                target = route
                if file is not None:
                    answer = await backend.get("/coverage", path=file)
                    if answer["file"] is None:
                        raise NotFoundError(f"{file} is not indexed: siss why says why.", path=file)
                    target = route.replace("{id}", answer["file"]["id"])
                job = await backend.post(target, body)
                if wait or backend.local:
                    follow = None if backend.local else progress.on_status
                    job = await backend.wait_for_job(job, follow)
                    if job["state"] == "done" and (backend.local or job["kind"] not in {"verify", "maintain"}):
                        await backend.wait_until_idle(follow)
        (print_json if json else show_job)(job)
        if job["state"] == "failed":
            return 70
        differs = job["kind"] == "verify" and job["result"].get("clean") is False
        if job["result"].get("damaged"):
            return CorruptError.kind.exit_code
        return CorruptError.kind.exit_code if differs and not job["arguments"].get("repair") else 0

    run(work())


def _set_paused(settings: "Settings", route: str, *, json: bool) -> None:
    from siss.cli.backend import open_backend
    from siss.cli.screen import print_json
    from siss.cli.show import show_ingest

    async def work() -> int:
        async with open_backend(settings, changing=True) as backend:
            status = await backend.post(route)
        (print_json if json else show_ingest)(status)
        return 0

    run(work())
