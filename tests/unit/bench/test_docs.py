"""docs/benchmarks.md has every workload and every option."""

from pathlib import Path

from bench.__main__ import WORKLOADS, make_parser

TEXT = (Path(__file__).parents[3] / "docs" / "benchmarks.md").read_text("utf-8")


def test_every_workload_has_its_line():
    assert [name for name in WORKLOADS if f"\n| `{name}` |" not in TEXT] == []


def test_every_option_has_its_line():
    options = {words[0] for line in make_parser().format_help().splitlines() if (words := line.split())}
    named = {option for option in options if option.startswith("--") and option != "--help"}
    assert len(named) > 10
    assert sorted(option for option in named if f"\n| `{option}" not in TEXT) == []
