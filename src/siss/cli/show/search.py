"""Search results, for people."""

from typing import Any, Final

from siss.cli.screen import count, err, highlighted, out, safe

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
    if not terminal and (others := sum(len(item["other_paths"]) for item in answer["items"])):
        about.print(f"{count(others)} more with the same bytes as one of these: --json names them.", style="dim")
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
