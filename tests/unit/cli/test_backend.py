"""How commands ask."""

from typing import Any

from siss.cli.backend import Backend
from siss.client import Call, calls


class Paged:
    """Answers with two pages."""

    async def ask_json(self, call: Call[Any]) -> dict[str, Any]:
        second = "cursor" in repr(call) and "next" in repr(call)
        return {"items": [2] if second else [1], "cursor": None if second else "next", "total": 2}


async def test_all_pages_have_the_shape_of_one():
    backend = Backend(Paged(), local=False)  # type: ignore[arg-type]
    answer = await backend.all_pages(lambda cursor: calls.get_synonyms(cursor=cursor))
    assert answer == {"items": [1, 2], "cursor": None, "total": 2}
