"""Synonyms, from the request that tells them to what search finds."""

from collections.abc import AsyncIterator

import pytest

from integration.app.running import Running, running
from siss.adapters.postgres.embedded.server import EmbeddedServer
from siss.app import synonyms
from siss.errors import ForbiddenError
from siss.model.principal import LOCAL, Principal, Role


@pytest.fixture(scope="module")
async def world(postgres_server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    async with running(postgres_server, tmp_path_factory.mktemp("synonyms")) as made:
        await made.until(made.services.catalog.roots)
        for name, text in {
            "one.txt": "the Kubernetes cluster\n",
            "two.txt": "a container platform\n",
            "three.txt": "platform of a container\n",
            "four.txt": "haproxy is down\n",
            "five.txt": "the load balancer is up\n",
        }.items():
            assert (await made.upload(name, text.encode())).status_code == 201
        await made.until_found("up OR down OR cluster OR platform", *(f"{n}.txt" for n in
                               ("one", "two", "three", "four", "five")))  # fmt: skip
        yield made


async def put(world: Running, term: str, *others: str, two_way: bool = False) -> int:
    body = {"term": term, "synonyms": others, "two_way": two_way}
    return (await world.client.put("/synonyms", json=body)).status_code


async def test_search_uses_them_at_once(world: Running):
    assert await world.names("k8s") == []
    assert await put(world, "K8s", "kubernetes", "Container Platform") == 200
    assert await world.names("k8s") == ["one.txt", "two.txt"]
    assert await world.names("k8s platform") == ["two.txt"]
    assert await world.names('"k8s"') == []
    assert await world.names("kubernetes") == ["one.txt"]
    assert await put(world, "k8s", "kubernetes", two_way=True) == 200
    assert await world.names("k8s") == ["one.txt"]
    deleted = await world.client.delete("/synonyms/K8S")
    assert (deleted.status_code, deleted.json()["term"]) == (200, "k8s")
    assert await world.names("k8s") == []
    assert (await world.client.delete("/synonyms/k8s")).status_code == 404


async def test_two_ways_and_several_words(world: Running):
    assert await put(world, "load balancer", "haproxy", two_way=True) == 200
    for asked in ("haproxy", "load balancer", "LOAD Balancer"):
        assert await world.names(asked) == ["five.txt", "four.txt"], asked
    assert await world.names("load balancer down") == ["four.txt"]
    assert await world.names("haproxy -down") == ["five.txt"]
    answer = (await world.client.get("/search", params={"q": "haproxy"})).json()
    marked = [item["chunk_match"]["highlight"] for item in answer["items"]]
    assert any("<em>load balancer</em>" in each or "<em>load</em> <em>balancer</em>" in each for each in marked)


@pytest.mark.parametrize(
    "body",
    [
        {"term": "", "synonyms": ["x"]}, {"term": "x", "synonyms": []}, {"term": "x", "synonyms": ["X"]},
        {"term": "a b c d e f", "synonyms": ["x"]}, {"term": "x" * 101, "synonyms": ["y"]},
        {"term": "x", "synonyms": ["\0"]}, {"term": "x", "synonyms": ["..."]}, {"term": "x", "synonyms": "y"},
        {"term": "x", "synonyms": [str(n) for n in range(51)]}, {"synonyms": ["x"]}, {"term": "x", "what": 1},
        {"term": "x", "synonyms": ["password=AKIAQ3EGRZLV7TVTPNWX"]},
    ],
)  # fmt: skip
async def test_what_is_no_synonym(world: Running, body: dict[str, object]):
    assert (await world.client.put("/synonyms", json=body)).status_code == 400


async def test_a_term_with_a_slash_is_taken_back(world: Running):
    assert await put(world, "tcp/ip", "internet protocol") == 200
    gone = await world.client.delete("/synonyms/tcp%2Fip")
    assert (gone.status_code, gone.json()["term"]) == (200, "tcp/ip")


async def test_pages_and_roles(world: Running):
    for n in range(5):
        assert await put(world, f"term{n}", f"other{n}") == 200
    seen: list[str] = []
    cursor = None
    while True:
        params = {"size": 2} | ({"cursor": cursor} if cursor else {})
        page = (await world.client.get("/synonyms", params=params)).json()
        seen += [item["term"] for item in page["items"]]
        if (cursor := page["cursor"]) is None:
            break
    assert seen == sorted(seen)
    assert page["total"] == len(seen) >= 5
    for principal in (Principal("r", Role.READER), Principal("e", Role.EDITOR, ("/x",))):
        with pytest.raises(ForbiddenError):
            await synonyms.put_synonym(world.services, principal, "a", ["b"], two_way=False)
    assert (await synonyms.list_synonyms(world.services, LOCAL, None, 1)).total == len(seen)
