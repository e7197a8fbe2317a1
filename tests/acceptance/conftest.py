"""Fixtures of the acceptance tests: a state folder, and a small NAS."""

import shutil
import subprocess
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from acceptance.corpus import make_corpus
from acceptance.product import Product
from siss.adapters.postgres.embedded.server import EmbeddedServer
from siss.adapters.postgres.migrate import migrate
from siss.state import StateFolder


@pytest.fixture(scope="session")
async def make_product(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Callable[[Path], Product]]:
    """A product whose database has been made and is empty: a copy, because to make one takes seconds of a processor.

    That the product makes its own is told by ``test_index_once`` and ``test_serve``.
    """
    folder = tmp_path_factory.mktemp("empty") / "state"
    server = EmbeddedServer(StateFolder(folder))
    await server.start()
    try:
        await migrate(server.dsn)
    finally:
        await server.stop()

    def make(data_dir: Path) -> Product:
        state = StateFolder(data_dir)
        state.create()
        subprocess.run(["cp", "-a", server.cluster, state.postgres], check=True)  # owners as well, where this is root
        return Product(data_dir)

    yield make
    shutil.rmtree(folder)


@pytest.fixture
def product(tmp_path: Path, make_product: Callable[[Path], Product]) -> Product:
    return make_product(tmp_path / "state")


@pytest.fixture
def nas(tmp_path: Path) -> Path:
    root = tmp_path / "nas"
    root.mkdir()
    return root


@pytest.fixture
def needles(nas: Path) -> dict[str, str]:
    """The corpus is made; needle to relative path."""
    return make_corpus(nas)
