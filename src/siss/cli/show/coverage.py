"""What was indexed of a file or a folder, for people."""

from typing import Any

from siss.cli.screen import count, moment, out, safe, size, tally

Json = dict[str, Any]


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
        out().print(f"  not taken: {tally(folder['skipped'])}", markup=False)
