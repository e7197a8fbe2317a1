"""Answers for people: what ``--json`` prints as it is, laid out."""

from collections.abc import Mapping
from typing import Any, Final

from siss.cli.screen import count, duration, err, highlighted, moment, out, safe, size

Json = dict[str, Any]

SNIPPET_LINES: Final = 4


def show_search(answer: Json) -> None:
    """Hits as ``path:line`` with the snippet. In a pipe one line each, and the rest on standard error."""
    terminal = out().is_terminal
    for item in answer["items"]:
        (_show_hit if terminal else _print_hit)(item)
    about = out() if terminal else err()
    at_least = "at least " if answer["total_relation"] == "gte" else ""
    relaxed = " Too little was found as asked; hits marked ~ match in part." if answer["relaxed"] else ""
    noun = "file" if answer["total"] == 1 else "files"
    about.print(f"{at_least}{count(answer['total'])} {noun}, {answer['took_ms']:.1f} ms.{relaxed}", style="dim")
    for field, values in answer["facets"].items():
        shown = ", ".join(f"{safe(value['value'])} ({count(value['count'])})" for value in values)
        about.print(f"{field}: {shown or '-'}", style="dim", markup=False)
    for note in answer["notes"]:
        about.print(safe(note), style="yellow", markup=False)
    if answer["cursor"]:
        about.print(f"More: --cursor {answer['cursor']}", style="dim", markup=False)


def _place(item: Json) -> tuple[str, int | None]:
    match = item["chunk_match"] or {}
    return item["path_on_client"] or item["path"], match.get("line")


def _show_hit(item: Json) -> None:
    from rich.text import Text

    path, line = _place(item)
    head = Text("~ " if item["relaxed"] else "", "yellow")
    head.append(path, "magenta")
    if line is not None:
        head.append(":")
        head.append(str(line), "green")
    out().print(head)
    match = item["chunk_match"]
    if match and match["highlight"]:
        for part in _around_match(match["highlight"]):
            text = highlighted(part.rstrip())
            text.truncate(max(20, out().width - 4), overflow="ellipsis")
            out().print(Text("    ").append_text(text))
    if item["other_paths"]:
        more = len(item["other_paths"])
        out().print(
            f"    same bytes: {item['other_paths'][0]}{f' and {more - 1} more' if more > 1 else ''}",
            style="dim",
            markup=False,
        )
    if explanation := item.get("explanation"):
        scores = ", ".join(f"{name} {value:g}" for name, value in explanation.items())
        out().print(f"    score {item['score']:g}: {scores}", style="dim", markup=False)


def _around_match(html: str) -> list[str]:
    """A few lines of a snippet, from the one above its first match on."""
    lines = [line for line in html.split("\n") if line.strip()]
    first = next((at for at, line in enumerate(lines) if "<em>" in line), 0)
    start = max(0, min(first - 1, len(lines) - SNIPPET_LINES))
    return lines[start : start + SNIPPET_LINES]


def _print_hit(item: Json) -> None:
    path, line = _place(item)
    match = item["chunk_match"] or {}
    text = " ".join(safe(match.get("text") or "").split())
    place = path if line is None else f"{path}:{line}"
    out().print(f"{place}: {text}" if text else place, markup=False)


def show_why(answer: Json) -> None:
    """What of a path is indexed, what not, and why."""
    if answer["known"] == "skipped":
        skipped = answer["skipped"]
        out().print(f"{answer['path']}: not indexed.", markup=False)
        above = f" ({skipped['path']})" if skipped["path"] != answer["path"] else ""
        out().print(f"  {skipped['reason']}{above}: {safe(skipped['sentence'])}", markup=False)
        return
    if answer["known"] == "folder":
        _show_folder(answer["path"], answer["folder"])
        return
    coverage = answer["coverage"]
    words = {"whole": "indexed whole", "partial": "indexed in part", "none": "found by name and size only"}
    state = words.get(coverage["extent"], coverage["extent"])
    file = answer["file"]
    if file.get("removed_by"):
        state = f"taken out of the index by {file['removed_by']}; siss recover puts it back"
    elif coverage["status"] in {"missing", "deleted"}:
        state = f"{coverage['status']}: it was not there when it was last looked for, and is in no answer"
    elif coverage["status"] not in {"indexed", "metadata_only"}:
        state = f"{coverage['status']}; {state}" if coverage["indexed_at"] else str(coverage["status"])
    out().print(f"{answer['path']}: {state}.", markup=False)
    facts = [size(file["size"])]
    facts += [str(fact) for fact in (file["mime"], file["kind"]) if fact]
    out().print("  " + ", ".join(facts), markup=False)
    if coverage["source_bytes"]:
        share = coverage["read_bytes"] / coverage["source_bytes"]
        out().print(
            f"  read {count(coverage['read_bytes'])} of {count(coverage['source_bytes'])} bytes ({share:.0%}), "
            f"{count(coverage['chunks'])} chunks, indexed {moment(coverage['indexed_at'])}"
        )
    for gap in coverage["gaps"]:
        where = f" {_range(gap['span'])}" if gap["span"] else ""
        item = f" {safe(gap['item'])}" if gap["item"] else ""
        sign = "!" if gap["lost"] else "i"
        out().print(f"  {sign} {gap['reason']}{where}{item}: {safe(gap['sentence'])}", markup=False)


def _range(span: Json) -> str:
    """Bytes of a gap; one that has no known end goes on to the end of the source."""
    return f"from byte {span['start']:,}" if span["end"] is None else f"bytes {span['start']:,}-{span['end']:,}"


def _show_folder(path: str, folder: Json) -> None:
    out().print(
        f"{path}: {count(folder['files'])} files: {count(folder['whole'])} indexed whole, "
        f"{count(folder['partial'])} in part, {count(folder['none'])} by name and size only"
        f" ({count(folder['failed'])} failed, {count(folder['pending'])} waiting).",
        markup=False,
    )
    for file in folder["lacking"]:
        state = file["status"] if file["status"] in {"failed", "pending"} else file["extent"]
        out().print(f"  {state}: {file['path']}", markup=False)
    if (more := folder["partial"] + folder["none"] - len(folder["lacking"])) > 0:
        out().print(f"  and {count(more)} more")
    if folder["skipped"]:
        out().print(f"  not taken: {_counts(folder['skipped'])}", markup=False)


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
            out().print(f"  {title}: {_counts(answer[field])}", markup=False)
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


def _counts(values: Mapping[str, int], most: int = 12) -> str:
    ordered = sorted(values.items(), key=lambda pair: (-pair[1], pair[0]))
    shown = ", ".join(f"{name} {count(number)}" for name, number in ordered[:most])
    return f"{shown}, and {len(ordered) - most} more" if len(ordered) > most else shown


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
        return _counts(value) or "none"
    return count(value) if isinstance(value, int) else safe(str(value))
