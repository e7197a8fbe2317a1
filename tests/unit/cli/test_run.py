"""How a command's work ends."""

import asyncio
import os
import signal

import pytest
import typer

from siss.cli.run import run


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_ends_the_work_in_order(number, code):
    """A command that owns the state folder would leave its database running."""
    done: list[str] = []

    async def work() -> int:
        os.kill(os.getpid(), number)
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            done.append("cleaned up")
        return 0

    before = signal.signal(number, signal.SIG_DFL)
    try:
        with pytest.raises(typer.Exit) as ended:
            run(work())
    finally:
        signal.signal(number, before)
    assert (ended.value.exit_code, done) == (code, ["cleaned up"])


def test_a_signal_that_is_ignored_stays_so():
    """As ``nohup`` has it."""

    async def work() -> int:
        os.kill(os.getpid(), signal.SIGHUP)
        await asyncio.sleep(0)
        return 0

    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        run(work())
    finally:
        signal.signal(signal.SIGHUP, before)
