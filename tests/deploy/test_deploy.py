"""What is handed to other programs, read by these programs, and by the metrics that there are."""

import configparser
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from siss.api.metrics import METRICS

DEPLOY = Path(__file__).parents[2] / "deploy"
PROMTOOL = shutil.which("promtool")

needs_promtool = pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed (Debian: prometheus)")


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
