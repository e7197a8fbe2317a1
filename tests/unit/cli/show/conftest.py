"""Consoles that write where the test looks."""

from collections.abc import Iterator

import pytest

from siss.cli import screen


@pytest.fixture(autouse=True)
def _new_consoles() -> Iterator[None]:
    for console in (screen.out, screen.err):
        console.cache_clear()
    yield
    for console in (screen.out, screen.err):
        console.cache_clear()
