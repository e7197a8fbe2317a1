"""``GET /search`` reads its parameters by itself; FastAPI must read the same."""

from typing import Annotated

import pytest
from fastapi import FastAPI, Query
from fastapi.testclient import TestClient
from pydantic import ValidationError
from starlette.datastructures import QueryParams

from siss.api.routes.search import SearchParams, read_params

careful = FastAPI()


@careful.get("/")
async def tell(params: Annotated[SearchParams, Query()]) -> SearchParams:
    return params


@pytest.fixture(scope="module")
def client() -> TestClient:
    return TestClient(careful)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "q=a+b%20c",
        "q=one&q=two",
        "q=&size=5&highlight=off&explain=1&typos=FALSE",
        "facets=mime,kind&facets=ext&mime=text/plain&tag=a&tag=&tag=b",
        "sort=size&order=asc",
        "size=3&size=7",
        "cursor=",
    ],
)
def test_parameters_are_read_as_fastapi_reads_them(client: TestClient, address: str):
    assert (
        read_params(QueryParams(address).multi_items()).model_dump(mode="json") == client.get(f"/?{address}").json()
    )


@pytest.mark.parametrize(
    "address",
    [
        "size=0",
        "size=x",
        "size=",
        "sort=none",
        "order=up",
        "highlight=maybe",
        "qq=1",
        "q=a&nothing=",
        "size=3&size=no",
    ],
)
def test_what_fastapi_refuses_is_left_to_it(client: TestClient, address: str):
    with pytest.raises(ValidationError):
        read_params(QueryParams(address).multi_items())
    assert client.get(f"/?{address}").status_code == 422
