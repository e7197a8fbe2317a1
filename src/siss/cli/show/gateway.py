"""The gateway's answers for people."""

from collections.abc import Iterable
from typing import Any, Final

from siss.cli.screen import count, duration, out, safe, size

Json = dict[str, Any]

_STYLES: Final = {"ready": "green", "loading": "yellow", "unknown": "yellow", "down": "bold red"}
_MOST_PAIRS: Final = 5


def show_check(answer: Json) -> None:
    """Hosts, models, remarks."""
    _show_hosts(answer["hosts"])
    for host in answer["hosts"]:
        if host["model_path"] or host["build"]:
            out().print(f"  {host['name']}: {safe(host['model_path'])} {safe(host['build'])}".rstrip(), markup=False)
    _show_models(answer["models"])
    for remark in answer["remarks"]:
        out().print(f"Note: {safe(remark)}", style="yellow", markup=False)
    if not answer["ready"]:
        out().print("Not every host is as it should be.", style="bold red")


def show_stats(answer: Json) -> None:
    """Hosts, models, the cache and what it saved, tenants."""
    _show_hosts(answer["hosts"])
    _show_models(answer["models"])
    cache = answer["cache"]
    out().print(
        f"Cache: {count(cache['entries'])} answers, {size(cache['bytes'])} of {size(cache['max_bytes'])} on disk; "
        f"{count(cache['memory_entries'])} in memory ({size(cache['memory_bytes'])}); "
        f"{count(cache['vectors'])} found by meaning."
    )
    for problem in (cache["problem"], cache["semantic_off"] and f"Semantic tier off: {cache['semantic_off']}"):
        if problem:
            out().print(f"  {safe(problem)}", style="yellow", markup=False)
    _show_lookups(cache["lookups"])
    saved = cache["prompt_tokens_saved"], cache["completion_tokens_saved"]
    out().print(f"Saved: {count(saved[0])} tokens read, {count(saved[1])} written.")
    _show_counts("Not kept", ((name, number) for name, number in cache["stores"].items() if name))
    _show_counts("Refused by verification", cache["refusals"].items())
    _show_counts("Faults of the cache", cache["faults"].items(), "yellow")
    _show_counts("Tokens today", ((name, number) for name, number in answer["tokens_today"].items() if number))
    out().print(f"In flight: {count(answer['in_flight'])}. Idle for {duration(answer['idle_seconds'])}.", style="dim")


def show_report(answer: Json) -> None:
    """The curve of thresholds, the suggestion, the worst of the pairs."""
    if not answer["compared"]:
        out().print("Nothing was compared yet: set semantic = 'shadow' on a route, and let it work for a while.")
        return
    out().print(f"{count(answer['compared'])} questions compared with one asked before.")
    _show_counts("Kept apart by verification", answer["refused"].items())
    out().print("threshold   served   false   false share, 95 %", style="bold")
    last = None
    for point in answer["curve"]:
        if last == (point["served"], point["false"]):
            continue  # the same answers: the lowest threshold that gives them says it
        last = (point["served"], point["false"])
        out().print(
            f"{point['threshold']:>9.2f} {point['served']:>8,} {point['false']:>7,}   "
            f"{point['low']:.2%} to {point['high']:.2%}"
        )
    if answer["suggested"] is None:
        out().print(
            "No threshold is safe on this evidence: at most 1 false in 200, with 95 % confidence, takes more."
        )
    else:
        out().print(f"Suggested: threshold = {answer['suggested']:.2f}", style="bold green")
    for pair in answer["confused"][:_MOST_PAIRS]:
        out().print(f"{pair['similarity']:.3f} {pair['route']}", style="dim", markup=False)
        for name in ("asked", "kept", "answer", "would"):
            out().print(f"    {name:<7} {safe(' '.join(pair[name].split()))}", markup=False)
    if (more := len(answer["confused"]) - _MOST_PAIRS) > 0:
        out().print(f"{more} more pairs with --json.", style="dim")


def _show_hosts(hosts: Iterable[Json]) -> None:
    from rich.text import Text

    hosts = list(hosts)
    width = max((len(host["name"]) for host in hosts), default=0)
    for host in hosts:
        line = Text(f"{host['health']:<8}", _STYLES.get(host["health"], ""))
        line.append(f"{host['name']:<{width}}  {host['url']}", "")
        busy = f"{host['busy']} of {host['slots']} slots, {host['waiting']} waiting" if "busy" in host else ""
        line.append(f"  {busy or str(host['slots']) + ' slots'}", "dim")
        if (breaker := host.get("breaker", "closed")) != "closed":
            line.append(f"  breaker {breaker}", "yellow")
        out().print(line)
        if host["problem"]:
            out().print(f"        {safe(host['problem'])}", style="yellow", markup=False)


def _show_models(models: Iterable[Json]) -> None:
    for model in models:
        names = ", ".join((model["name"], *model["aliases"]))
        out().print(f"Model {names}: {', '.join(model['hosts'])}.", markup=False)


def _show_lookups(lookups: Iterable[Json]) -> None:
    found: dict[str, dict[str, int]] = {}
    for row in lookups:
        counts = found.setdefault(row["tier"], {})
        name = row["result"] + (f" ({row['reason']})" if row["reason"] else "")
        counts[name] = counts.get(name, 0) + row["count"]
    for tier, counts in found.items():
        _show_counts(f"{tier.capitalize()} tier", counts.items())


def _show_counts(what: str, counts: Iterable[tuple[str, int]], style: str = "") -> None:
    shown = ", ".join(f"{safe(name)} {count(number)}" for name, number in counts)
    if shown:
        out().print(f"{what}: {shown}.", style=style, markup=False)
