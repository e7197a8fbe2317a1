"""What stands behind the question mark: nothing that a route does not know, and nothing twice that it takes once.

FastAPI lets the last of several values count, and routes without parameters take any: whoever mistypes one would be
answered another question than theirs.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any, Final, get_args, get_origin

from fastapi import Request
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.datastructures import QueryParams

from siss.errors import InvalidRequestError

_KNOWN: Final[dict[Callable[..., Any], Mapping[str, bool]]] = {}
"""By what answers a route."""


async def check_parameters(request: Request) -> None:
    """Before every route below the API's prefix. Raises ``InvalidRequestError``, which names the parameter."""
    if request.url.query:
        check_query(request.query_params, _taken(request.scope["route"]))


def check_query(given: QueryParams, taken: Mapping[str, bool]) -> None:
    """The same for the parameters that a route takes, each with whether it may come again."""
    seen = set[str]()
    for name, value in given.multi_items():
        if name not in taken:
            raise _refused(name, "there is no such parameter", taken)
        if name in seen and not taken[name]:
            raise _refused(name, "given more than once", taken)
        if "\0" in value:
            raise _refused(name, "it holds a NUL character, which nothing in the index does", taken)
        seen.add(name)


def taken_by(model: type[BaseModel]) -> dict[str, bool]:
    """The fields of a model of parameters, each with whether it may come again."""
    return {field.alias or name: _is_list(field.annotation) for name, field in model.model_fields.items()}


def _taken(route: APIRoute) -> Mapping[str, bool]:
    known = _KNOWN.get(route.endpoint)
    return _KNOWN.setdefault(route.endpoint, _look_up(route)) if known is None else known


def _look_up(route: APIRoute) -> Mapping[str, bool]:
    found: dict[str, bool] = {}
    for field in route.dependant.query_params:
        annotation = field.field_info.annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            found |= taken_by(annotation)
        else:
            found[field.alias] = _is_list(annotation)
    return found


def _is_list(annotation: Any) -> bool:
    return get_origin(annotation) is list or any(get_origin(each) is list for each in get_args(annotation))


def _refused(name: str, what: str, taken: Collection[str]) -> InvalidRequestError:
    known = f"this takes {', '.join(taken)}" if taken else "this takes none"
    message = f"{what}; {known}"
    return InvalidRequestError(f"{name}: {message}.", field=name, errors=[{"field": name, "message": message}])
