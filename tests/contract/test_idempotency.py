"""What any memory of answers keeps: the process's own and the table."""

import pytest

from siss.adapters.memory.idempotency import MemoryIdempotency
from siss.adapters.postgres.database import Database
from siss.adapters.postgres.records.idempotency import PostgresIdempotency
from siss.errors import ConflictError, KeyReuseError
from siss.ports.idempotency import Idempotency, KeptAnswer

ANSWER = KeptAnswer(201, b"{}")


@pytest.fixture(params=["memory", "postgres"])
def make(request: pytest.FixtureRequest):
    if request.param == "memory":
        return MemoryIdempotency
    database: Database = request.getfixturevalue("database")
    return lambda lease=60.0: PostgresIdempotency(database, lease)


async def test_an_answer_is_given_again(make):
    kept: Idempotency = make()
    assert await kept.begin("a", "k", b"1") is None
    with pytest.raises(ConflictError):
        await kept.begin("a", "k", b"1")
    await kept.finish("a", "k", ANSWER)
    assert await kept.begin("a", "k", b"1") == ANSWER
    with pytest.raises(KeyReuseError):
        await kept.begin("a", "k", b"2")
    assert await kept.begin("b", "k", b"2") is None


async def test_a_claim_that_failed_may_be_made_again(make):
    kept: Idempotency = make()
    await kept.begin("a", "k", b"1")
    await kept.abandon("a", "k")
    assert await kept.begin("a", "k", b"2") is None
    await kept.finish("a", "k", ANSWER)
    await kept.abandon("a", "k")
    assert await kept.begin("a", "k", b"2") == ANSWER


async def test_a_claim_of_a_dead_process_ends(make):
    kept: Idempotency = make(-1.0)
    await kept.begin("a", "k", b"1")
    assert await kept.begin("a", "k", b"1") is None
    with pytest.raises(KeyReuseError):
        await kept.begin("a", "k", b"2")


async def test_old_ones_are_forgotten(make):
    kept: Idempotency = make()
    await kept.begin("a", "k", b"1")
    assert await kept.forget(3600) == 0
    assert await kept.forget(-1) == 1
    assert await kept.begin("a", "k", b"2") is None
