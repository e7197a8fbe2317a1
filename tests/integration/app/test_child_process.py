"""Work in a process of its own: its answer, its failures, its end."""

import asyncio
import os
import signal
import threading
from pathlib import Path

import psutil
import pytest

from siss.app.child_process import run_in_child
from siss.errors import ConflictError, UnavailableError


def say(text: str) -> str:
    return f"{text} {os.nice(0)}"


def fail(text: str) -> str:
    raise ConflictError(text)


def be_killed(_: str) -> str:
    os.kill(os.getpid(), signal.SIGKILL)
    return ""


def wait(file: str) -> str:
    Path(file).write_text(str(os.getpid()))
    threading.Event().wait()
    return ""


async def test_its_answer_comes_from_behind_all_others():
    assert await run_in_child("siss-test", say, "done", 3) == f"done {min(os.nice(0) + 3, 19)}"


async def test_what_fails_can_be_tried_again():
    with pytest.raises(UnavailableError, match="not now"):
        await run_in_child("siss-test", fail, "not now", 0)
    with pytest.raises(UnavailableError, match="ended"):
        await run_in_child("siss-test", be_killed, "", 0)


async def test_it_ends_with_who_waits_for_it(tmp_path: Path):
    file = tmp_path / "pid"
    waiting = asyncio.create_task(run_in_child("siss-test", wait, str(file), 0))
    async with asyncio.timeout(60):
        while not file.exists() or not file.read_text():
            await asyncio.sleep(0.01)
        process = psutil.Process(int(file.read_text()))
        waiting.cancel()
        await asyncio.wait([waiting])
    assert waiting.cancelled()
    assert not process.is_running()
