"""What any store of keys keeps: the process's own and the table."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from siss.adapters.memory.keys import MemoryKeys
from siss.adapters.postgres.database import Database
from siss.adapters.postgres.records.keys import PostgresKeys
from siss.errors import ConflictError
from siss.model.key import ApiKey
from siss.model.principal import Role
from siss.ports.keys import Keys

NOW = datetime.now(UTC).replace(microsecond=0)
KEY = ApiKey(
    "a" * 12, "backup job", "hash", Role.READER, NOW, ("/nas/a", "/nas/b"), True, 60, NOW + timedelta(days=9)
)


@pytest.fixture(params=["memory", "postgres"])
def keys(request: pytest.FixtureRequest) -> Keys:
    if request.param == "memory":
        return MemoryKeys()
    database: Database = request.getfixturevalue("database")
    return PostgresKeys(database)


async def test_a_key_comes_back_as_it_was(keys: Keys):
    plain = ApiKey("b" * 12, "plain", "other", Role.ADMIN, NOW - timedelta(hours=1))
    await keys.add(KEY)
    await keys.add(plain)
    assert await keys.get(KEY.id) == KEY
    assert await keys.get("c" * 12) is None
    assert list(await keys.all()) == [plain, KEY]


async def test_a_name_is_one_key_that_may_be_used(keys: Keys):
    await keys.add(KEY)
    other = replace(KEY, id="b" * 12)
    with pytest.raises(ConflictError):
        await keys.add(other)
    assert await keys.revoke(KEY.id, NOW)
    await keys.add(other)
    expired = replace(KEY, id="d" * 12, name="old", expires_at=NOW - timedelta(days=1))
    await keys.add(expired)
    await keys.add(replace(expired, id="e" * 12))
    assert len(await keys.all()) == 4


async def test_a_key_is_revoked_once(keys: Keys):
    await keys.add(KEY)
    later = NOW + timedelta(hours=1)
    assert await keys.revoke(KEY.id, NOW)
    assert not await keys.revoke(KEY.id, NOW)
    assert not await keys.revoke(KEY.id, later)
    assert not await keys.revoke("c" * 12, NOW)
    found = await keys.get(KEY.id)
    assert found is not None
    assert (found.revoked_at, found.ended_at) == (NOW, NOW)


async def test_what_was_seen_to_be_over_stays_so_when_the_clock_is_set_back(keys: Keys):
    rotated = replace(KEY, id="b" * 12, name="rotated", expires_at=None, revoked_at=NOW + timedelta(days=1))
    plain = replace(KEY, id="c" * 12, name="plain", expires_at=None)
    for key in (KEY, rotated, plain):
        await keys.add(key)
    await keys.end_due(NOW + timedelta(hours=1))
    assert [key.refusal(NOW) for key in await keys.all()] == [None, None, None]
    await keys.end_due(NOW + timedelta(days=1))
    await keys.end_due(NOW + timedelta(days=10))
    await keys.end_due(NOW)
    found = {key.name: key for key in await keys.all()}
    assert "expired" in (found["backup job"].refusal(NOW) or "")
    assert "revoked" in (found["rotated"].refusal(NOW) or "")
    assert found["plain"] == plain
    assert not await keys.revoke(KEY.id, NOW)
    await keys.add(replace(KEY, id="d" * 12))  # its name is free


async def test_what_was_revoked_stays_so_when_the_clock_is_set_back(keys: Keys):
    other = replace(KEY, id="b" * 12, name="other")
    await keys.add(KEY)
    await keys.add(other)
    await keys.revoke(KEY.id, NOW)
    heir = replace(other, id="c" * 12, created_at=NOW + timedelta(hours=1))
    await keys.replace(other.id, heir.created_at, heir)
    before = NOW - timedelta(days=1)
    assert ["revoked" in (key.refusal(before) or "") for key in await keys.all()] == [True, True, False]


async def test_what_expired_is_renewed_and_what_was_revoked_is_not(keys: Keys):
    """A clock that ran ahead for a while ended keys for good."""
    rotated = replace(KEY, id="b" * 12, name="rotated", revoked_at=NOW + timedelta(days=1))
    for key in (KEY, rotated):
        await keys.add(key)
    await keys.end_due(NOW + timedelta(days=365))
    found = await keys.get(KEY.id)
    assert found is not None
    assert f"while the clock said {NOW + timedelta(days=365):%Y-%m-%d}" in (found.refusal(NOW) or "")
    later = NOW + timedelta(days=20)
    assert await keys.renew(KEY.id, later)
    assert await keys.get(KEY.id) == replace(KEY, expires_at=later)
    assert not await keys.renew(rotated.id, later)
    assert not await keys.renew("e" * 12, later)
    assert await keys.renew(KEY.id, None)
    await keys.end_due(NOW + timedelta(days=365))
    assert await keys.get(KEY.id) == replace(KEY, expires_at=None)
    assert await keys.revoke(KEY.id, NOW)
    assert not await keys.renew(KEY.id, later)


async def test_a_key_whose_name_another_has_by_now_is_not_renewed(keys: Keys):
    await keys.add(KEY)
    await keys.end_due(NOW + timedelta(days=365))
    before = await keys.get(KEY.id)
    heir = replace(KEY, id="d" * 12, expires_at=None)
    await keys.add(heir)
    with pytest.raises(ConflictError):
        await keys.renew(KEY.id, None)
    assert await keys.get(KEY.id) == before


async def test_replacing_is_all_or_nothing(keys: Keys):
    other = replace(KEY, id="b" * 12, name="taken")
    await keys.add(KEY)
    await keys.add(other)
    with pytest.raises(ConflictError):
        await keys.replace(KEY.id, NOW, replace(KEY, id="c" * 12, name="taken"))
    assert await keys.get(KEY.id) == KEY
    heir = replace(KEY, id="c" * 12)
    await keys.replace(KEY.id, NOW + timedelta(hours=1), heir)
    assert await keys.get("c" * 12) == heir
    assert await keys.get(KEY.id) == replace(KEY, revoked_at=NOW + timedelta(hours=1))
    assert await keys.revoke(KEY.id, NOW)  # earlier than it would have ended


async def test_the_last_use_is_the_latest(keys: Keys):
    await keys.add(KEY)
    await keys.note_use([(KEY.id, NOW), (KEY.id, NOW - timedelta(days=1)), ("c" * 12, NOW)])
    await keys.note_use([(KEY.id, NOW - timedelta(hours=1))])
    await keys.note_use([])
    found = await keys.get(KEY.id)
    assert found is not None
    assert found.last_used_at == NOW
