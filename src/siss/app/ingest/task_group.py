"""A task group that ends with one error of ours instead of a group of errors."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from siss.errors import SissError


@asynccontextmanager
async def task_group() -> AsyncIterator[asyncio.TaskGroup]:
    """A task group. Raises the ``SissError`` that ended it, if one did; any other fault is raised with its group."""
    try:
        async with asyncio.TaskGroup() as tasks:
            yield tasks
    except ExceptionGroup as group:
        told = group.subgroup(_is_told)
        if told is None:
            raise
        raise _first(told) from None


def _is_told(error: BaseException) -> bool:
    return isinstance(error, SissError) and error.kind is not SissError.kind


def _first(error: Exception) -> Exception:
    return _first(error.exceptions[0]) if isinstance(error, ExceptionGroup) else error
