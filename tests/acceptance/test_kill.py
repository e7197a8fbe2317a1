"""kill -9 of any process at any moment: nothing is lost, nothing is half done."""

import contextlib
import os
import random
import shutil
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from acceptance.corpus import make_corpus
from acceptance.product import Product
from acceptance.snapshot import snapshot

ROUNDS = int(os.environ.get("SISS_TEST_KILLS", "3"))
"""How often a process is killed; the issue's figure of 20 is run by hand."""


@pytest.fixture(scope="module")
async def undisturbed(
    tmp_path_factory: pytest.TempPathFactory, make_product: Callable[[Path], Product]
) -> tuple[Path, Any]:
    """Files, and what is known of them where nobody kills anything."""
    folder = tmp_path_factory.mktemp("undisturbed")
    nas = folder / "nas"
    nas.mkdir()
    make_corpus(nas, files=400, seed=7)
    product = make_product(folder / "state")
    product.json("index", nas)
    return nas, await snapshot(product.data_dir, nas)


@pytest.mark.parametrize("victim", ["any", "postgres"])
async def test_killed_processes_change_nothing(undisturbed: tuple[Path, Any], product: Product, victim: str) -> None:
    nas, expected = undisturbed

    rng = random.Random(victim)
    for _ in range(ROUNDS):
        with contextlib.suppress(AssertionError, OSError), product.serving(nas, commit_seconds="0.2") as server:
            threading.Event().wait(rng.random() * 2.5)
            with contextlib.suppress(psutil.NoSuchProcess, IndexError):  # the server's own come and go
                family = server.family()
                if victim == "postgres":
                    family = [process for process in family if process.name().startswith("postgres")]
                os.kill(rng.choice(family).pid, signal.SIGKILL)
            threading.Event().wait(rng.random())
    product.json("index", nas)
    assert await snapshot(product.data_dir, nas) == expected
    assert product.json("verify")["result"]["clean"]
    shutil.rmtree(product.data_dir, ignore_errors=True)
