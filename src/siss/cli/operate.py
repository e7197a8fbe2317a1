"""Commands that ask for work: scan, reindex, verify, jobs, cancel, pause, resume."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from siss.cli.asking import answer_to, ask, show_each
from siss.cli.options import Cursor, Output
from siss.cli.run import run, tell_outages

if TYPE_CHECKING:
    from siss.cli.asking import Question
    from siss.cli.backend import Backend, Json

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
    *,
    how: Output,
) -> None:
    """Look for changes now. Ends with 7 where a folder was away."""
    from siss.client import calls

    body: dict[str, Any] = {"accept_deletions": accept_deletions}
    if path is not None:
        body["path"] = _absolute(path)
    request(calls.post_scan(body), how, wait=wait)


def reindex(
    path: MaybePath = None,
    engine_only: Annotated[
        bool,
        typer.Option(
            "--engine-only",
            help="Rebuild the full-text index from local state, beside the one that answers; the NAS is not read.",
        ),
    ] = False,
    wait: Wait = True,
    *,
    how: Output,
) -> None:
    """Read everything, or one file, again though it did not change."""
    from siss.client import calls
    from siss.errors import NotFoundError

    if path is not None and engine_only:
        raise typer.BadParameter("--engine-only concerns everything: leave PATH out")

    async def submit(backend: "Backend") -> "Json":
        if path is None:
            return await backend.ask(calls.post_reindex({"engine_only": engine_only}))
        file = _absolute(path)
        answer = await backend.ask(calls.get_path_coverage(path=file))
        if answer["file"] is None:
            raise NotFoundError(f"{file} is not indexed: siss why says why.", path=file)
        return await backend.ask(calls.post_reindex_file(answer["file"]["id"]))

    request(submit, how, wait=wait)


def verify(
    repair: Annotated[bool, typer.Option("--repair", help="Mend what differs.")] = False,
    wait: Wait = True,
    *,
    how: Output,
) -> None:
    """Compare catalog, texts and full-text index, with checksums. Ends with 8 where they differ, unless mended.

    From a random share of the local texts it draws entities, fields and secrets again, and compares those, too.
    """
    from siss.client import calls

    request(calls.post_verify({"repair": repair}), how, wait=wait)


def pause(*, how: Output) -> None:
    """Pause indexing, also over restarts; searches go on."""
    from siss.cli.show.status import show_ingest
    from siss.client import calls

    ask(calls.post_pause(), show_ingest, how, changing=True)


def resume(*, how: Output) -> None:
    """Let indexing go on."""
    from siss.cli.show.status import show_ingest
    from siss.client import calls

    ask(calls.post_resume(), show_ingest, how, changing=True)


def jobs(
    state: Annotated[str | None, typer.Option(help="queued, running, done, failed, cancelled.")] = None,
    size: Annotated[int, typer.Option("--size", "-n", min=1, max=200, help="How many.")] = 20,
    cursor: Cursor = None,
    *,
    how: Output,
) -> None:
    """Show what was asked of the index, the latest first."""
    from siss.cli.show.status import show_job
    from siss.client import calls

    def show(found: "Json") -> None:
        show_each(found, show_job, "No job." if cursor or state else "Nothing was asked of the index yet.")

    ask(calls.get_jobs(state=state, size=size, cursor=cursor), show, how)


def cancel(
    job: Annotated[str, typer.Argument(metavar="JOB", help="Its id, as siss jobs shows it.")],
    *,
    how: Output,
) -> None:
    """End a job that waits, or a scan or batch of uploads that runs."""
    from siss.cli.show.status import show_job
    from siss.client import calls

    ask(calls.post_cancel(job), show_job, how, changing=True)


def _absolute(path: str) -> str:
    """As the service shows it: absolute, with links resolved."""
    from siss.cli.ask import spellings

    return spellings(path)[-1]


def request(what: "Question", how: Output, *, wait: bool) -> None:
    """Queue a job, follow it to its end where that is wanted or nobody else would do it, and show it."""
    from siss.cli.progress import IngestProgress
    from siss.cli.screen import print_json
    from siss.cli.show.status import show_job

    progress = IngestProgress(quiet=how.json, until_idle=False)
    opened = how.open(indexing=True, on_status=progress.on_status)

    async def work() -> int:
        with progress:
            async with opened as backend:
                job = await answer_to(what, backend)
                if wait or backend.local:
                    follow = None if backend.local else progress.on_status
                    job = await backend.wait_for_job(job, follow)
                    if job["state"] == "done" and (backend.local or job["kind"] not in {"verify", "maintain"}):
                        await backend.wait_until_idle(follow)
        (print_json if how.json else show_job)(job)
        return _code(job)

    run(work())


def _code(job: "Json") -> int:
    from siss.errors import CorruptError, DatabaseDamagedError

    if job["state"] == "failed":
        damaged = job["result"].get("code") in {CorruptError.kind.code, DatabaseDamagedError.kind.code}
        return CorruptError.kind.exit_code if damaged else 70
    if job["kind"] == "scan" and job["state"] == "done":
        return tell_outages(job["result"]["roots"], "root")
    differs = job["kind"] == "verify" and job["result"].get("clean") is False
    if job["result"].get("damaged") or (differs and not job["arguments"].get("repair")):
        return CorruptError.kind.exit_code
    return 0
