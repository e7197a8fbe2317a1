"""The reference pages say what there is: each is made again and compared."""

from pathlib import Path

import pytest

from siss.api.metrics import METRICS
from siss.api.server import build_api
from siss.cli.main import COMMANDS
from siss.cli.reference import PAGES
from siss.cli.run import EXIT_CODES
from siss.errors import error_classes
from siss.settings import Settings

DOCS = Path(__file__).parents[3] / "docs"


@pytest.mark.parametrize("page", list(PAGES))
def test_a_page_is_what_its_source_makes(page):
    assert (DOCS / page).read_text("utf-8") == PAGES[page](), "python -m siss.cli.reference docs"


def test_everything_is_documented():
    settings, errors, commands, api = (
        (DOCS / name).read_text("utf-8") for name in ("settings.md", "errors.md", "cli.md", "api.md")
    )
    for name in Settings.model_fields:
        assert f"`SISS_{name.upper()}`" in settings
    for cls in error_classes():
        assert f"`{cls.kind.code}`" in errors
        assert f"## {cls.kind.anchor}\n" in errors
        assert cls.kind.exit_code in EXIT_CODES
    for command in COMMANDS:
        assert f"## siss {command.__name__}\n" in commands
    for path in build_api().openapi()["paths"]:
        assert f" {path}\n" in api
    for name in METRICS:
        assert f"`{name}`" in api
