"""How uvicorn is set up wherever something is served over HTTP."""

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import uvicorn


def configure_server(app: Any, http: Any, grace_seconds: int, **more: Any) -> "uvicorn.Config":
    """A configuration for an ASGI application: on the loop that runs, without WebSockets, headers or logs of its own.

    ``http``: the class of its connections' protocol, or uvicorn's name for one; ``grace_seconds``: how long requests
    may take to finish when it ends; ``more``: as ``uvicorn.Config`` takes it.
    """
    import uvicorn

    return uvicorn.Config(
        app,
        http=http,
        loop="none",
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=grace_seconds,
        **more,
    )


def make_quiet_server(config: "uvicorn.Config") -> "uvicorn.Server":
    """A server that leaves signals to its process, which has more to end. ``should_exit`` ends it."""
    import uvicorn

    class QuietServer(uvicorn.Server):
        @contextlib.contextmanager
        def capture_signals(self) -> Iterator[None]:
            yield

    return QuietServer(config)
