"""What crosses between a pool and its workers: tasks one way, parts and results the other.

They cross the pipe as msgpack and are decoded by type: what a worker sends after reading hostile bytes can be wrong,
but never code.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Generic, TypeVar

import msgspec

Task = TypeVar("Task")
Part = TypeVar("Part")
Result = TypeVar("Result")


class LossKind(StrEnum):
    """How a task was lost."""

    TIMEOUT = "timeout"
    MEMORY = "memory"
    CRASH = "crash"
    DEADLINE = "deadline"
    """Whoever asked waits no longer."""


@dataclass(frozen=True, slots=True)
class Lost(Generic[Task]):
    """The task on which a worker died or was killed."""

    task: Task
    kind: LossKind
    detail: str


@dataclass(frozen=True, slots=True)
class Partial(Generic[Task, Part]):
    """Something that a task gives before its end."""

    task: Task
    part: Part


@dataclass(frozen=True, slots=True)
class Done(Generic[Task, Result]):
    """A task's end."""

    task: Task
    result: Result


class Handler(Generic[Task, Part, Result]):
    """What a worker does. Made once in each worker process by the pool's ``entry``."""

    def __call__(self, task: Task, emit: Callable[[Part], None], beat: Callable[[], None]) -> Result:
        """Do one task. ``emit`` sends a part of the result at once; ``beat`` says that work moves on."""
        raise NotImplementedError  # pragma: no cover - each entry returns its own


@dataclass(frozen=True, slots=True)
class Limits:
    """What a worker may use. ``memory``: bytes resident; ``timeout``: seconds without a beat; ``nice``: 0 to 19.

    ``hold``: seconds for which results wait in the worker for others of their batch, but for its first one. A task
    that runs away takes those that wait with it.
    """

    memory: int
    timeout: float
    nice: int = 0
    hold: float = math.inf


@dataclass(frozen=True, slots=True)
class Wire(Generic[Task, Part, Result]):
    """The types that cross the pipe, so that both ends decode strictly."""

    task: Any
    part: Any
    result: Any


class Reply(msgspec.Struct, array_like=True, gc=False):
    """One message from a worker: a part, a result, or word that memory ran out."""

    number: int
    kind: int
    body: msgspec.Raw


PART: Final = 0
RESULT: Final = 1
MEMORY: Final = 2

Event = Partial[Task, Part] | Done[Task, Result] | Lost[Task]
