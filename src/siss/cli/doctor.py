"""``siss doctor``: the machine's checks, then the database and the engine, wherever they are."""

import asyncio
import os
import tempfile
from pathlib import Path
from typing import Final

from siss.app.doctor import Check, CheckState, check_machine, check_roots
from siss.app.services import Services
from siss.app.stats import check_readiness
from siss.errors import SissError
from siss.settings import Settings
from siss.state import OwnerInfo, find_owner

_ROOT: Final = "root:"
"""How the name of a root begins among the components of readiness."""


async def diagnose(settings: Settings) -> list[Check]:
    """Every check, in the order in which to mend."""
    owner = find_owner(settings.data_dir)
    checks = list(check_machine(settings, serving=owner is not None))
    told = await _ask_owner(owner, settings) if owner is not None else await _open_here(settings)
    if not settings.roots:  # those that a service indexes, or that were indexed before
        known = [Path(check.name.removeprefix(_ROOT)) for check in told if check.name.startswith(_ROOT)]
        settings = settings.model_copy(update={"roots": tuple(known)})
    return [*checks, *await asyncio.to_thread(lambda: list(check_roots(settings))), *told]


async def _ask_owner(owner: OwnerInfo, settings: Settings) -> list[Check]:
    from siss.cli.backend import connect, local_token
    from siss.client import calls

    if not owner.address:
        return [Check("service", "warn", f"process {owner.pid} owns the state folder and does not answer yet")]
    try:
        async with connect(owner.address, local_token(settings), timeout=10, trust_env=False) as client:
            answer = await client.ask_json(calls.readyz(verbose=True))
    except SissError as error:
        what = f"process {owner.pid} at {owner.address} does not answer: {error.message}"
        return [Check("service", "fail", what, f"look at its log, or stop it (kill {owner.pid})")]
    states: dict[str, CheckState] = {"ok": "ok", "degraded": "warn", "down": "fail"}
    checks = [Check("service", "ok", f"process {owner.pid} answers at {owner.address}")]
    for part in answer["components"]:
        latency = "" if part["latency_ms"] is None else f"{part['latency_ms']} ms"
        found = ", ".join(text for text in (latency, part["detail"]) if text) or part["state"]
        checks.append(Check(part["name"], states[part["state"]], found))
    return checks


async def _open_here(settings: Settings) -> list[Check]:
    """Start what the settings name. Where nothing was ever indexed that is tried in a folder that is then removed."""
    if settings.database_url.get_secret_value() or (settings.data_dir / "postgres").is_dir():
        return await _start(settings, fresh=False)
    with tempfile.TemporaryDirectory(prefix="siss-doctor-") as folder:
        return await _start(settings.model_copy(update={"data_dir": Path(folder)}), fresh=True)


async def _start(settings: Settings, *, fresh: bool) -> list[Check]:
    from siss.bootstrap import open_services, own_state

    try:
        async with own_state(settings) as state:
            where = "SISS_DATABASE_URL" if settings.database_url.get_secret_value() else "embedded"
            started = Check("database", "ok", f"{where}: starts, schema up to date")
            if fresh:
                return [started, Check("engine", "ok", "nothing is indexed yet")]
            async with open_services(settings, state.dsn) as services:
                return [started, *await _look(services)]
    except SissError as error:
        advice = "SISS_DATABASE_URL can name another server" if os.geteuid() == 0 else ""
        return [Check("database", "fail", error.message, advice)]


async def _look(services: Services) -> list[Check]:
    found = await check_readiness(services)
    return [
        Check(
            part.name,
            "fail" if part.state == "down" else "warn" if part.state == "degraded" else "ok",
            ", ".join(text for text in (f"{part.latency_ms} ms" if part.latency_ms else "", part.detail) if text)
            or part.state,
            "siss reindex --engine-only rebuilds it" if part.name == "engine" and part.state == "down" else "",
        )
        for part in found.components
    ]
