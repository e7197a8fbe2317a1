"""Commands about this installation: config and doctor."""

from typing import TYPE_CHECKING, Any

import typer

from siss.cli.options import Dirs, Output, check_roots

if TYPE_CHECKING:
    from siss.app.doctor import Check
    from siss.settings import Loaded


def config(*, how: Output) -> None:
    """Every setting, its value, and where it came from; secrets are masked."""
    from siss.cli.screen import out, print_json

    answer = describe_settings(how.load())
    if how.json:
        print_json(answer)
        return
    width = max(len(entry["name"]) for entry in answer["settings"])
    for entry in answer["settings"]:
        value = entry["value"]
        if isinstance(value, list):
            text = ":".join(value)
        elif isinstance(value, dict):
            text = ":".join(f"{name}={item}" for name, item in value.items())
        else:
            text = str(value).lower() if isinstance(value, bool) else str(value)
        origin = entry["origin"] + (f" ({entry['origin_name']})" if entry["origin_name"] else "")
        style = "" if entry["origin"] == "default" else "bold"
        out().print(f"{entry['name']:<{width}}  {text or '(empty)'}  [{origin}]", style=style, markup=False)


def describe_settings(loaded: "Loaded") -> dict[str, Any]:
    """Settings for programs."""
    from siss.settings import Settings

    values = loaded.settings.model_dump(mode="json")
    return {
        "settings": [
            {
                "name": name,
                "variable": f"SISS_{name.upper()}",
                "value": values[name],
                "origin": loaded.origins[name].source,
                "origin_name": loaded.origins[name].name,
                "description": field.description,
            }
            for name, field in Settings.model_fields.items()
        ]
    }


def doctor(dirs: Dirs = None, *, how: Output) -> None:
    """Check processor, database, engine, mounts, limits and disk, and say what to do. Ends with 1 where one fails."""
    import asyncio
    from dataclasses import asdict

    from siss.cli.doctor import diagnose
    from siss.cli.screen import print_json

    settings = how.load(roots=check_roots(dirs)).settings
    checks = asyncio.run(diagnose(settings))
    failed = any(check.state == "fail" for check in checks)
    if how.json:
        print_json({"ok": not failed, "checks": [asdict(check) for check in checks]})
    else:
        _show_checks(checks)
    if failed:
        raise typer.Exit(1)


def _show_checks(checks: "list[Check]") -> None:
    from rich.text import Text

    from siss.cli.screen import out

    styles = {"ok": "green", "warn": "yellow", "fail": "bold red"}
    width = max(len(check.name) for check in checks)
    for check in checks:
        line = Text(f"{check.state:<4}", styles[check.state])
        line.append(f"  {check.name:<{width}}  {check.found}", "")
        out().print(line)
        if check.advice:
            out().print(Text(f"{'':<4}  {'':<{width}}  -> {check.advice}", "bold" if check.state == "fail" else ""))
