"""Numbers about the index, and whether this process can answer questions."""

import asyncio
import time
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Final, Literal

from siss.app.cursors import name_list, read_cursor, write_cursor
from siss.app.operate import status_for
from siss.app.services import Services
from siss.errors import CorruptError, SissError
from siss.model.file import Root, RootState
from siss.model.hit import FacetCount
from siss.model.job import JobFilter, JobKind, JobState
from siss.model.principal import Principal
from siss.model.query import FacetField
from siss.model.stats import CorpusStats, IngestStatus

MAX_PAGE: Final = 1000
_JOBS_LOOKED_AT: Final = 5
PROBE_SECONDS = 2.0
"""A component that says nothing for this long is down."""


@dataclass(frozen=True, slots=True)
class IndexStats:
    """Counts over what a principal may see, and what indexing does now."""

    corpus: CorpusStats
    ingest: IngestStatus


@dataclass(frozen=True, slots=True)
class Component:
    """One thing that answers depend on. ``latency_ms``: how long it took to answer, None where it is not asked."""

    name: str
    state: Literal["ok", "degraded", "down"]
    latency_ms: float | None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Readiness:
    """``ready``: searches can be answered. A root that is away, or damage, makes it ``degraded``, not unready."""

    ready: bool
    components: tuple[Component, ...]

    @property
    def status(self) -> Literal["ready", "degraded", "unready"]:
        """The one word for it."""
        if not self.ready:
            return "unready"
        return "ready" if all(component.state == "ok" for component in self.components) else "degraded"


@dataclass(frozen=True, slots=True)
class FacetPage:
    """Values of a field, the commonest first. ``cursor`` names the next page, None on the last one."""

    values: tuple[FacetCount, ...]
    cursor: str | None


async def read_stats(services: Services, principal: Principal) -> IndexStats:
    """Counts over what the principal may see."""
    corpus, ingest = await asyncio.gather(services.catalog.stats(principal), services.ingest_state.read_status())
    return IndexStats(corpus, status_for(ingest, principal))


async def read_facet(
    services: Services, principal: Principal, facet: FacetField, cursor: str | None, size: int
) -> FacetPage:
    """The commonest values of a field over what the principal may see."""
    name = name_list("facet", facet, principal.scopes)
    place = read_cursor(cursor, name, tuple[str, int])
    size = max(1, min(size, MAX_PAGE))
    found = await services.catalog.facet(facet, size + 1, principal, None if place is None else FacetCount(*place))
    last = (found[size - 1].value, found[size - 1].count) if len(found) > size else None
    return FacetPage(tuple(found[:size]), write_cursor(last, name))


async def check_readiness(services: Services) -> Readiness:
    """Ask the database and the engine; roots are as last probed, so that this never waits for the NAS."""
    database, engine = await asyncio.gather(_ask("postgresql", services), _ask("engine", services))
    components = [database, engine]
    if database.state == "ok":
        asked = {"indexing": _halted(services), "pages": _damage(services), "verified": _differs(services)}
        components += await asyncio.gather(*(_told(name, told) for name, told in asked.items()))
        for root in await services.catalog.roots():
            components.append(_component(f"root:{root.shown}", _away(root)))
    return Readiness(all(component.state != "down" for component in components), tuple(components))


def _away(root: Root) -> str:
    """Why a root, or a part of it, cannot be read; without paths, as whoever may see a part of it is told."""
    if root.state is RootState.AWAY:
        return root.reason or "away"
    return f"{root.mounts_away} of what was mounted below it is away" if root.mounts_away else ""


def _component(name: str, wrong: str) -> Component:
    return Component(name, "degraded" if wrong else "ok", None, wrong)


async def _told(name: str, asking: Awaitable[str]) -> Component:
    """``asking``: what is wrong, empty where nothing is."""
    try:
        return _component(name, await asking)
    except CorruptError as error:
        return _component(name, error.message)


async def _halted(services: Services) -> str:
    """Why nothing is indexed any more, or not now, as far as it was said."""
    status = await services.ingest_state.read_status()
    if status.ended or status.waits_since is None:
        return status.ended
    return f"waits since {status.waits_since:%Y-%m-%dT%H:%M:%SZ}, searches go on: {status.waits_for}"


async def _damage(services: Services) -> str:
    """What of the database cannot be read, as far as was noticed."""
    return (await services.ingest_state.read_status()).damage


async def _differs(services: Services) -> str:
    """What the last comparison of catalog, texts and engine came to, unless what it found was mended."""
    jobs = await services.jobs.page(JobFilter(kind=JobKind.VERIFY), None, _JOBS_LOOKED_AT)
    last = next((job for job in jobs if job.state in {JobState.DONE, JobState.FAILED}), None)
    if last is not None and last.state is JobState.FAILED:
        return f"siss verify failed: {last.error}"
    if last is not None and not last.result.get("clean", True) and not last.arguments.get("repair"):
        return "siss verify found differences, which siss verify --repair mends"
    return ""


async def _ask(name: str, services: Services) -> Component:
    began = time.perf_counter()
    detail = ""
    try:
        async with asyncio.timeout(PROBE_SECONDS):
            if name == "postgresql":
                await services.catalog.ping()
            else:
                files, chunks = await services.fulltext.count_documents()
                detail = f"{files:,} files, {chunks:,} chunks"
    except TimeoutError:
        return Component(name, "down", None, f"no answer within {PROBE_SECONDS:g} s")
    except SissError as error:
        return Component(name, "down", None, error.message)
    return Component(name, "ok", round((time.perf_counter() - began) * 1000, 2), detail)
