"""Numbers, indexing and jobs, for people."""

from typing import Any

from siss.cli.screen import count, duration, moment, out, safe, size, tally

Json = dict[str, Any]


def show_stats(answer: Json) -> None:
    """Numbers about the index."""
    out().print(
        f"{count(answer['files'])} files, {size(answer['bytes'])}; {count(answer['contents'])} contents, "
        f"{size(answer['text_bytes'])} of text, {count(answer['chunks'])} chunks"
    )
    for title, field in (
        ("status", "by_status"),
        ("coverage", "by_extent"),
        ("kind", "by_kind"),
        ("type", "by_mime"),
        ("reasons", "by_reason"),
        ("skipped", "skipped"),
    ):
        if answer[field]:
            out().print(f"  {title}: {tally(answer[field])}", markup=False)
    for root in answer["roots"]:
        reason = f" ({root['reason']})" if root["reason"] else ""
        out().print(
            f"  {root['path']}: {root['state']}{reason}, {root['watch']}, {count(root['files'])} files, "
            f"scanned {moment(root['last_scan_at'])}",
            markup=False,
        )
    if answer["hidden"]:
        out().print(f"  hidden: {count(answer['hidden'])} files with a critical secret (siss why PATH says where)")
    show_ingest(answer["ingest"])


def show_ingest(status: Json) -> None:
    """What indexing does now."""
    asked, is_paused = status.get("paused"), status["phase"] == "paused"
    paused = " (paused)" if asked and not is_paused else " (resumed)" if asked is False and is_paused else ""
    lag = status["oldest_pending_seconds"]
    behind = f", oldest waits {duration(lag)}" if status["pending"] else ""
    out().print(
        f"indexing {status['phase']}{paused}: {count(status['pending'])} waiting, {count(status['outbox'])} on their "
        f"way to the engine{behind}"
    )
    if status["ended"]:
        out().print(f"  nothing is indexed any more: {status['ended']}", markup=False)
    if status["waits_for"]:
        out().print(f"  waits since {moment(status['waits_since'])}: {status['waits_for']}", markup=False)
    if status["damage"] and status["damage"] != status["ended"]:
        out().print(f"  {status['damage']}", markup=False)
    if status["outdated"]:
        out().print(f"  {count(status['outdated'])} contents are to be read again, for new rules or settings")


def show_job(job: Json) -> None:
    """A job and what came of it."""
    out().print(f"{job['kind']} {job['id']}: {job['state']}", markup=False)
    if job["error"]:
        out().print(f"  {safe(job['error'])}", style="red", markup=False)
    for name, value in job["result"].items():
        if isinstance(value, list):
            for entry in value:
                shown = (
                    ", ".join(f"{key} {_plain(item)}" for key, item in entry.items() if item != "")
                    if isinstance(entry, dict)
                    else entry
                )
                out().print(f"  {shown}", markup=False)
        else:
            out().print(f"  {name.replace('_', ' ')}: {_plain(value)}", markup=False)


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.2f}"
    if isinstance(value, dict):
        return tally(value) or "none"
    return count(value) if isinstance(value, int) else safe(str(value))
