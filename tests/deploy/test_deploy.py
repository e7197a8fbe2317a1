"""What is handed to other programs, read by these programs, and by the metrics that there are; what make does."""

import configparser
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from siss.api.metrics import METRICS

DEPLOY = Path(__file__).parents[2] / "deploy"
PROMTOOL = shutil.which("promtool")
MAKE = shutil.which("make")

needs_promtool = pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed (Debian: prometheus)")
needs_make = pytest.mark.skipif(MAKE is None, reason="make is not installed")


def promtool(*arguments: str, folder: Path) -> str:
    assert PROMTOOL is not None
    done = subprocess.run([PROMTOOL, *arguments], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def expressions() -> dict[str, str]:
    """Every expression of the dashboard, with Grafana's variables filled in."""
    board = json.loads((DEPLOY / "grafana" / "siss.json").read_text())
    found = {}
    for panel in board["panels"]:
        for target in panel["targets"]:
            filled = target["expr"].replace("$__rate_interval", "5m").replace("$instance", ".*")
            found[f"{panel['title']} {target['refId']}"] = filled
    return found


@needs_promtool
def test_the_alert_rules_say_what_they_should():
    folder = DEPLOY / "prometheus"
    promtool("check", "config", "prometheus.yml", folder=folder)
    promtool("test", "rules", "alerts_test.yml", folder=folder)


@needs_promtool
def test_the_dashboard_asks_what_prometheus_understands(tmp_path: Path):
    rules = [{"record": f"panel:{number}", "expr": text} for number, text in enumerate(expressions().values())]
    (tmp_path / "rules.json").write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))
    promtool("check", "rules", "rules.json", folder=tmp_path)


def test_every_metric_that_is_asked_for_exists():
    rules = (DEPLOY / "prometheus" / "alerts.yml").read_text()
    asked = set(re.findall(r"\bsiss_\w+", " ".join(expressions().values()) + rules))
    assert {re.sub(r"_(bucket|count|sum)$", "", name) for name in asked} <= METRICS.keys()


def test_panels_do_not_overlap():
    board = json.loads((DEPLOY / "grafana" / "siss.json").read_text())
    taken: set[tuple[int, int]] = set()
    for panel in board["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert at["x"] + at["w"] <= 24
        assert not cells & taken, panel["title"]
        taken |= cells
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])


def test_the_unit_starts_a_command_that_exists():
    unit = configparser.RawConfigParser(strict=False)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(DEPLOY / "systemd" / "siss.service")
    assert unit["Service"]["ExecStart"].split()[1] == "serve"
    if analyze := shutil.which("systemd-analyze"):
        done = subprocess.run(
            [analyze, "verify", "--man=no", "--recursive-errors=no", str(DEPLOY / "systemd" / "siss.service")],
            capture_output=True,
            text=True,
            check=False,
        )
        complaints = [
            line for line in done.stderr.splitlines() if "siss.service" in line and "not executable" not in line
        ]
        assert not complaints


def siss_is(venv: Path, script: str) -> None:
    """An environment with a stand-in for ``siss``."""
    (venv / "bin").mkdir()
    for name, text in (("bin/siss", f"#!/bin/sh\n{script}\n"), ("bin/python", ""), (".installed", "")):
        (venv / name).write_text(text)
    (venv / "bin" / "siss").chmod(0o755)


def begin_make(*arguments: str, venv: Path) -> subprocess.Popen[str]:
    command = ["make", "-s", *arguments, f"VENV={venv}"]
    alone = {name: value for name, value in os.environ.items() if name not in {"MAKEFLAGS", "MAKELEVEL", "MFLAGS"}}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, cwd=DEPLOY.parent, env=alone, text=True, **pipes)


def make(*arguments: str, venv: Path) -> subprocess.CompletedProcess[str]:
    with begin_make(*arguments, venv=venv) as process:
        told = process.communicate()
        return subprocess.CompletedProcess((), process.returncode, *told)


@needs_make
@pytest.mark.parametrize(
    "folder", ["/nas/with blank", "/nas/it's", '/nas/q"uote', "/nas/do$llar", "/nas/$(HOME)`id`", "/nas/ü#\\"]
)
def test_make_serves_the_folder_as_it_was_typed(tmp_path: Path, folder: str):
    """A quotation mark was a syntax error of the shell, and of a dollar sign make took the letter behind it away."""
    siss_is(tmp_path, "printf '%s\\n' \"$@\"")
    assert make("serve", f"DATA={folder}", venv=tmp_path).stdout.splitlines() == ["serve", folder]


@needs_make
def test_what_ends_make_ends_the_service(tmp_path: Path):
    """Make tells its own child: with a shell in between the service went on, and kept its port and its folder."""
    siss_is(tmp_path, "echo $PPID")
    with begin_make("serve", venv=tmp_path) as process:
        told, _ = process.communicate()
    assert int(told) == process.pid


@needs_make
def test_half_an_environment_is_made_anew(tmp_path: Path):
    """Debian's Python without python3-venv leaves one without pip, which was taken for a whole one from then on."""
    python, venv = tmp_path / "python", tmp_path / "venv"
    python.write_text(f"#!/bin/sh\n[ $1 = -c ] && exit\nmkdir -p {venv}/bin; touch {venv}/bin/python; exit 1\n")
    python.chmod(0o755)
    for _ in range(2):
        made = make("serve", f"PYTHON={python}", venv=venv)
        assert made.returncode != 0
        assert not (venv / "bin" / "python").exists()
        assert "pip" not in made.stderr
