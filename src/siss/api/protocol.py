"""Requests that are no HTTP, or whose target is longer than a parser takes: refused with the body of every error."""

from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from siss.api.errors import error_response
from siss.errors import InvalidRequestError

_MESSAGE: Final = "This is no HTTP request, or its target is longer than 64 KiB."


class Protocol(HttpToolsProtocol):
    """uvicorn's, whose own answer to such a request is a line of text."""

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - always the same
        """Refuse, and hang up."""
        response = error_response(InvalidRequestError(_MESSAGE))
        head = b"".join(b"%b: %b\r\n" % header for header in response.raw_headers)
        self.transport.write(
            b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\n" + head + b"\r\n" + bytes(response.body)
        )
        self.transport.close()
