"""Who sends a request: the holder of an API key, a browser that one of them signed in, or the person at this machine.

A key costs bcrypt once; then its record is looked at again once a second, so that one that was revoked is refused
everywhere within that time. Addresses that fail are held back before anything costs.

When a key is over is the clock's to say, which may be set back: what was seen to be over is recorded, with each use
of any key and with each refusal, and stays so.
"""

import asyncio
import hashlib
import ipaddress
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from cachetools import LRUCache

from siss.access.key_text import KeyText, parse_key
from siss.access.rate import Limiter, Rate, Verdict
from siss.access.sessions import Sessions, SignInCodes
from siss.errors import DatabaseUnavailableError, RateError, UnauthenticatedError
from siss.logs import get_logger
from siss.model.key import ApiKey
from siss.model.principal import LOCAL, Principal
from siss.ports.keys import Keys

FAILURES: Final = Rate(10, 60.0)
"""How often one address may fail to say who it is."""
FRESH_SECONDS: Final = 1.0
"""How long what is known of a key is believed."""
READ_SECONDS: Final = 3.0
"""How long a database that says nothing is waited for: each request, a search too, waits for its key first."""

_MOST_KNOWN: Final = 10_000
_AT_ONCE: Final = 2
"""Hashes that are computed at the same time: requests with known keys need the processor too."""
_USE_NOTED_SECONDS: Final = 60.0

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Admission:
    """Who asks. ``limit`` and ``verdict``: of the key's rate, None where it has none; ``refused``: it is used up."""

    principal: Principal
    limit: Rate | None = None
    verdict: Verdict | None = None
    refused: RateError | None = None


@dataclass(slots=True)
class _Known:
    key: ApiKey
    read_at: float
    noted_at: float | None = None


@dataclass(frozen=True, slots=True)
class _Reading:
    """Of a key's record, under way. ``began``: of the clock."""

    began: float
    task: asyncio.Task[_Known | None]


class Authenticator:
    """``required``: without a key nobody is let in, save by ``local_token``, which only this machine's users read.

    ``codes``, ``sessions``: of browsers; without them none is signed in. ``clock``: seconds that all processes share,
    which never go back.
    """

    def __init__(
        self,
        keys: Keys,
        limiter: Limiter,
        *,
        required: bool,
        local_token: str | None = None,
        codes: SignInCodes | None = None,
        sessions: Sessions | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._keys = keys
        self._limiter = limiter
        self.required = required
        self._local_token = None if local_token is None else local_token.encode()
        self._codes, self._sessions = codes, sessions
        self._clock = clock
        self._pepper = secrets.token_bytes(32)
        self._known: LRUCache[bytes, _Known] = LRUCache(_MOST_KNOWN)
        self._proving: dict[bytes, asyncio.Task[_Known | None]] = {}
        self._reading: dict[bytes, _Reading] = {}
        self._hashing = asyncio.Semaphore(_AT_ONCE)
        self._notes: set[asyncio.Task[None]] = set()

    async def admit(self, credential: str | None, address: str, session: str | None = None) -> Admission:
        """Who asks. ``credential``: what follows ``Bearer``; ``address``: the client's; ``session``: its cookie.

        Raises ``UnauthenticatedError``, and ``RateError`` for an address; whose key is used up is known, and refused.
        """
        known = await self._find(credential, address, session)
        if known is None:
            return Admission(LOCAL)
        self._note_use(known)
        return self._within_rate(known.key)

    async def readmit(self, credential: str | None, address: str, session: str | None = None) -> Principal:
        """Who asks, looked at again while their answer goes on: as ``admit``, but it uses up nothing."""
        known = await self._find(credential, address, session)
        return LOCAL if known is None else known.key.principal

    async def sign_in(self, code: str, address: str) -> tuple[Principal, str]:
        """Who is signed in by the code of a link, and the session; the code is used up.

        Raises ``UnauthenticatedError`` and ``RateError``.
        """
        source = _source(address)
        self._let_try(source)
        now = time.time()
        key_id = None if self._codes is None else await asyncio.to_thread(self._codes.take, code, now)
        key = None if key_id is None else await self._record(key_id)
        if key is None or self._sessions is None or key.refusal(datetime.now(UTC)) is not None:
            self._limiter.take(f"failed:{source}", FAILURES, self._clock())
            raise UnauthenticatedError("This link was used before, is too old, or was not made by this service.")
        return key.principal, self._sessions.seal(key, now)

    async def _find(self, credential: str | None, address: str, session: str | None) -> _Known | None:
        """The key that may be used, None for the person at this machine."""
        if credential is None:
            if not self.required:
                return None
            if session is None:
                raise UnauthenticatedError("This service wants an API key: send `Authorization: Bearer siss_…`.")
            return self._usable(await self._known_by_session(session))
        if self._local_token and secrets.compare_digest(credential.encode("utf-8", "replace"), self._local_token):
            return None
        return self._usable(await self._known_or_proved(credential, _source(address)))

    def _usable(self, known: _Known) -> _Known:
        now = datetime.now(UTC)
        refusal = known.key.refusal(now)
        if refusal is not None:
            if known.key.ended_at is None:
                known.key = replace(known.key, ended_at=now)  # until it is read again
                self._note(None)
            raise UnauthenticatedError(f"The key {known.key.name} {refusal}.", key=known.key.id)
        return known

    def _within_rate(self, key: ApiKey) -> Admission:
        if not key.requests_per_minute:
            return Admission(key.principal)
        rate = Rate(key.requests_per_minute, 60.0)
        verdict = self._limiter.take(f"key:{key.id}", rate, self._clock())
        refused: RateError | None = None
        if not verdict.allowed:
            message = f"The key {key.name} may be used {rate.burst} times a minute."
            refused = RateError(message, retry_after=_whole(verdict.retry_after), limit=rate.burst)
        return Admission(key.principal, rate, verdict, refused)

    async def _known_or_proved(self, credential: str, source: str) -> _Known:
        digest = hashlib.blake2b(credential.encode("utf-8", "replace"), key=self._pepper, digest_size=16).digest()
        known = self._known.get(digest)
        if known is not None:
            known = await self._still_known(digest, known)
            if known is not None:
                return known
        self._let_try(source)
        text = parse_key(credential)
        known = None if text is None else await self._prove(digest, text)
        if known is None:
            self._limiter.take(f"failed:{source}", FAILURES, self._clock())
            _log.warning("a key was refused", address=source, key=None if text is None else text.id)
            raise UnauthenticatedError("This is none of the API keys of this service.")
        return known

    async def _known_by_session(self, session: str) -> _Known:
        key_id = None if self._sessions is None else self._sessions.key_of(session, time.time())
        if key_id is not None:
            digest = hashlib.blake2b(session.encode(), key=self._pepper, digest_size=16).digest()
            known = self._known.get(digest)
            if known is None:
                record = await self._record(key_id)
                if record is not None and Sessions.is_of(session, record):
                    known = self._known[digest] = _Known(record, self._clock())
            else:
                known = await self._still_known(digest, known)
            if known is not None:
                return known
        raise UnauthenticatedError("This browser is not signed in any more: use another link, or an API key.")

    def _let_try(self, source: str) -> None:
        verdict = self._limiter.look(f"failed:{source}", FAILURES, self._clock())
        if not verdict.allowed:
            raise RateError("Too many keys from this address were refused.", retry_after=_whole(verdict.retry_after))

    async def _still_known(self, digest: bytes, known: _Known) -> _Known | None:
        """A key whose record is fresh enough, None where it is gone.

        It is read ahead of its time, so that who uses a key all the time waits for none, and by one for all.
        """
        age = self._clock() - known.read_at
        if age > FRESH_SECONDS:
            return await asyncio.shield(self._read_again(digest, known))
        if age > FRESH_SECONDS / 2:
            self._read_again(digest, known)
        return known

    def _read_again(self, digest: bytes, known: _Known) -> "asyncio.Task[_Known | None]":
        now, reading = self._clock(), self._reading.get(digest)
        if reading is None or reading.task.done() or now - reading.began > FRESH_SECONDS:
            task = asyncio.create_task(self._read_record(digest, known, now))
            reading = self._reading[digest] = _Reading(now, task)
            task.add_done_callback(lambda done: self._was_read(digest, done))
        return reading.task

    def _was_read(self, digest: bytes, task: "asyncio.Task[_Known | None]") -> None:
        if (reading := self._reading.get(digest)) is not None and reading.task is task:
            del self._reading[digest]
        if not task.cancelled():
            task.exception()  # told to those who wait for it, of whom there may be none any more

    async def _read_record(self, digest: bytes, known: _Known, began: float) -> _Known | None:
        record = await self._record(known.key.id)
        if record is None or record.hash != known.key.hash:
            self._known.pop(digest, None)
            return None
        if began >= known.read_at:  # or one that began later is back already
            known.key, known.read_at = record, began
        return known

    async def _record(self, key_id: str) -> ApiKey | None:
        """A key as the database has it now. Raises ``DatabaseUnavailableError`` where that says nothing."""
        try:
            async with asyncio.timeout(READ_SECONDS):
                return await self._keys.get(key_id)
        except TimeoutError as error:
            raise DatabaseUnavailableError("PostgreSQL does not answer", retry_after=2) from error

    async def _prove(self, digest: bytes, text: KeyText) -> _Known | None:
        """Compare with the database's hash; requests that bring the same key meanwhile wait for the same answer."""
        proving = self._proving.get(digest)
        if proving is None:
            proving = self._proving[digest] = asyncio.create_task(self._prove_once(digest, text))
            proving.add_done_callback(lambda _: self._proving.pop(digest, None))
        return await asyncio.shield(proving)

    async def _prove_once(self, digest: bytes, text: KeyText) -> _Known | None:
        record = await self._record(text.id)
        if record is None:
            return None
        async with self._hashing:
            if not await asyncio.to_thread(text.matches, record.hash):
                return None
        known = self._known[digest] = _Known(record, self._clock())
        return known

    def _note_use(self, known: _Known) -> None:
        now = self._clock()
        if known.noted_at is not None and now - known.noted_at < _USE_NOTED_SECONDS:
            return
        known.noted_at = now
        self._note(known.key.id)

    def _note(self, used: str | None) -> None:
        note = asyncio.create_task(self._write_note(used))
        self._notes.add(note)
        note.add_done_callback(self._notes.discard)

    async def _write_note(self, used: str | None) -> None:
        """What the clock says now: which keys are over, and when the one with this id was used."""
        now = datetime.now(UTC)
        try:
            await self._keys.end_due(now)
            await self._keys.note_use([] if used is None else [(used, now)])
        except Exception as error:  # noqa: BLE001 - neither is worth a request, and both are tried again
            _log.warning("the use or the end of a key was not noted", key=used, error=str(error))


def _source(address: str) -> str:
    """Whom failures are held against: an address, or its network of 64 bits, which one client has whole."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def _whole(seconds: float) -> int:
    return max(1, -int(-seconds // 1))
