"""Evaluation in processes that may be killed: hostile expressions and hostile texts cost one answer.

Texts go to the processes and matches come back, so they know neither database nor NAS. One batch is out for each
process at a time: two large messages that cross in one pipe would wait for each other.
"""

import asyncio
import itertools
import math
import time
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from multiprocessing import forkserver
from typing import Any, Final

import msgspec

from siss.app.processes.pool import ProcessPool
from siss.app.processes.wire import Done, Event, Handler, Limits, LossKind, Lost, Wire
from siss.errors import UnavailableError
from siss.model.structure import Evaluated, EvaluationTask
from siss.search.jsonpath.compile import compile_jsonpath
from siss.search.jsonpath.evaluate import evaluate_jsonpath
from siss.search.xpath.evaluate import compile_xpath, evaluate_xpath

EVALUATION_WIRE: Final[Wire[EvaluationTask, None, Evaluated]] = Wire(EvaluationTask, None, Evaluated)
_STOPPING: Final = "The service is stopping."
LATE: Final = "not evaluated: the time was over"
CUT_SHORT: Final = "given up: the time of the question was over before its evaluation was done"
_GRACE_SECONDS: Final = 0.25
"""For how long after its deadline a text may still be evaluated."""
_WAIT_SECONDS: Final = 1.0
"""How long it may take then until its process is ended, which tells whose fault it was."""
_EVENT = Event[EvaluationTask, None, Evaluated]


class Evaluator(Handler[EvaluationTask, None, Evaluated]):
    """Evaluates one task."""

    def __call__(self, task: EvaluationTask, emit: Callable[[None], None], beat: Callable[[], None]) -> Evaluated:
        """The matches of one text."""
        del emit, beat  # one text is one step: a process that takes too long for it is killed
        if task.deadline and time.monotonic() > task.deadline:
            return Evaluated(task.number, [], 0, LATE)
        if task.language == "jsonpath":
            query = _jsonpath(task.expression)
            found = evaluate_jsonpath(query, task.text, task.kind, limit=task.limit, skip=task.skip)
        else:
            query = _xpath(task.expression, tuple(sorted(task.namespaces.items())))
            found = evaluate_xpath(query, task.text, limit=task.limit, skip=task.skip)
        return Evaluated(task.number, *found)


def _end_of(task: EvaluationTask) -> float:
    """When the evaluation of a text is ended because nobody waits for it any longer."""
    return task.deadline + _GRACE_SECONDS if task.deadline else math.inf


def make_evaluator(_config: None) -> Evaluator:
    """Called once in each process."""
    return Evaluator()


@lru_cache(maxsize=32)
def _jsonpath(expression: str) -> Any:
    return compile_jsonpath(expression)


@lru_cache(maxsize=32)
def _xpath(expression: str, namespaces: tuple[tuple[str, str], ...]) -> Any:
    return compile_xpath(expression, dict(namespaces))


LIMITS: Final = Limits(memory=512 << 20, timeout=3.0, hold=0.02)
"""What the evaluation of one text may take: far more than an honest one of 10 MiB needs."""
PROCESSES: Final = 2
SHARED: Final = 32
"""Fewer texts are not worth another process."""


class Evaluators:
    """A few processes, shared by the questions of one process, which asks from one event loop.

    No process runs before the first question, and those without work end after a while.
    """

    def __init__(self, *, size: int = PROCESSES, limits: Limits = LIMITS) -> None:
        self._size = size
        self._limits = limits
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Evaluated]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._pool: ProcessPool[EvaluationTask, None, Evaluated] | None = None
        self._closed = False

    async def evaluate(self, tasks: Sequence[EvaluationTask]) -> list[Evaluated]:
        """The answers, in the order of the tasks (whose ``number`` is of no matter).

        A text on which a process died has a ``problem``; so has one whose deadline came while it was evaluated
        (``CUT_SHORT``) or before (``LATE``). Raises ``UnavailableError`` when closed.
        """
        if self._closed:
            raise UnavailableError(_STOPPING, retry_after=1)
        if not tasks:
            return []
        pool, loop = self._begin()
        futures: list[asyncio.Future[Evaluated]] = []
        numbered: list[EvaluationTask] = []
        for task in tasks:
            number = next(self._numbers)
            future: asyncio.Future[Evaluated] = loop.create_future()
            self._waiting[number] = future
            futures.append(future)
            numbered.append(msgspec.structs.replace(task, number=number))
        try:
            parts = self._size if len(numbered) >= SHARED else 1
            for first in range(parts):
                pool.submit(numbered[first::parts])
            last = max(_end_of(task) for task in tasks)
            seconds = None if math.isinf(last) else max(0.0, last + _WAIT_SECONDS - time.monotonic())
            _, waiting = await asyncio.wait(futures, timeout=seconds)
            for future in waiting:  # behind what others ask for
                future.set_result(Evaluated(0, [], 0, LATE))
            return list(await asyncio.gather(*futures))
        finally:
            for task in numbered:
                self._waiting.pop(task.number, None)

    async def warm(self) -> None:
        """Begin what the first question would wait for: the process that others are forked from."""
        self._begin()
        await asyncio.to_thread(forkserver.ensure_running)

    def processes(self) -> list[int]:
        """Ids of the processes that live now."""
        return self._pool.processes() if self._pool is not None else []

    async def close(self) -> None:
        """End the processes; who still waits is told so."""
        self._closed = True
        if self._pool is not None:
            await asyncio.to_thread(self._pool.stop)
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(UnavailableError(_STOPPING, retry_after=1))

    def _begin(self) -> tuple[ProcessPool[EvaluationTask, None, Evaluated], asyncio.AbstractEventLoop]:
        loop = self._loop = self._loop or asyncio.get_running_loop()
        if self._pool is None:
            self._pool = ProcessPool(
                make_evaluator,
                None,
                EVALUATION_WIRE,
                self._size,
                self._limits,
                self._sink,
                outstanding=1,
                deadline=_end_of,
            )
            self._pool.start()
        return self._pool, loop

    def _sink(self, events: Sequence[_EVENT]) -> None:
        answers: dict[int, Evaluated] = {}
        for event in events:
            if isinstance(event, Done):
                answers[event.task.number] = event.result
            elif isinstance(event, Lost):
                late = event.kind is LossKind.DEADLINE
                problem = CUT_SHORT if late else f"given up: {event.kind.value} ({event.detail})"
                answers[event.task.number] = Evaluated(event.task.number, [], 0, problem)
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._settle, answers)

    def _settle(self, answers: Mapping[int, Evaluated]) -> None:
        for number, answer in answers.items():
            future = self._waiting.get(number)
            if future is not None and not future.done():
                future.set_result(answer)
