"""Answers about structure, for people."""

import json
from typing import Any

from siss.cli.screen import count, err, moment, out, safe

Json = dict[str, Any]


def show_matches(answer: Json) -> None:
    """Values as ``path:line: place: value``, one a line."""
    from rich.text import Text

    for item in answer["items"]:
        path = item["path_on_client"] or item["path"]
        for match in item["matches"]:
            line = Text(path, "magenta")
            if match["line"] is not None:
                line.append(":").append(str(match["line"]), "green")
            line.append(": ")
            if match["path"]:
                line.append(safe(match["path"]), "cyan").append(": ")
            out().print(line.append(safe(" ".join(match["value"].split()))))
        hidden = item["total"] - len(item["matches"])
        if hidden:
            err().print(f"{path}: {count(hidden)} more (--matches)", style="dim", markup=False)
    _summarise(answer)


def _summarise(answer: Json) -> None:
    at_least = "at least " if answer["candidates_relation"] == "gte" else ""
    err().print(
        f"{count(answer['evaluated'])} of {at_least}{count(answer['candidates'])} candidates among "
        f"{count(answer['indexed'])} files evaluated, {answer['took_ms']:.1f} ms.",
        style="dim",
    )
    for problem in answer["problems"]:
        err().print(f"{problem['path']}: {safe(problem['reason'])}", style="yellow", markup=False)
    unnamed = answer["given_up"] - len(answer["problems"])
    if unnamed:
        err().print(f"{count(unnamed)} more could not be evaluated.", style="yellow")
    if answer["unreadable"]:
        err().print(
            f"{count(answer['unreadable'])} more files of the kind cannot be asked: not well-formed, or too large.",
            style="yellow",
        )
    if answer["timed_out"]:
        err().print("The time was over before the page was full.", style="yellow")
    _more(answer)


def show_schemas(answer: Json) -> None:
    """Schemas, one a line: id, files, name."""
    from rich.text import Text

    width = max((len(count(item["files"])) for item in answer["items"]), default=0)
    for item in answer["items"]:
        line = Text(item["id"], "cyan")
        line.append(f"  {count(item['files']):>{width}} files  ")
        out().print(line.append(safe(item["name"]), "bold"))
    err().print(f"{count(answer['total'])} schemas.", style="dim")
    _more(answer)


def show_schema(answer: Json) -> None:
    """One schema: its definition as JSON, the rest beside it."""
    if answer["redirected_from"] is not None:
        err().print(f"{answer['redirected_from']} was merged into {answer['id']}.", style="yellow")
    err().print(
        f"{answer['id']}: {safe(answer['name'])}; {count(answer['files'])} files, {count(answer['shapes'])} shapes, "
        f"since {moment(answer['created_at'])}",
        style="dim",
        markup=False,
    )
    out().print(safe(json.dumps(answer["definition"], ensure_ascii=False, indent=2)), markup=False)


def show_schema_files(answer: Json) -> None:
    """Paths, one a line."""
    for item in answer["items"]:
        out().print(item["path_on_client"] or item["path"], style="magenta", markup=False)
    _more(answer)


def show_drift(answer: Json) -> None:
    """What changed, a sentence a line."""
    colours = {"added": "green", "removed": "red"}
    for item in answer["items"]:
        out().print(safe(item["text"]), style=colours.get(item["change"], ""), markup=False)
    members = f"{count(answer['members_before'])} members then, {count(answer['members_after'])} now"
    changes = f"{count(answer['total'])} changes" if answer["total"] else "nothing changed"
    err().print(f"Since {moment(answer['since'])}: {changes}; {members}.", style="dim")
    _more(answer)


def _more(answer: Json) -> None:
    if answer["cursor"]:
        err().print(f"More: --cursor {answer['cursor']}", style="dim", markup=False)
