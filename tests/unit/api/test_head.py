"""HEAD wherever there is GET."""

import pytest


@pytest.mark.parametrize(
    "route",
    [
        "/",
        "/docs",
        "/openapi.json",
        "/healthz",
        "/readyz",
        "/metrics",
        "/api/v1/stats",
        "/api/v1/stats/facets/mime",
        "/api/v1/files",
        "/api/v1/ingest/status",
        "/api/v1/stats/facets/nothing",
        "/api/v1/files/no-id",
    ],
)
async def test_head_is_get_without_a_body(world, route):
    head, get = await world.client.head(route), await world.client.get(route)
    assert head.status_code == get.status_code
    assert head.headers.get("content-type") == get.headers.get("content-type")
    assert head.content == b""


async def test_head_of_what_knows_only_post_is_refused(world):
    assert (await world.client.head("/api/v1/ingest/scan")).status_code == 405


async def test_a_file_is_not_read_for_head(world):
    assert (await world.client.head(f"{world.url}/download")).headers["content-length"] == str(world.file.size)
