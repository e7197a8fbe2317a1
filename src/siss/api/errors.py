"""Errors as responses: one body for everything, whoever raised it."""

from collections.abc import Mapping
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from starlette.exceptions import HTTPException

from siss.api.models.shape import ErrorBody
from siss.api.render.encode import to_bytes
from siss.errors import (
    CacheError,
    DatabaseDamagedError,
    GatewayError,
    InvalidRequestError,
    MethodError,
    NotFoundError,
    RateError,
    SissError,
    TooLargeError,
    UnavailableError,
    error_classes,
)
from siss.logs import get_logger, request_id

_log = get_logger("siss.api")

DEFAULT_RETRY_AFTER: Final = 5


def error_response(error: SissError, headers: Mapping[str, str] | None = None) -> Response:
    """The body of the specification, section 4.1, with ``Retry-After`` where a retry may help."""
    kind = error.kind
    sent = dict(headers or {})
    if isinstance(error, UnavailableError | RateError) or "retry_after" in error.details:
        sent.setdefault("Retry-After", str(int(error.details.get("retry_after", DEFAULT_RETRY_AFTER))))
    if kind.status == 401:
        sent.setdefault("WWW-Authenticate", 'Bearer realm="siss"')
    body = {"error": {"code": kind.code, "message": error.message, "details": dict(error.details)}}
    return Response(to_bytes(body), kind.status, sent, media_type="application/json")


def internal_response() -> Response:
    """What somebody learns of a fault of ours: only where to find it in the log."""
    message = "Something went wrong here; the log has it under this request id."
    return error_response(SissError(message, request_id=request_id.get()))


def install_error_handlers(app: FastAPI) -> None:
    """Turn everything that a route may raise into the one body."""

    async def on_siss_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, SissError)
        if isinstance(error, DatabaseDamagedError):
            await request.app.state.siss.services.ingest_state.note_damage(error)
        if error.kind.status >= 500 and not isinstance(error, UnavailableError):
            _log.error("request failed", code=error.kind.code, error=error.message)
        return error_response(error)

    async def on_invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return error_response(_invalid(request, error))

    async def on_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        headers = dict(error.headers or {})
        if error.status_code == 405:
            headers["Allow"] = _methods(request, error)
        return error_response(_from_http(request, error), headers)

    async def on_fault(_request: Request, _error: Exception) -> Response:
        return internal_response()

    app.add_exception_handler(SissError, on_siss_error)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(Exception, on_fault)


def _invalid(request: Request, error: RequestValidationError) -> InvalidRequestError:
    problems = [_problem(request, problem) for problem in error.errors()]
    first = problems[0] if problems else {"field": "", "message": "not understood"}
    named = f"{first['field']}: " if first["field"] else ""
    return InvalidRequestError(f"{named}{first['message']}.", field=first["field"], errors=problems[:20])


def _problem(request: Request, problem: Mapping[str, Any]) -> dict[str, str]:
    """One thing that pydantic found. The first part of its place says where in the request; the rest is a field."""
    part, *where = (str(each) for each in problem["loc"])
    message = str(problem["msg"]).removeprefix("Value error, ")
    if problem["type"] == "extra_forbidden":
        message = "there is no such parameter"
    elif problem["type"] == "json_invalid":
        return {"field": "body", "message": f"it is no JSON, from character {where[-1]} on"}
    elif part == "body" and not where:
        given = request.headers.get("content-type", "")
        wanted = "" if "json" in given else " (Content-Type: application/json)"
        return {"field": "body", "message": f"it must be a JSON object{wanted}"}
    return {"field": ".".join(where), "message": message}


def _from_http(request: Request, error: HTTPException) -> SissError:
    match error.status_code:
        case 404:
            return NotFoundError(f"There is no {request.url.path}; / lists what there is.", path=request.url.path)
        case 405:
            return MethodError(
                f"{request.url.path} does not take {request.method}.", allowed=_methods(request, error)
            )
        case 413:
            return TooLargeError("The request is too large.")
        case 400 if isinstance(error.__cause__, RecursionError):
            return InvalidRequestError("body: its JSON is nested too deeply.", field="body")
        case _:
            return InvalidRequestError(str(error.detail))


def _methods(request: Request, error: HTTPException) -> str:
    """What a path takes: several routes may share it, of which ``error`` names only the first.

    ``/files/batch`` is no file with the id ``batch``: of the patterns that fit, the one with the fewest gaps counts.
    """
    fitting: dict[str, set[str]] = {}
    for route in iter_route_contexts(request.app.routes):  # the document of the API costs a second the first time
        if route.path_format and route.methods and _fits(route.path_format, request.url.path):
            fitting.setdefault(route.path_format, set()).update(route.methods)
    if not fitting:
        return (error.headers or {}).get("Allow", "")
    found = fitting[min(fitting, key=lambda pattern: pattern.count("{"))]
    return ", ".join([*sorted(found - {"HEAD"}), "HEAD"] if "GET" in found else sorted(found))


def _fits(pattern: str, path: str) -> bool:
    wanted, given = pattern.split("/"), path.split("/")
    return len(wanted) == len(given) and all(
        part == one or part.startswith("{") for part, one in zip(wanted, given, strict=True)
    )


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The error responses of a route for OpenAPI, with the codes that each status may have.

    400 (of a parameter that there is not), 401 and 429 stand at every route: they come before it.
    """
    found: dict[int | str, dict[str, Any]] = {}
    for status in sorted({*statuses, 400, 401, 429, 500}):
        classes = (cls for cls in error_classes() if not issubclass(cls, CacheError | GatewayError))
        codes = sorted({cls.kind.code for cls in classes if cls.kind.status == status})
        found[status] = {"model": ErrorBody, "description": " or ".join(codes)}
    found["default"] = {"model": ErrorBody, "description": "Any other error"}
    return found
