"""How a command reaches the index: over HTTP, or in this process. Either way it gets the REST answers.

``SISS_API_URL`` names a service; otherwise the owner of the state folder is asked, if there is one; otherwise this
process becomes the owner and puts the same application behind the same client.
"""

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import httpx

from siss.cli.screen import err
from siss.client import AsyncClient, Call, calls
from siss.client.events import StreamEvent
from siss.errors import ConfigError, NotFoundError, StateLockedError
from siss.model.stats import IngestStatus
from siss.settings import Settings
from siss.state import UNIX_PREFIX, find_owner, local_token_file

if TYPE_CHECKING:
    from siss.app.access import AccessControl
    from siss.app.services import Services

OWNER_WAIT_SECONDS: Final = 20.0
"""How long an owner that just starts may take to say where it answers."""

Json = dict[str, Any]


class Backend:
    """REST answers as dictionaries. ``local``: this process owns the index, so it must do the work it asks for."""

    def __init__(self, client: AsyncClient, *, local: bool) -> None:
        self._client = client
        self.local = local

    async def ask(self, call: Call[Any]) -> Json:
        """The answer as it came. Raises what the service raised."""
        return await self._client.ask_json(call)

    async def ask_bytes(self, call: Call[bytes]) -> bytes:
        """An answer that is no JSON."""
        return await self._client.ask(call)

    def stream(self, call: Call[Any]) -> AsyncIterator[StreamEvent]:
        """Events while they happen."""
        return self._client.stream(call)

    async def all_pages(self, page: Callable[[str | None], Call[Any]]) -> Json:
        """A list as one page. ``page``: the call for the page that a cursor names."""
        items: list[Any] = []
        cursor: str | None = None
        while True:
            answer = await self.ask(page(cursor))
            items += answer["items"]
            cursor = answer["cursor"]
            if cursor is None:
                return {**answer, "items": items}

    async def wait_for_job(self, job: Json, on_status: Callable[[IngestStatus], None] | None = None) -> Json:
        """The job when it has ended, well or not; ``on_status`` is told what indexing does meanwhile."""
        pause = 0.1
        while job["state"] in {"queued", "running"}:
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, 1.0)
            if on_status is not None:
                on_status(status_of(await self.ask(calls.get_status())))
            job = await self.ask(calls.get_job(job["id"]))
        return job

    async def wait_until_idle(self, on_status: Callable[[IngestStatus], None] | None = None) -> Json:
        """Until nothing waits to be read or to reach the engine; a paused index is not waited for."""
        while True:
            status = await self.ask(calls.get_status())
            if on_status is not None:
                on_status(status_of(status))
            waits = status["pending"] or status["in_flight"] or status["outbox"]
            if status["paused"] or (not waits and status["phase"] in {"idle", "paused"}):
                return status
            await asyncio.sleep(0.5)


@contextlib.asynccontextmanager
async def open_backend(
    settings: Settings,
    *,
    indexing: bool = False,
    access: bool = False,
    changing: bool = False,
    on_status: Callable[[IngestStatus], None] | None = None,
    report: Callable[[str], None] | None = None,
    unheard: Sequence[str] = (),
    restoring: bool = False,
) -> AsyncIterator[Backend]:
    """The index, wherever it is.

    ``indexing``: without a service, run what indexes meanwhile in this process; ``access``: keys and the audit log
    are asked for; ``changing``: something is told to whoever indexes; ``unheard``: settings of this command that a
    service, which has its own, does not hear of: it is said; ``restoring``: this is a part of a restore.

    Raises ``StateLockedError`` for an owner that does not do what is wanted (``siss index`` answers only questions),
    ``NotFoundError`` where nothing was ever indexed.
    """
    named = os.environ.get("SISS_API_URL")
    url = named or await _owner_address(settings, working=indexing or access or changing)
    if url:
        if unheard:
            names = ", ".join(unheard)
            err().print(
                f"siss: --set {names}: without effect, {url} has its own settings.", style="yellow", markup=False
            )
        key = os.environ.get("SISS_API_KEY") or (None if named else local_token(settings))
        # A proxy that the environment names is for the world outside, not for this machine.
        async with connect(url, key, trust_env=bool(named)) as client:
            yield Backend(client, local=False)
        return
    require_index(settings)
    async with _open_local(settings, indexing, access, restoring, on_status, report) as (services, control):
        from siss.api.server import create_app

        transport = httpx.ASGITransport(create_app(services, control))
        async with AsyncClient("http://localhost", transport=transport, timeout=None) as client:
            yield Backend(client, local=True)


@contextlib.asynccontextmanager
async def _open_local(
    settings: Settings,
    indexing: bool,
    access: bool,
    restoring: bool,
    on_status: Callable[[IngestStatus], None] | None,
    report: Callable[[str], None] | None,
) -> AsyncIterator["tuple[Services, AccessControl | None]"]:
    from siss.bootstrap import open_access, open_indexer, open_services, own_state

    async with contextlib.AsyncExitStack() as stack:
        state = await stack.enter_async_context(own_state(settings, report))
        control = await stack.enter_async_context(open_access(settings, state.dsn)) if access else None
        if not indexing:
            yield await stack.enter_async_context(open_services(settings, state.dsn)), control
            return
        if not settings.roots:
            async with open_services(settings, state.dsn) as services:
                settings = settings.model_copy(update={"roots": await known_roots(services)})
        async with open_indexer(settings, state, on_status, restoring=restoring) as (services, service):
            async with _beside(service.run()):
                yield services, control
            await service.settle()  # a service does so when it is idle; nobody is here then


@contextlib.asynccontextmanager
async def _beside(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Work for as long as the context lasts. Where its work fails the context ends, with that error."""
    asking = asyncio.current_task()
    assert asking is not None
    running = asyncio.create_task(work, name="indexing")

    def give_up(_: object) -> None:
        asking.cancel()

    running.add_done_callback(give_up)
    try:
        yield
    except asyncio.CancelledError:
        if running.done() and not running.cancelled() and (error := running.exception()) is not None:
            asking.uncancel()
            raise error from None
        raise
    finally:
        running.remove_done_callback(give_up)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def local_token(settings: Settings) -> str | None:
    """What a service on this machine that wants keys leaves for commands of its user."""
    try:
        return local_token_file(settings.data_dir).read_text("ascii") or None
    except (OSError, UnicodeDecodeError):
        return None


async def known_roots(services: "Services") -> tuple[Any, ...]:
    """The folders of the last time, for commands that name none: no list at all would mean that all are gone."""
    roots = await services.catalog.roots()
    if not roots:
        raise ConfigError("No folders are indexed yet: siss index DIR.", variable="SISS_ROOTS")
    return tuple(Path(os.fsdecode(root.path)) for root in roots)


def connect(address: str, key: str | None = None, **options: Any) -> AsyncClient:
    """A client of what an owner announced: a URL, or the path of a Unix socket."""
    if address.startswith(UNIX_PREFIX):
        transport = httpx.AsyncHTTPTransport(uds=address.removeprefix(UNIX_PREFIX))
        client = AsyncClient("http://localhost", key, transport=transport, **options)
        client.where = address
        return client
    return AsyncClient(address, key, **options)


def _listens(address: str) -> bool:
    """Whether somebody still listens on a Unix socket."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(5.0)
        try:
            probe.connect(address.removeprefix(UNIX_PREFIX))
        except OSError:
            return False
        return True


async def _owner_address(settings: Settings, *, working: bool) -> str | None:
    waited = 0.0
    while (owner := find_owner(settings.data_dir)) is not None:
        ending = owner.address is not None and not owner.serves and not _listens(owner.address)
        if owner.address and working and not owner.serves:
            raise StateLockedError(
                f"Process {owner.pid} (siss index) reads what is new in {settings.data_dir} and takes no other work: "
                "ask again when it has ended. Searches are answered meanwhile.",
                pid=owner.pid,
            )
        if owner.address and not ending:
            return owner.address
        if waited >= OWNER_WAIT_SECONDS:
            raise StateLockedError(
                f"Process {owner.pid} owns {settings.data_dir} and does not answer yet (a start that takes long, or "
                "a command of another kind): try again, or look at what it does (ps).",
                pid=owner.pid,
            )
        await asyncio.sleep(0.2)
        waited += 0.2
    return None


def is_indexed(settings: Settings) -> bool:
    """Whether something may have been indexed before."""
    return bool(settings.database_url.get_secret_value()) or (settings.data_dir / "postgres").is_dir()


def require_index(settings: Settings) -> None:
    """Raise ``NotFoundError`` where nothing was ever indexed."""
    if is_indexed(settings):
        return
    raise NotFoundError(
        f"Nothing is indexed in {settings.data_dir} yet: siss index DIR, or siss serve DIR. "
        "(Another state folder: --data-dir or SISS_DATA_DIR; a service elsewhere: SISS_API_URL.)",
        data_dir=str(settings.data_dir),
    )


def status_of(body: Json) -> IngestStatus:
    """The status in an answer; its times stay text."""
    return IngestStatus(**{field.name: body[field.name] for field in fields(IngestStatus)})


def without_none(values: Mapping[str, Any]) -> Json:
    """A body without what was not given."""
    return {name: value for name, value in values.items() if value is not None}
