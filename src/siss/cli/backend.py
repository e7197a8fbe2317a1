"""How a command reaches the index: over HTTP, or in this process. Either way it gets the REST answers.

``SISS_API_URL`` names a service; otherwise the owner of the state folder is asked, if there is one; otherwise this
process becomes the owner and puts the same application behind the same client.
"""

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import fields
from json import loads
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import httpx

from siss.client.call import rebuild_error
from siss.errors import (
    ConfigError,
    NotFoundError,
    StateLockedError,
    UnavailableError,
)
from siss.model.stats import IngestStatus
from siss.settings import Settings
from siss.state import UNIX_PREFIX, find_owner, local_token_file

if TYPE_CHECKING:
    from siss.app.access import AccessControl
    from siss.app.services import Services

PREFIX: Final = "/api/v1"
OWNER_WAIT_SECONDS: Final = 20.0
"""How long an owner that just starts may take to say where it answers."""

Json = dict[str, Any]


class Backend:
    """REST answers as dictionaries. ``local``: this process owns the index, so it must do the work it asks for."""

    def __init__(self, client: httpx.AsyncClient, where: str, *, local: bool) -> None:
        self._client = client
        self.where = where
        self.local = local

    async def get(self, route: str, /, **params: Any) -> Json:
        """``GET`` below the API's prefix; parameters that are None are left out. Raises what the service raised."""
        return await self._ask(
            "GET", route, params={name: value for name, value in params.items() if value is not None}
        )

    async def stream(self, route: str, /, **params: Any) -> AsyncIterator[tuple[str, str, Json]]:
        """Server-sent events of a route: name, number, body. Ends when the service ends it."""
        given = {name: value for name, value in params.items() if value is not None}
        async with self._client.stream("GET", PREFIX + route, params=given, timeout=None) as response:
            if not response.is_success:
                await response.aread()
                raise rebuild_error(self._read(response), self.where)
            fields: dict[str, str] = {}
            async for line in response.aiter_lines():
                name, _, value = line.partition(": ")
                if line == "" and "data" in fields:
                    yield fields.get("event", ""), fields.get("id", ""), loads(fields["data"])
                    fields = {}
                elif name:
                    fields[name] = value

    async def get_bytes(self, route: str, /, **params: Any) -> bytes:
        """``GET`` of what is not JSON."""
        return (await self._send("GET", route, params=params)).content

    async def post(self, route: str, body: Json | None = None) -> Json:
        """``POST`` below the API's prefix."""
        return await self._ask("POST", route, json=body)

    async def upload(
        self, route: str, files: Sequence[tuple[str, Path]], fields: Mapping[str, Any], key: str
    ) -> Json:
        """``POST`` of files, each under a name, as a form; ``key``: so that a lost answer can be asked for again."""
        with contextlib.ExitStack() as stack:
            form = [("file", (name, stack.enter_context(path.open("rb")))) for name, path in files]
            headers = {"Idempotency-Key": key}
            return await self._ask("POST", route, files=form, data=dict(fields), headers=headers, timeout=None)

    async def put(self, route: str, body: Json) -> Json:
        """``PUT`` below the API's prefix."""
        return await self._ask("PUT", route, json=body)

    async def patch(self, route: str, body: Json) -> Json:
        """``PATCH`` below the API's prefix."""
        return await self._ask("PATCH", route, json=body)

    async def delete(self, route: str) -> Json:
        """``DELETE`` below the API's prefix."""
        return await self._ask("DELETE", route)

    async def wait_for_job(self, job: Json, on_status: Callable[[IngestStatus], None] | None = None) -> Json:
        """The job when it has ended, well or not; ``on_status`` is told what indexing does meanwhile."""
        pause = 0.1
        while job["state"] in {"queued", "running"}:
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, 1.0)
            if on_status is not None:
                on_status(status_of(await self.get("/ingest/status")))
            job = await self.get(f"/jobs/{job['id']}")
        return job

    async def wait_until_idle(self, on_status: Callable[[IngestStatus], None] | None = None) -> Json:
        """Until nothing waits to be read or to reach the engine; a paused index is not waited for."""
        while True:
            status = await self.get("/ingest/status")
            if on_status is not None:
                on_status(status_of(status))
            waits = status["pending"] or status["in_flight"] or status["outbox"]
            if status["paused"] or (not waits and status["phase"] in {"idle", "paused"}):
                return status
            await asyncio.sleep(0.5)

    async def _ask(self, method: str, route: str, **arguments: Any) -> Json:
        return dict(self._read(await self._send(method, route, **arguments)))

    async def _send(self, method: str, route: str, **arguments: Any) -> httpx.Response:
        try:
            response = await self._client.request(method, PREFIX + route, **arguments)
        except httpx.TimeoutException as error:
            raise UnavailableError(f"{self.where} did not answer in time.") from error
        except httpx.TransportError as error:
            raise UnavailableError(f"{self.where} cannot be reached: {error}.") from error
        except httpx.InvalidURL as error:
            raise ConfigError(f"SISS_API_URL: {error}.", variable="SISS_API_URL") from error
        if not response.is_success:
            raise rebuild_error(self._read(response), self.where)
        return response

    def _read(self, response: httpx.Response) -> Any:
        try:
            return response.json()
        except ValueError as error:
            raise UnavailableError(f"{self.where} is not a SISS service (HTTP {response.status_code}).") from error


@contextlib.asynccontextmanager
async def open_backend(
    settings: Settings,
    *,
    indexing: bool = False,
    access: bool = False,
    changing: bool = False,
    on_status: Callable[[IngestStatus], None] | None = None,
    report: Callable[[str], None] | None = None,
) -> AsyncIterator[Backend]:
    """The index, wherever it is.

    ``indexing``: without a service, run what indexes meanwhile in this process; ``access``: keys and the audit log
    are asked for; ``changing``: something is told to whoever indexes.

    Raises ``StateLockedError`` for an owner that does not do what is wanted (``siss index`` answers only questions),
    ``NotFoundError`` where nothing was ever indexed.
    """
    named = os.environ.get("SISS_API_URL")
    url = named or await _owner_address(settings, working=indexing or access or changing)
    if url:
        key = os.environ.get("SISS_API_KEY") or (None if named else _local_token(settings))
        # A proxy that the environment names is for the world outside, not for this machine.
        async with connect(
            url.rstrip("/"),
            timeout=httpx.Timeout(60.0, connect=5.0),
            trust_env=bool(named),
            headers={"Authorization": f"Bearer {key}"} if key else {},
        ) as client:
            yield Backend(client, url, local=False)
        return
    require_index(settings)
    async with _open_local(settings, indexing, access, on_status, report) as (services, control):
        from siss.api.server import create_app

        transport = httpx.ASGITransport(create_app(services, control))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost", timeout=None) as client:  # noqa: S113
            yield Backend(client, str(settings.data_dir), local=True)


@contextlib.asynccontextmanager
async def _open_local(
    settings: Settings,
    indexing: bool,
    access: bool,
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
        async with open_indexer(settings, state, on_status) as (services, service):
            running = asyncio.create_task(service.run(), name="indexing")
            try:
                yield services, control
            finally:
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)


def _local_token(settings: Settings) -> str | None:
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


def connect(address: str, **options: Any) -> httpx.AsyncClient:
    """A client of what an owner announced: a URL, or the path of a Unix socket."""
    if address.startswith(UNIX_PREFIX):
        transport = httpx.AsyncHTTPTransport(uds=address.removeprefix(UNIX_PREFIX))
        return httpx.AsyncClient(base_url="http://localhost", transport=transport, **options)
    return httpx.AsyncClient(base_url=address, **options)


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
