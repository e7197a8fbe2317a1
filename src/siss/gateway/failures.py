"""Errors as OpenAI's clients know them: ``{"error": {"message", "type", "param", "code"}}`` and what to do next.

The SDKs retry 408, 409, 429 and 5xx unless ``x-should-retry`` says otherwise, so it does wherever a retry is no use:
the gateway has asked every host already, or the clock of a budget runs for hours.
"""

import math
from collections.abc import Mapping
from typing import Any, Final

from siss.errors import BudgetError, GatewayError, RequestError, SissError

_TYPES: Final = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "invalid_request_error",
    429: "rate_limit_error",
    503: "overloaded_error",
    504: "timeout_error",
}
FAULT: Final = "Something went wrong in the gateway; its log says what"
"""All that a client is told of what is the gateway's own fault."""

_LONGEST_WAIT: Final = 60.0
"""Seconds; whoever must wait longer had better be told than retry."""


def error_object(error: SissError) -> dict[str, Any]:
    """The value of ``error``."""
    return {
        "message": error.message,
        "type": _TYPES.get(error.kind.status, "api_error"),
        "param": error.details.get("field"),
        "code": error.kind.code.lower(),
    }


def error_headers(error: SissError) -> dict[str, str]:
    """``Retry-After`` where one knows, whether a retry is of use, and what RFC 9110 wants with 401 and 405."""
    headers = {"x-should-retry": "true" if may_retry(error) else "false"}
    if (after := error.details.get("retry_after")) is not None:
        headers["Retry-After"] = str(max(1, math.ceil(after)))
    if (allowed := error.details.get("allowed")) is not None:
        headers["Allow"] = str(allowed)
    if error.kind.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return headers


def may_retry(error: SissError) -> bool:
    """Whether the same request may succeed soon."""
    soon = float(error.details.get("retry_after", 0.0)) <= _LONGEST_WAIT
    return error.kind.retry and soon and not (isinstance(error, BudgetError) and error.details.get("unit") == "day")


def is_ours(error: SissError) -> bool:
    """Whether its message is meant for clients; any other is a fault of the gateway, and only logged."""
    return isinstance(error, GatewayError | RequestError)


def refusal_object(body: Mapping[str, Any]) -> dict[str, Any]:
    """The value of ``error`` for what a host itself found wrong, with all that it said."""
    return {"message": "", "type": "invalid_request_error", "param": None, "code": None, **body}
