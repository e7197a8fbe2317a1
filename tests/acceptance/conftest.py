"""Fixtures of the acceptance tests: a state folder, and a small NAS."""

from pathlib import Path

import pytest

from acceptance.corpus import make_corpus
from acceptance.product import Product


@pytest.fixture
def product(tmp_path: Path) -> Product:
    return Product(tmp_path / "state")


@pytest.fixture
def nas(tmp_path: Path) -> Path:
    root = tmp_path / "nas"
    root.mkdir()
    return root


@pytest.fixture
def needles(nas: Path) -> dict[str, str]:
    """The corpus is made; needle to relative path."""
    return make_corpus(nas)
