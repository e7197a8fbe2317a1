"""Keys and the audit log, shown to people."""

from typing import Any

from rich.table import Table
from rich.text import Text

from siss.cli.screen import err, moment, out, safe

Json = dict[str, Any]
_STYLES = {"active": "green", "ending": "yellow", "ended": "dim"}


def show_link(answer: Json) -> None:
    """A link that signs a browser in, alone on standard output."""
    out().print(answer["link"], markup=False, highlight=False, soft_wrap=True)


def show_keys(answer: Json) -> None:
    """``GET /keys`` as a table."""
    if not answer["items"]:
        err().print("There are no keys yet: siss keys create NAME", style="dim")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("name", "id", "role", "sees", "state", "last used", "ends"):
        table.add_column(heading, overflow="fold", no_wrap=heading == "id")  # what is taken from here in one piece
    for key in answer["items"]:
        sees = "everything" if key["scopes"] is None else "\n".join(key["scopes"])
        rights = key["role"] + (" + raw" if key["raw"] else "")
        if key["requests_per_minute"]:
            rights += f"\n{key['requests_per_minute']}/min"
        table.add_row(
            Text(safe(key["name"])),
            key["id"],
            rights,
            Text(safe(sees)),
            Text(key["state"], _STYLES[key["state"]]),
            moment(key["last_used_at"]) if key["last_used_at"] else "never",
            _end(key),
        )
    out().print(table)


def _end(key: Json) -> str:
    """When it ends, or did; of one that expired also when that was seen: a clock that ran ahead shows there."""
    end = key["revoked_at"] or key["expires_at"]
    if not end:
        return ""
    seen = f"\nseen {moment(key['ended_at'])}" if key["ended_at"] and not key["revoked_at"] else ""
    return f"{'revoked' if key['revoked_at'] else 'expires'} {moment(end)}{seen}"


def show_new_key(answer: Json) -> None:
    """The text of a key on standard output, all else beside it, so that it can be piped."""
    err().print(f"{answer['name']} ({answer['role']}), shown this once:", style="dim", markup=False)
    out().print(answer["key"], markup=False, highlight=False, soft_wrap=True)


def show_ended_key(answer: Json) -> None:
    """``DELETE /keys/{key}``."""
    out().print(f"{answer['name']} ({answer['id']}) is ended.", markup=False, highlight=False)


def show_renewed_key(answer: Json) -> None:
    """``POST /keys/{key}/renew``."""
    ends = f"until {moment(answer['expires_at'])}" if answer["expires_at"] else "without end"
    out().print(f"{answer['name']} ({answer['id']}) is good {ends}.", markup=False, highlight=False)


def show_audit(answer: Json) -> None:
    """``GET /audit``, a line each."""
    for entry in answer["items"]:
        line = Text(moment(entry["at"]), "dim")
        line.append(f"  {entry['status']}", "green" if entry["status"] < 400 else "red")
        line.append(f"  {safe(entry['subject']):<16}  {entry['action']:<8}  {entry['resource_type']:<12}")
        if entry["results"] is not None:
            line.append(f"  {entry['results']} results", "cyan")
        line.append(f"  {entry['duration_ms']:.1f} ms  {entry['address']}", "dim")
        if entry["resource_id"]:
            line.append(f"  {entry['resource_id']}", "dim")
        for name, value in entry["details"].items():
            line.append(f"  {name}=", "dim").append(safe(str(value)))
        out().print(line, soft_wrap=True)
    if answer["cursor"]:
        err().print(f"More: --cursor {answer['cursor']}", style="dim", markup=False)
