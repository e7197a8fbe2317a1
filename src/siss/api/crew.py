"""The processes that answer: started, replaced when they die, restarted in turn, ended in order.

A restart in turn starts the successor of a worker first and lets the old one go when that answers: a successor that
does not come up costs nothing. The old one takes no more connections, finishes what it has, and is told to ask its
clients for another connection, so that no request fails.
"""

import asyncio
import contextlib
import multiprocessing
import os
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from multiprocessing.context import SpawnProcess
from typing import Final

from siss.access.shared import PLACES
from siss.api.accept import LEAVE_SECONDS, Turns
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


@dataclass(frozen=True, slots=True)
class _Worker:
    """``place``: its number in ``Turns``; ``ended``: set when it has."""

    process: SpawnProcess
    place: int
    ended: asyncio.Event


class Crew:
    """Workers on one listening socket. Made by ``open_crew``."""

    def __init__(self, settings: Settings, dsn: str, listening: socket.socket, local_token: str | None) -> None:
        self._context = multiprocessing.get_context("spawn")
        self._settings, self._dsn, self._listening = settings, dsn, listening
        metrics = StateFolder(settings.data_dir).run / "metrics"
        clear_shared(metrics)
        # One place more than workers: a successor is there before its predecessor has gone.
        self._connections = self._context.RawArray("i", [Turns.AWAY] * (settings.api_workers + 1))
        self._shared = Shared(
            metrics,
            self._connections,
            times=self._context.RawArray("d", PLACES),
            synonyms=self._context.RawArray("Q", 1),
            keys_required=local_token is not None,
            local_token=local_token,
        )
        self._news = asyncio.Event()
        self._restart_asked = False
        self._workers: list[_Worker] = []
        self._leaving: _Worker | None = None

    def start(self) -> None:
        """Start all workers; they answer a moment later."""
        for place in range(self._settings.api_workers):
            self._workers.append(self._start(place))

    def restart(self) -> None:
        """Have all workers replaced in turn."""
        self._restart_asked = True
        self._news.set()

    async def watch(self) -> None:
        """Replace workers that die, and all of them in turn where somebody asks for it; until cancelled."""
        while True:
            # Also without news: a process below a worker that died may hold on to what would tell of its end.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(PAUSE_SECONDS):
                    await self._news.wait()
            self._news.clear()
            if self._bury():
                await asyncio.sleep(PAUSE_SECONDS)
                self._fill()
            if self._restart_asked:
                self._restart_asked = False
                await self._restart_in_turn()

    async def stop(self) -> None:
        """Let all workers finish their requests, within bounds."""
        workers = [*self._workers, *([self._leaving] if self._leaving else [])]
        for worker in workers:
            worker.process.terminate()
        await asyncio.gather(*(self._end(worker, STOP_SECONDS) for worker in workers))

    async def _restart_in_turn(self) -> None:
        _log.info("API workers are restarted in turn", workers=len(self._workers))
        for old in list(self._workers):
            new = self._start(self._free_place())
            self._leaving = new
            if not await self._answers(new):
                _log.error("a new API worker does not answer; the others stay", exit_code=new.process.exitcode)
                await self._end(new, 0.0)
                return
            self._workers = [new if each is old else each for each in self._workers]
            self._leaving = old
            if old.process.is_alive() and old.process.pid is not None:
                os.kill(old.process.pid, LEAVE)
            await self._end(old, LEAVE_SECONDS + STOP_SECONDS)
        _log.info("all API workers are new")

    def _start(self, place: int) -> _Worker:
        self._connections[place] = Turns.AWAY
        # Not as a daemon: those may have no processes below them, and questions about structure are answered in some.
        process = self._context.Process(
            target=run_worker, args=(self._settings, self._dsn, self._listening, self._shared, place)
        )
        process.start()
        worker = _Worker(process, place, asyncio.Event())
        asyncio.get_running_loop().add_reader(process.sentinel, self._note_end, worker)
        return worker

    def _note_end(self, worker: _Worker) -> None:
        asyncio.get_running_loop().remove_reader(worker.process.sentinel)
        worker.ended.set()
        self._news.set()

    def _bury(self) -> bool:
        """Strike those from the list that died; whether there were any."""
        dead = [worker for worker in self._workers if not worker.process.is_alive()]
        for worker in dead:
            _log.error("an API worker died and is replaced", exit_code=worker.process.exitcode)
            self._connections[worker.place] = Turns.AWAY
            self._workers.remove(worker)
        return bool(dead)

    def _fill(self) -> None:
        while len(self._workers) < self._settings.api_workers:
            self._workers.append(self._start(self._free_place()))

    def _free_place(self) -> int:
        taken = {worker.place for worker in self._workers}
        return next(place for place in range(len(self._connections)) if place not in taken)

    async def _answers(self, worker: _Worker) -> bool:
        """Whether a worker begins to take connections."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(START_SECONDS):
                while worker.process.is_alive():
                    if self._connections[worker.place] != Turns.AWAY:
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
        if self._leaving is worker:
            self._leaving = None


@contextlib.asynccontextmanager
async def open_crew(
    settings: Settings, dsn: str, listening: socket.socket, local_token: str | None
) -> AsyncIterator[Crew]:
    """Workers that answer for as long as the context lasts."""
    crew = Crew(settings, dsn, listening, local_token)
    try:
        crew.start()
        yield crew
    finally:
        await crew.stop()
