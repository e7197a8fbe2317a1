"""Commands that index: serve and index."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from siss.cli.options import Dirs, Output, Target, check_roots, require_roots, require_there
from siss.cli.run import run, tell_outages

if TYPE_CHECKING:
    from siss.settings import Loaded, Settings


def serve(
    dirs: Dirs = None,
    port: Annotated[
        int | None, typer.Option("--port", "-p", help="Port; 0 picks a free one.", show_default=False)
    ] = None,
    host: Annotated[
        str | None, typer.Option(help="Address; any but loopback wants API keys.", show_default=False)
    ] = None,
    workers: Annotated[
        int | None, typer.Option("--workers", help="Processes that answer requests.", show_default=False)
    ] = None,
    *,
    where: Target,
) -> None:
    """Index folders, keep the index true, and answer searches at http://127.0.0.1:8080."""
    from siss.api.serve import serve as serve_until_stopped
    from siss.cli.backend import is_indexed
    from siss.cli.progress import IngestProgress
    from siss.logs import configure_logs
    from siss.traces.collector import open_traces

    loaded = where.load(roots=check_roots(dirs), port=port, host=host, api_workers=workers)
    require_roots(loaded.settings)
    if not is_indexed(loaded.settings):
        require_there(loaded.settings.roots)
    settings = _calm_logs(loaded)
    configure_logs(settings.log_level, settings.log_format)

    async def work() -> int:
        with IngestProgress() as progress, open_traces(settings.otel_endpoint, "index"):
            await serve_until_stopped(
                settings,
                on_ready=progress.ready,
                on_status=progress.on_status,
                report=progress.report,
                on_key=progress.first_key,
            )
        return 0

    run(work())


def index(
    dirs: Dirs = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be read and what skipped.")] = False,
    accept_deletions: Annotated[
        bool, typer.Option("--accept-deletions", help="Delete what vanished even where it looks like an outage.")
    ] = False,
    *,
    how: Output,
) -> None:
    """Index folders once, then end. Ends with 7 where one of them was away."""
    from siss.cli.backend import is_indexed
    from siss.cli.progress import IngestProgress
    from siss.cli.screen import print_json
    from siss.logs import configure_logs

    loaded = how.load(roots=check_roots(dirs))
    require_roots(loaded.settings)
    if dry_run or not is_indexed(loaded.settings):
        require_there(loaded.settings.roots)
    settings = _calm_logs(loaded)
    configure_logs(settings.log_level, settings.log_format)

    async def work() -> int:
        with IngestProgress(quiet=how.json, until_idle=False) as progress:
            if dry_run:
                answer = _plan(settings)
            else:
                answer = await _index_once(settings, progress, accept_deletions=accept_deletions)
        (print_json if how.json else _show_report)(answer)
        return tell_outages(answer["roots"], "path")

    run(work())


def _calm_logs(loaded: "Loaded") -> "Settings":
    """On a terminal a line for each request would bury the display: only warnings, unless somebody asked for more."""
    import sys

    if loaded.origins["log_level"].source == "default" and sys.stderr.isatty():
        return loaded.settings.model_copy(update={"log_level": "warning"})
    return loaded.settings


async def _index_once(settings: "Settings", progress: Any, *, accept_deletions: bool) -> dict[str, Any]:
    from siss.api.local_socket import answering_locally
    from siss.bootstrap import open_indexer, own_state
    from siss.errors import ConflictError
    from siss.traces.collector import open_traces

    with open_traces(settings.otel_endpoint, "index"):
        async with (
            own_state(settings, progress.report) as state,
            open_indexer(settings, state, progress.on_status) as (services, indexing),
            answering_locally(services, state.owner),
        ):
            if await services.ingest_state.paused():
                raise ConflictError("Indexing is paused: siss resume lets it go on.")
            report = await indexing.run_once(accept_deletions=accept_deletions)
    skipped: dict[str, int] = {}
    for scan in report.scans:
        for reason, number in scan.skipped.items():
            skipped[str(reason)] = skipped.get(str(reason), 0) + number
    return {
        "dry_run": False,
        "files": sum(scan.files for scan in report.scans),
        "indexed": report.indexed,
        "unchanged": report.unchanged,
        "failed": report.failed,
        "bytes": report.bytes_read,
        "chunks": report.chunks,
        "seconds": round(report.seconds, 3),
        "outcomes": {str(name): number for name, number in report.outcomes.items()},
        "skipped": skipped,
        "roots": [
            {
                "path": scan.root,
                "files": scan.files,
                "queued": scan.queued,
                "missing": scan.missing,
                "outage": scan.outage,
            }
            for scan in report.scans
        ],
    }


def _plan(settings: "Settings") -> dict[str, Any]:
    from siss.app.dry_run import plan_index

    return plan_index(settings)


def _show_report(answer: dict[str, Any]) -> None:
    from siss.cli.screen import count, duration, out, size

    if answer["dry_run"]:
        out().print(f"Would read {count(answer['files'])} files, {size(answer['bytes'])}, but for what is indexed.")
    else:
        failed = f", {count(answer['failed'])} failed" if answer["failed"] else ""
        out().print(
            f"{count(answer['files'])} files found, {count(answer['indexed'] + answer['unchanged'])} read{failed}: "
            f"{size(answer['bytes'])}, {count(answer['chunks'])} chunks, {duration(answer['seconds'])}."
        )
    if answer["skipped"]:
        reasons = ", ".join(f"{reason} {count(number)}" for reason, number in sorted(answer["skipped"].items()))
        out().print(f"Skipped: {reasons}. siss why PATH says more.", markup=False)
