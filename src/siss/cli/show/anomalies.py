"""Answers about anomalies, for people."""

from typing import Any, Final

from siss.cli.screen import count, err, moment, out, safe

Json = dict[str, Any]

_COLOURS: Final = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "cyan", "info": "dim"}


def show_anomalies(answer: Json) -> None:
    """One a paragraph: severity and path, the sentence, the id."""
    from rich.text import Text

    for item in answer["items"]:
        line = Text(f"{item['severity']:<8}  ", _COLOURS[item["severity"]])
        line.append(safe(item["path"]), "magenta")
        out().print(line.append(_status(item), "dim"))
        out().print(f"          {safe(item['description'])}", markup=False)
        out().print(f"          {item['id']}", style="dim", markup=False)
    shown = "" if answer["total"] == len(answer["items"]) else f", {count(len(answer['items']))} shown"
    err().print(f"{count(answer['total'])} {'anomaly' if answer['total'] == 1 else 'anomalies'}{shown}.", style="dim")
    if answer["cursor"]:
        err().print(f"More: --cursor {answer['cursor']}", style="dim", markup=False)


def show_anomaly(item: Json) -> None:
    """All about one."""
    from rich.text import Text

    line = Text(f"{item['severity']}  ", _COLOURS[item["severity"]])
    line.append(safe(item["path"]), "magenta")
    out().print(line.append(_status(item), "dim"))
    out().print(f"  {safe(item['description'])}", markup=False)
    facts = [("type", item["type"]), ("action", item["action"]), ("schema", item["schema_name"]), ("id", item["id"])]
    if item["numbers"]:
        numbers = item["numbers"]
        facts.insert(2, ("median ± MAD", f"{numbers['median']:.6g} ± {numbers['mad']:.6g}"))
        facts.insert(3, ("mean ± deviation", f"{numbers['mean']:.6g} ± {numbers['deviation']:.6g}"))
    if item["created_at"]:
        facts.append(("first found", moment(item["created_at"])))
    for name, value in facts:
        if value:
            out().print(f"  {name:<16}  {safe(str(value))}", markup=False)


def _status(item: Json) -> str:
    return "" if item["status"] == "open" else f"  {item['status']}"
