"""Where the link leads that `siss serve` prints with the first key: a browser gets a session in place of the key."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from siss.access.sessions import SESSION_SECONDS, SIGN_IN
from siss.api.authentication import SESSION, sign_in
from siss.api.state import access_of

router = APIRouter(include_in_schema=False)


@router.get(SIGN_IN)
async def get_sign_in(request: Request, code: Annotated[str, Query(max_length=100)] = "") -> Response:
    """Sign a browser in, once, and lead it to the first page. Where no key is wanted it is signed in already."""
    access = access_of(request)
    answer = RedirectResponse("/", 303)
    if access.authenticator.required:
        session = await sign_in(request, access, code)
        # Over plain HTTP a cookie that is marked `Secure` would not come back; a proxy says when there is TLS.
        secure = "https" in (request.url.scheme, request.headers.get("x-forwarded-proto"))
        answer.set_cookie(
            SESSION, session, max_age=SESSION_SECONDS, path="/", secure=secure, httponly=True, samesite="strict"
        )
    return answer


@router.head(SIGN_IN)
async def head_sign_in() -> Response:
    """What only looks where the link leads does not use it up."""
    return RedirectResponse("/", 303)
