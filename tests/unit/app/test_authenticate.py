"""Who may come in: real keys, real bcrypt, the keys of the process."""

import asyncio
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from siss.access.key_text import KeyText, new_key
from siss.access.rate import Limiter
from siss.access.sessions import SESSION_SECONDS, Sessions, SignInCodes
from siss.adapters.memory.keys import MemoryKeys
from siss.app import authenticate
from siss.app.authenticate import FAILURES, FRESH_SECONDS, Authenticator
from siss.app.keys import create_key, list_keys, revoke_key, rotate_key
from siss.errors import (
    ConflictError,
    DatabaseUnavailableError,
    ForbiddenError,
    InvalidRequestError,
    NotFoundError,
    RateError,
    UnauthenticatedError,
)
from siss.model.key import ApiKey
from siss.model.principal import LOCAL, Principal, Role
from siss.state import StateFolder


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def keys() -> MemoryKeys:
    return MemoryKeys()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def door(keys: MemoryKeys, clock: Clock) -> Authenticator:
    return Authenticator(keys, Limiter({}), required=True, local_token="of this machine", clock=clock)


async def test_a_key_says_who_asks(keys: MemoryKeys, door: Authenticator):
    key, text = await create_key(keys, LOCAL, "ops", Role.EDITOR, scopes=["/nas/logs/"], raw=True)
    admission = await door.admit(text, "10.0.0.1")
    assert admission.principal == Principal(f"key:{key.id}", Role.EDITOR, ("/nas/logs",), raw=True)
    assert admission.verdict is None


async def test_nobody_comes_in_without_a_key(keys: MemoryKeys, door: Authenticator):
    for credential in (None, "", "nonsense", new_key().text, "of this machinE"):
        with pytest.raises(UnauthenticatedError):
            await door.admit(credential, "10.0.0.1")
    assert (await door.admit("of this machine", "127.0.0.1")).principal == LOCAL
    open_door = Authenticator(keys, Limiter({}), required=False)
    assert (await open_door.admit(None, "127.0.0.1")).principal == LOCAL
    with pytest.raises(UnauthenticatedError):
        await open_door.admit("nonsense", "127.0.0.1")


@pytest.fixture
def codes(tmp_path: Path) -> SignInCodes:
    folder = StateFolder(tmp_path)
    folder.create()
    return SignInCodes(folder)


@pytest.fixture
def browsers(keys: MemoryKeys, clock: Clock, codes: SignInCodes) -> Authenticator:
    return Authenticator(
        keys, Limiter({}), required=True, codes=codes, sessions=Sessions(b"of this run"), clock=clock
    )


async def test_a_link_signs_in_once_with_the_rights_of_its_key(
    keys: MemoryKeys, browsers: Authenticator, codes: SignInCodes
):
    key, _ = await create_key(keys, LOCAL, "ops", Role.EDITOR, scopes=["/nas/logs"])
    code = codes.make(key.id, time.time())
    principal, session = await browsers.sign_in(code, "10.0.0.1")
    assert principal == Principal(f"key:{key.id}", Role.EDITOR, ("/nas/logs",))
    for _ in range(2):
        assert (await browsers.admit(None, "10.0.0.1", session)).principal == principal
    with pytest.raises(UnauthenticatedError, match="used before"):
        await browsers.sign_in(code, "10.0.0.1")


async def test_a_session_ends_with_its_key(
    keys: MemoryKeys, browsers: Authenticator, codes: SignInCodes, clock: Clock
):
    for end in (revoke_key, rotate_key):
        key, _ = await create_key(keys, LOCAL, "ops", Role.READER)
        _, session = await browsers.sign_in(codes.make(key.id, time.time()), "10.0.0.1")
        await browsers.admit(None, "10.0.0.1", session)
        await end(keys, LOCAL, key.id)
        clock.now += FRESH_SECONDS + 0.01
        with pytest.raises(UnauthenticatedError):
            await browsers.admit(None, "10.0.0.1", session)
        with pytest.raises(UnauthenticatedError):
            await browsers.sign_in(codes.make(key.id, time.time()), "10.0.0.1")
        await revoke_key(keys, LOCAL, "ops") if end is rotate_key else None


async def test_what_is_no_session_signs_nobody_in(keys: MemoryKeys, browsers: Authenticator, codes: SignInCodes):
    key, _ = await create_key(keys, LOCAL, "ops", Role.READER)
    now = time.time()
    ours = Sessions(b"of this run")
    other = replace(key, hash="another")
    for session in (
        "", "nonsense", Sessions(b"of another run").seal(key, now), ours.seal(key, now - SESSION_SECONDS - 1),
        ours.seal(other, now), ours.seal(replace(key, id="nobodyhasit1"), now), ours.seal(key, now)[:-1] + "é",
    ):  # fmt: skip
        with pytest.raises(UnauthenticatedError, match="not signed in"):
            await browsers.admit(None, "10.0.0.1", session)
    assert (await browsers.admit(None, "10.0.0.1", ours.seal(key, now))).principal == key.principal
    open_door = Authenticator(keys, Limiter({}), required=False)
    assert (await open_door.admit(None, "127.0.0.1", "of an earlier run")).principal == LOCAL


async def test_guessing_codes_is_held_back(browsers: Authenticator):
    for _ in range(FAILURES.burst):
        with pytest.raises(UnauthenticatedError):
            await browsers.sign_in("A" * 43, "10.0.0.1")
    with pytest.raises(RateError):
        await browsers.sign_in("A" * 43, "10.0.0.1")


async def test_the_id_alone_opens_nothing(keys: MemoryKeys, door: Authenticator):
    key, _ = await create_key(keys, LOCAL, "ops", Role.READER)
    with pytest.raises(UnauthenticatedError):
        await door.admit(KeyText(key.id, new_key().secret).text, "10.0.0.1")


async def test_a_revoked_key_is_refused_within_a_second(keys: MemoryKeys, door: Authenticator, clock: Clock):
    _, text = await create_key(keys, LOCAL, "ops", Role.READER)
    await door.admit(text, "10.0.0.1")
    await revoke_key(keys, LOCAL, "ops")
    clock.now += FRESH_SECONDS + 0.01
    with pytest.raises(UnauthenticatedError, match="revoked"):
        await door.admit(text, "10.0.0.1")


async def test_a_key_that_was_made_anew_proves_itself_again(keys: MemoryKeys, door: Authenticator, clock: Clock):
    key, text = await create_key(keys, LOCAL, "ops", Role.READER)
    await door.admit(text, "10.0.0.1")
    keys._keys.pop(key.id)
    clock.now += FRESH_SECONDS + 0.01
    with pytest.raises(UnauthenticatedError):
        await door.admit(text, "10.0.0.1")


async def test_bcrypt_is_asked_once(keys: MemoryKeys, door: Authenticator, monkeypatch: pytest.MonkeyPatch):
    _, text = await create_key(keys, LOCAL, "ops", Role.READER)
    asked = []
    real = KeyText.matches
    monkeypatch.setattr(KeyText, "matches", lambda key, hashed: asked.append(1) or real(key, hashed))
    await asyncio.gather(*(door.admit(text, "10.0.0.1") for _ in range(50)))
    await door.admit(text, "10.0.0.2")
    assert len(asked) == 1


async def test_failures_are_held_back_before_anything_costs(
    keys: MemoryKeys, door: Authenticator, clock: Clock, monkeypatch: pytest.MonkeyPatch
):
    key, text = await create_key(keys, LOCAL, "ops", Role.READER)
    for _ in range(FAILURES.burst):
        with pytest.raises(UnauthenticatedError):
            await door.admit(KeyText(key.id, new_key().secret).text, "2001:db8::1")
    monkeypatch.setattr(KeyText, "matches", lambda *_: pytest.fail("asked"))
    with pytest.raises(RateError) as caught:
        await door.admit(KeyText(key.id, new_key().secret).text, "2001:db8::2")  # the same network
    assert caught.value.details["retry_after"] == 6
    monkeypatch.undo()
    assert (await door.admit(text, "10.0.0.9")).principal.subject == f"key:{key.id}"
    clock.now += 61
    with pytest.raises(UnauthenticatedError):
        await door.admit("nonsense", "2001:db8::1")


async def test_a_rate_is_kept_and_told(keys: MemoryKeys, door: Authenticator, clock: Clock):
    _, text = await create_key(keys, LOCAL, "ops", Role.READER, requests_per_minute=2)
    first = await door.admit(text, "10.0.0.1")
    assert first.verdict is not None
    assert first.verdict.remaining == 1
    await door.admit(text, "10.0.0.1")
    refused = (await door.admit(text, "10.0.0.1")).refused
    assert refused is not None
    assert refused.details["retry_after"] == 30
    clock.now += 30
    await door.admit(text, "10.0.0.1")


async def test_an_expired_key_is_refused(keys: MemoryKeys, door: Authenticator):
    _, text = await create_key(keys, LOCAL, "ops", Role.READER, lifetime=timedelta(microseconds=1))
    with pytest.raises(UnauthenticatedError, match="expired"):
        await door.admit(text, "10.0.0.1")


@pytest.mark.parametrize("asked_with_it", [True, False])
async def test_an_expired_key_does_not_live_again_when_the_clock_is_set_back(
    keys: MemoryKeys, door: Authenticator, clock: Clock, asked_with_it
):
    key, text = await create_key(keys, LOCAL, "ops", Role.READER, lifetime=timedelta(microseconds=1))
    if asked_with_it:
        with pytest.raises(UnauthenticatedError, match="expired"):
            await door.admit(text, "10.0.0.1")
    else:
        await door.admit((await create_key(keys, LOCAL, "other", Role.READER))[1], "10.0.0.1")
    await asyncio.gather(*door._notes)
    seen = await keys.get(key.id)
    assert seen is not None
    assert seen.expires_at is not None
    # To the record it is the same whether the clock goes back or the key's end moves on.
    keys._keys[key.id] = replace(seen, expires_at=seen.expires_at + timedelta(days=1))
    clock.now += FRESH_SECONDS + 1
    with pytest.raises(UnauthenticatedError, match="expired"):
        await door.admit(text, "10.0.0.1")


async def test_use_is_noted(keys: MemoryKeys, door: Authenticator):
    key, text = await create_key(keys, LOCAL, "ops", Role.READER)
    await door.admit(text, "10.0.0.1")
    await asyncio.gather(*door._notes)
    assert (await list_keys(keys, LOCAL))[0].last_used_at is not None
    assert (await list_keys(keys, LOCAL))[0].id == key.id


async def test_rotating_keeps_what_a_key_may_do(keys: MemoryKeys, door: Authenticator, clock: Clock):
    old, old_text = await create_key(keys, LOCAL, "ops", Role.EDITOR, scopes=["/a"], lifetime=timedelta(days=3))
    new, new_text = await rotate_key(keys, LOCAL, old.id, timedelta(hours=1))
    assert (new.name, new.role, new.scopes) == (old.name, old.role, old.scopes)
    assert new.expires_at is not None
    assert (await door.admit(old_text, "10.0.0.1")).principal.scopes == ("/a",)
    assert (await door.admit(new_text, "10.0.0.1")).principal.scopes == ("/a",)
    newest, _ = await rotate_key(keys, LOCAL, "ops")
    clock.now += 2
    with pytest.raises(UnauthenticatedError):
        await door.admit(new_text, "10.0.0.1")
    assert newest.id != new.id


@pytest.mark.parametrize("by", ["name", "id"])
async def test_a_key_in_its_grace_is_revoked(keys: MemoryKeys, door: Authenticator, clock: Clock, by: str):
    old, old_text = await create_key(keys, LOCAL, "ops", Role.READER)
    new, new_text = await rotate_key(keys, LOCAL, "ops", timedelta(days=1))
    other, other_text = await create_key(keys, LOCAL, "others", Role.READER)
    for text in (old_text, new_text, other_text):
        await door.admit(text, "10.0.0.1")
    ended = await revoke_key(keys, LOCAL, "ops" if by == "name" else old.id)
    assert ended.id == (new.id if by == "name" else old.id)
    clock.now += 2
    for text in (old_text, new_text) if by == "name" else (old_text,):
        with pytest.raises(UnauthenticatedError, match="revoked"):
            await door.admit(text, "10.0.0.1")
    for text in (other_text,) if by == "name" else (new_text, other_text):
        await door.admit(text, "10.0.0.1")
    with pytest.raises(NotFoundError):
        await revoke_key(keys, LOCAL, ended.id)
    assert other.id in {key.id for key in await list_keys(keys, LOCAL) if key.revoked_at is None}


@pytest.mark.parametrize(
    "who", [Principal("r", Role.READER), Principal("e", Role.EDITOR), Principal("a", Role.ADMIN, ("/nas",))]
)
async def test_only_an_admin_of_everything_manages_keys(keys: MemoryKeys, who: Principal):
    with pytest.raises(ForbiddenError):
        await create_key(keys, who, "ops", Role.READER)
    with pytest.raises(ForbiddenError):
        await list_keys(keys, who)
    with pytest.raises(ForbiddenError):
        await revoke_key(keys, who, "ops")
    with pytest.raises(ForbiddenError):
        await rotate_key(keys, who, "ops")


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": " "},
        {"name": "a\nb"},
        {"name": "x" * 101},
        {"scopes": []},
        {"scopes": ["relative"]},
        {"scopes": ["/nas/../etc"]},
        {"requests_per_minute": -1},
        {"lifetime": timedelta(0)},
    ],
)
async def test_a_wrong_wish_is_refused(keys: MemoryKeys, wrong: dict):
    with pytest.raises(InvalidRequestError):
        await create_key(keys, LOCAL, **{"name": "ops", "role": Role.READER, **wrong})


async def test_names_are_told_apart(keys: MemoryKeys):
    await create_key(keys, LOCAL, "ops", Role.READER)
    with pytest.raises(ConflictError):
        await create_key(keys, LOCAL, " ops ", Role.ADMIN)
    with pytest.raises(NotFoundError):
        await revoke_key(keys, LOCAL, "others")


async def test_requests_that_come_together_read_a_key_once(
    keys: MemoryKeys, door: Authenticator, clock: Clock, monkeypatch: pytest.MonkeyPatch
):
    _, text = await create_key(keys, LOCAL, "ops", Role.READER)
    await door.admit(text, "10.0.0.1")
    reads, get = 0, keys.get

    async def counted_get(key_id: str) -> ApiKey | None:
        nonlocal reads
        reads += 1
        await asyncio.sleep(0)
        return await get(key_id)

    monkeypatch.setattr(keys, "get", counted_get)
    clock.now += FRESH_SECONDS + 0.01
    await asyncio.gather(*(door.admit(text, "10.0.0.1") for _ in range(50)))
    assert reads == 1


async def test_a_key_in_use_is_read_ahead_and_nobody_waits_for_it(
    keys: MemoryKeys, door: Authenticator, clock: Clock, monkeypatch: pytest.MonkeyPatch
):
    _, text = await create_key(keys, LOCAL, "ops", Role.READER)
    await door.admit(text, "10.0.0.1")
    asked, go_on, get = asyncio.Event(), asyncio.Event(), keys.get

    async def slow_get(key_id: str) -> ApiKey | None:
        asked.set()
        await go_on.wait()
        return await get(key_id)

    monkeypatch.setattr(keys, "get", slow_get)
    clock.now += FRESH_SECONDS * 0.6
    await door.admit(text, "10.0.0.1")
    await asked.wait()
    await revoke_key(keys, LOCAL, "ops")
    clock.now += FRESH_SECONDS * 0.5
    waiting = asyncio.create_task(door.admit(text, "10.0.0.1"))
    go_on.set()
    with pytest.raises(UnauthenticatedError, match="revoked"):
        await waiting


async def test_a_read_that_comes_back_late_revives_no_key(
    keys: MemoryKeys, door: Authenticator, clock: Clock, monkeypatch: pytest.MonkeyPatch
):
    _, text = await create_key(keys, LOCAL, "ops", Role.READER)
    await door.admit(text, "10.0.0.1")
    asked, go_on, get = asyncio.Event(), asyncio.Event(), keys.get

    async def late_get(key_id: str) -> ApiKey | None:
        found = await get(key_id)
        asked.set()
        await go_on.wait()
        return found

    monkeypatch.setattr(keys, "get", late_get)
    clock.now += FRESH_SECONDS + 0.01
    early = asyncio.create_task(door.admit(text, "10.0.0.1"))
    await asked.wait()
    monkeypatch.setattr(keys, "get", get)
    await revoke_key(keys, LOCAL, "ops")
    clock.now += FRESH_SECONDS + 0.01
    with pytest.raises(UnauthenticatedError, match="revoked"):
        await door.admit(text, "10.0.0.1")
    go_on.set()
    with pytest.raises(UnauthenticatedError, match="revoked"):
        await early
    with pytest.raises(UnauthenticatedError, match="revoked"):
        await door.admit(text, "10.0.0.1")


class SilentKeys(MemoryKeys):
    """Keys in a database that says nothing while ``silent``."""

    silent = False

    async def get(self, key_id: str) -> ApiKey | None:
        if self.silent:
            await asyncio.Event().wait()
        return await super().get(key_id)


async def test_who_has_a_key_does_not_wait_for_a_database_that_says_nothing(clock: Clock, monkeypatch):
    monkeypatch.setattr(authenticate, "READ_SECONDS", 0.01)
    keys = SilentKeys()
    door = Authenticator(keys, Limiter({}), required=True, clock=clock)
    _, known = await create_key(keys, LOCAL, "known", Role.READER)
    _, new = await create_key(keys, LOCAL, "new", Role.READER)
    await door.admit(known, "10.0.0.1")
    keys.silent, clock.now = True, clock.now + FRESH_SECONDS + 1
    for text in (known, new):
        with pytest.raises(DatabaseUnavailableError):
            await asyncio.wait_for(door.admit(text, "10.0.0.1"), 30)
    keys.silent = False
    for text in (known, new):
        await door.admit(text, "10.0.0.1")
