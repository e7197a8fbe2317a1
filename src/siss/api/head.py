"""HEAD wherever there is GET (RFC 9110, section 9.3.2): the same answer without its body."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class HeadAsGet:
    """Asks a route that does not know HEAD again, with GET.

    Routes whose bodies cost something answer HEAD themselves.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return
        refused = False

        async def send_unless_refused(message: Message) -> None:
            nonlocal refused
            if message["type"] == "http.response.start":
                refused = message["status"] == 405
            if not refused:
                await send(message)

        async def send_without_body(message: Message) -> None:
            await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

        asked = dict(scope)
        try:
            await self.app(asked, receive, send_unless_refused)
            if refused:
                asked = {**scope, "method": "GET"}
                await self.app(asked, receive, send_without_body)
        finally:
            # The audit log and the collector of traces look here for what it was about.
            scope.update({name: asked[name] for name in ("route", "path_params") if name in asked})
