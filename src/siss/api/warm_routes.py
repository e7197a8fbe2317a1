"""The application's routes, looked through once in the process that workers are forked from.

FastAPI works out what a route takes when a request first looks for its route: a tenth of a second, before every first
answer.
"""

from typing import Final

from fastapi import FastAPI

from siss.api.server import build_api


def _look_through(api: FastAPI) -> FastAPI:
    for route in api.routes:
        route.matches({"type": "http", "method": "GET", "path": "/nothing", "root_path": "", "headers": []})
    return api


API: Final = _look_through(build_api())
"""For one ``create_app`` in a process."""
