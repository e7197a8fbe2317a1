"""The processes that answer, and their end."""

import asyncio
import multiprocessing
import signal
import socket
import threading
from pathlib import Path
from typing import Any

import pytest

from siss.api import supervisor as supervisor_module
from siss.api.supervisor import Supervisor
from siss.settings import Settings


def stay(*_: Any) -> None:
    """A worker that ends only when it is told to."""
    threading.Event().wait()


async def test_workers_that_are_being_started_end_too_when_the_service_stops(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    loop, forking, forked = asyncio.get_running_loop(), asyncio.Event(), supervisor_module._fork
    started: list[Any] = []

    def fork(process: Any) -> Any:
        started.append(process)
        loop.call_soon_threadsafe(forking.set)
        return forked(process)

    monkeypatch.setattr(supervisor_module, "run_worker", stay)
    monkeypatch.setattr(supervisor_module, "_fork", fork)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        supervisor = Supervisor(Settings(data_dir=tmp_path, api_workers=2), "", listening, None)
        watching = asyncio.create_task(supervisor.watch())
        await forking.wait()
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        await supervisor.stop()
    assert not multiprocessing.active_children()
    assert {worker.exitcode for worker in started} == {-signal.SIGTERM}, "none had to be killed"
