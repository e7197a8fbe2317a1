"""The processes that answer: forked from a template, replaced when they die, restarted in turn, ended in order.

A restart in turn starts the successor of a worker first and lets the old one go when that answers: a successor that
does not come up costs nothing. The old one takes no more connections, finishes what it has, and is told to ask its
clients for another connection, so that no request fails.
"""

import asyncio
import contextlib
import multiprocessing
import os
import secrets
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from typing import Final

import psutil

from siss.access.shared_times import PLACES
from siss.api.shared_socket import LEAVE_SECONDS, ConnectionCounts
from siss.api.template import begin_template
from siss.api.worker import GRACE_SECONDS, LEAVE, Shared, clear_shared, run_worker
from siss.logs import get_logger
from siss.settings import Settings
from siss.state import StateFolder

STOP_SECONDS: Final = GRACE_SECONDS + 2.0
"""How long workers may take to finish their requests."""

START_SECONDS: Final = 60.0
"""How long a successor may take until it answers."""

PAUSE_SECONDS: Final = 1.0
"""Before a worker is started in place of one that died: it may die of the same."""

_LOOK_SECONDS: Final = 0.05
"""Between two looks at what another process writes into shared memory."""

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class _Worker:
    """``place``: its number in ``ConnectionCounts``; ``ended``: set when it has.

    ``seen``: the process as the system has it, which is known even when the template that forked it has died.
    """

    process: ForkServerProcess
    place: int
    ended: asyncio.Event
    seen: psutil.Process | None


class Supervisor:
    """Workers on one listening socket. Made by ``supervise_workers``."""

    def __init__(self, settings: Settings, dsn: str, listening: socket.socket, local_token: str | None) -> None:
        self._context = multiprocessing.get_context("forkserver")
        self._settings, self._dsn, self._listening = settings, dsn, listening
        metrics = StateFolder(settings.data_dir).run / "metrics"
        clear_shared(metrics)
        # One place more than workers: a successor is there before its predecessor has gone.
        self._connections = self._context.RawArray("i", [ConnectionCounts.AWAY] * (settings.api_workers + 1))
        self._shared = Shared(
            metrics,
            self._connections,
            times=self._context.RawArray("d", PLACES),
            synonyms=self._context.RawArray("Q", 1),
            keys_required=local_token is not None,
            local_token=local_token,
            session_secret=secrets.token_bytes(32),
            over=self._context.RawArray("b", 1),
        )
        self._news = asyncio.Event()
        self._restart_asked = False
        self._workers: list[_Worker] = []
        self._living: set[_Worker] = set()
        """Started and not ended: also those that leave, and those that nobody waits for any more."""
        self._starting: set[asyncio.Task[_Worker]] = set()

    def restart(self) -> None:
        """Have all workers replaced in turn."""
        self._restart_asked = True
        self._news.set()

    async def watch(self) -> None:
        """Start workers, replace those that die, and all of them in turn where somebody asks; until cancelled."""
        while True:
            self._news.clear()
            if self._bury():
                await asyncio.sleep(PAUSE_SECONDS)
            await self._fill()
            if self._restart_asked:
                self._restart_asked = False
                await self._restart_in_turn()
            # Also without news: a process below a worker that died may hold on to what would tell of its end.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(PAUSE_SECONDS):
                    await self._news.wait()

    async def answering(self) -> None:
        """Until the first worker takes connections; ``START_SECONDS`` at the most."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(START_SECONDS):
                while True:
                    if min(self._connections) != ConnectionCounts.AWAY:
                        return
                    await asyncio.sleep(_LOOK_SECONDS)

    async def stop(self) -> None:
        """Let all workers finish their requests, within bounds. Nobody takes connections any more."""
        self._shared.over[0] = 1
        await asyncio.gather(*self._starting, return_exceptions=True)
        workers = list(self._living)
        for worker in workers:
            worker.process.terminate()
        await asyncio.gather(*(self._end(worker, STOP_SECONDS) for worker in workers))
        with contextlib.suppress(OSError):  # a worker was first, as it should be
            self._listening.shutdown(socket.SHUT_RDWR)

    async def _restart_in_turn(self) -> None:
        _log.info("API workers are restarted in turn", workers=len(self._workers))
        for old in list(self._workers):
            try:
                new = await self._start(self._free_places()[0])
            except OSError as error:
                _log.error("no new API worker can be started; the others stay", error=str(error))
                return
            if not await self._answers(new):
                _log.error("a new API worker does not answer; the others stay", exit_code=new.process.exitcode)
                await self._end(new, 0.0)
                return
            self._workers = [new if each is old else each for each in self._workers]
            if old.process.is_alive() and old.process.pid is not None:
                os.kill(old.process.pid, LEAVE)
            await self._end(old, LEAVE_SECONDS + STOP_SECONDS)
        _log.info("all API workers are new")

    async def _start(self, place: int) -> _Worker:
        """A new worker. ``stop`` waits for one that is being started, whatever becomes of who asked for it."""
        starting = asyncio.create_task(self._begin(place))
        self._starting.add(starting)
        starting.add_done_callback(self._starting.discard)
        return await asyncio.shield(starting)

    async def _begin(self, place: int) -> _Worker:
        self._connections[place] = ConnectionCounts.AWAY
        # Not as a daemon: those may have no processes below them, and questions about structure are answered in some.
        process = self._context.Process(
            target=run_worker, args=(self._settings, self._dsn, self._listening, self._shared, place)
        )
        seen = await asyncio.to_thread(_fork, process)
        worker = _Worker(process, place, asyncio.Event(), seen)
        self._living.add(worker)
        asyncio.get_running_loop().add_reader(process.sentinel, self._note_end, worker)
        return worker

    def _note_end(self, worker: _Worker) -> None:
        asyncio.get_running_loop().remove_reader(worker.process.sentinel)
        worker.ended.set()
        self._living.discard(worker)
        self._news.set()

    def _bury(self) -> bool:
        """Strike those from the list that died; whether there were any."""
        dead = [worker for worker in self._workers if not worker.process.is_alive()]
        for worker in dead:
            _log.error("an API worker died and is replaced", exit_code=worker.process.exitcode)
            with contextlib.suppress(psutil.Error):
                if worker.seen is not None:
                    worker.seen.kill()  # it may be the template that died, and what it knew of its workers with it
            self._connections[worker.place] = ConnectionCounts.AWAY
            self._workers.remove(worker)
        return bool(dead)

    async def _fill(self) -> None:
        """Start those that are not there."""
        missing = self._settings.api_workers - len(self._workers)
        started = await asyncio.gather(
            *(self._start(place) for place in self._free_places()[:missing]), return_exceptions=True
        )
        for each in started:
            if isinstance(each, _Worker):
                self._workers.append(each)
            elif isinstance(each, OSError):
                _log.error("an API worker cannot be started; trying again", error=str(each))
            else:
                raise each

    def _free_places(self) -> list[int]:
        taken = {worker.place for worker in self._workers}
        return [place for place in range(len(self._connections)) if place not in taken]

    async def _answers(self, worker: _Worker) -> bool:
        """Whether a worker begins to take connections."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(START_SECONDS):
                while worker.process.is_alive():
                    if self._connections[worker.place] != ConnectionCounts.AWAY:
                        return True
                    await asyncio.sleep(_LOOK_SECONDS)
        return False

    async def _end(self, worker: _Worker, seconds: float) -> None:
        """Wait for a worker's end for so long, then make one."""
        until = asyncio.get_running_loop().time() + seconds
        while worker.process.is_alive():
            if asyncio.get_running_loop().time() > until:
                worker.process.kill()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_SECONDS * 4):
                    await worker.ended.wait()


def _fork(process: ForkServerProcess) -> psutil.Process | None:
    """Start a process; waits until the template is loaded. Raises ``OSError``."""
    begin_template()
    try:
        process.start()
    except EOFError as error:
        raise ChildProcessError("the process that workers are forked from ended") from error
    try:
        return psutil.Process(process.pid)
    except psutil.Error:
        return None  # it has ended already


@contextlib.asynccontextmanager
async def supervise_workers(
    settings: Settings, dsn: str, listening: socket.socket, local_token: str | None
) -> AsyncIterator[Supervisor]:
    """Workers for as long as the context lasts; ``watch`` starts them."""
    supervisor = Supervisor(settings, dsn, listening, local_token)
    try:
        yield supervisor
    finally:
        await supervisor.stop()
