"""Answers about what files name, for people."""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from siss.cli.screen import count, err, moment, out, safe

if TYPE_CHECKING:
    from rich.text import Text

Json = dict[str, Any]

_BARS: Final = "▁▂▃▄▅▆▇█"
_WIDTH: Final = 60
_NEIGHBOURS: Final = 12
_COLOURS: Final = {"low": "dim", "medium": "", "high": "bold"}


def show_entities(answer: Json) -> None:
    """Things, one a line: type, value, number of files."""
    from rich.text import Text

    width = max((len(item["type"]) for item in answer["items"]), default=0)
    for item in answer["items"]:
        line = Text(f"{item['type']:<{width}}  ", "cyan")
        line.append(safe(item["value"]), "bold")
        out().print(line.append(f"  {_files(item)}", "dim"))
    _say_none(answer)
    _more(answer)


def show_named(answer: Json) -> None:
    """What one file names, with the first line of each."""
    from rich.text import Text

    width = max((len(item["type"]) for item in answer["items"]), default=0)
    for item in answer["items"]:
        line = Text(f"{item['type']:<{width}}  ", "cyan")
        line.append(safe(item["value"]), _COLOURS[item["confidence"]])
        line.append(f"  {count(item['mentions'])} times" if item["mentions"] > 1 else "", "dim")
        if item["match"]:
            line.append(f"  line {item['match']['line']}", "green")
        out().print(line)
    _say_none(answer)
    _more(answer)


def show_naming_files(answer: Json) -> None:
    """Files as ``path:line`` with the words around the first mention."""
    _show_places(answer["value"], answer["items"])
    total = f"{'at least ' if answer['total_relation'] == 'gte' else ''}{count(answer['total'])}"
    err().print(f"{total} {'file names' if answer['total'] == 1 else 'files name'} it.", style="dim")
    _more(answer)


def show_entity(answer: Json) -> None:
    """The page about one thing."""
    from rich.text import Text

    head = Text(f"{answer['type']} ", "cyan")
    out().print(head.append(safe(answer["value"]), "bold"))
    of = "" if answer["complete"] else " (times, neighbours and ports: of the latest 200 files)"
    out().print(f"  {_files(answer)}, {count(answer['mentions'])} mentions{of}", markup=False)
    out().print(f"  first seen {moment(answer['first_seen'])}, last seen {moment(answer['last_seen'])}", markup=False)
    if len(answer["days"]) > 1:
        days = [(date.fromisoformat(day["date"]), day["mentions"]) for day in answer["days"]]
        picture = Text(f"  {days[0][0]} ")
        picture.append(draw_days(days), "green")
        out().print(picture.append(f" {days[-1][0]}"))
    if answer["ports"]:
        ports = ", ".join(f"{safe(port['port'])} ({count(port['mentions'])})" for port in answer["ports"])
        out().print(f"  ports {ports}", markup=False)
    if answer["neighbours"]:
        out().print("  beside it:")
        for near in answer["neighbours"][:_NEIGHBOURS]:
            line = Text(f"    {near['type']} ", "cyan")
            line.append(safe(near["value"]), "bold")
            out().print(line.append(f"  in {count(near['shared'])} of these, {_files(near)} in all", "dim"))
    for finding in answer["findings"]:
        line = Text("  secret near it: ", "red").append(finding["rule"], "bold red")
        line.append(f" ({finding['severity']}, {count(finding['count'])} times), ")
        out().print(line.append(f"{finding['path']}:{finding['line']}", "magenta"))
    out().print("  latest files:")
    _show_places(answer["value"], answer["latest"], indent="    ")


def show_related(answer: Json) -> None:
    """Files with the reasons why they belong to one."""
    from rich.text import Text

    for item in answer["items"]:
        head = Text(f"{item['confidence']:.2f}  ", "green")
        head.append(item["path_on_client"] or item["path"], "magenta")
        if item["copies"] > 1:
            head.append(f" and {count(item['copies'] - 1)} with the same bytes", "dim")
        out().print(head)
        for tie in item["relationships"]:
            line = Text(f"      {tie['relationship']}  ", "cyan")
            out().print(line.append(safe(tie["description"])))
    shown = "" if answer["total"] == len(answer["items"]) else f", {count(len(answer['items']))} shown"
    err().print(f"{count(answer['total'])} related{shown}.", style="dim")
    _notes(answer)
    _more(answer)


def show_graph(answer: Json) -> None:
    """The nodes, nearest first, each with what it is joined to that is nearer."""
    from rich.text import Text

    shown = {node["id"]: safe(node.get("path") or node["value"]) for node in answer["nodes"]}
    hops = {node["id"]: node["hop"] for node in answer["nodes"]}
    nearer: dict[str, list[str]] = {}
    for edge in answer["edges"]:
        for one, other in ((edge["source"], edge["target"]), (edge["target"], edge["source"])):
            if hops[one] == hops[other] + 1:
                nearer.setdefault(one, []).append(shown[other])
    for node in answer["nodes"]:
        line = Text("  " * node["hop"])
        if node["kind"] == "entity":
            line.append(f"{node['type']} ", "cyan").append(shown[node["id"]], "bold").append(
                f"  {_files(node)}", "dim"
            )
        else:
            line.append(shown[node["id"]], "magenta")
        if via := nearer.get(node["id"]):
            more = f" and {len(via) - 1} more" if len(via) > 1 else ""
            line.append(f"  through {via[0]}{more}", "dim")
        out().print(line)
    err().print(f"{count(len(answer['nodes']))} nodes, {count(len(answer['edges']))} edges.", style="dim")
    _notes(answer)


def draw_days(days: Sequence[tuple[date, int]], width: int = _WIDTH) -> str:
    """Mentions over time as a row of bars, at most ``width``; a blank is a stretch without any."""
    first, last = days[0][0].toordinal(), days[-1][0].toordinal()
    columns = min(width, last - first + 1)
    sums = [0] * columns
    for day, mentions in days:
        sums[(day.toordinal() - first) * columns // (last - first + 1)] += mentions
    most = max(sums)
    return "".join(_BARS[(number * len(_BARS) - 1) // most] if number else " " for number in sums)


def _show_places(value: str, items: Sequence[Json], indent: str = "") -> None:
    from rich.text import Text

    for item in items:
        line = Text(indent)
        line.append(item["path_on_client"] or item["path"], "magenta")
        if item["match"]:
            line.append(":").append(str(item["match"]["line"]), "green").append(": ")
            line.append_text(_marked(safe(item["match"]["context"]), safe(value)))
        out().print(line)


def _marked(context: str, value: str) -> "Text":
    from rich.text import Text

    text = Text(context)
    at = context.lower().find(value.lower())
    if at >= 0:
        text.stylize("bold red", at, at + len(value))
    return text


def _files(item: Json) -> str:
    at_least = "at least " if item["files_relation"] == "gte" else ""
    return f"{at_least}{count(item['files'])} {'file' if item['files'] == 1 else 'files'}"


def _say_none(answer: Json) -> None:
    if not answer["items"]:
        err().print("0 names.", style="dim")


def _more(answer: Json) -> None:
    if answer["cursor"]:
        err().print(f"More: --cursor {answer['cursor']}", style="dim", markup=False)


def _notes(answer: Json) -> None:
    for note in answer["notes"]:
        err().print(safe(note), style="yellow", markup=False)
