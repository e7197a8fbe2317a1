"""API keys: who holds one may do what it says. The key's text itself is stored nowhere."""

from dataclasses import dataclass
from datetime import datetime

from siss.model.principal import Principal, Role


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What is known of a key.

    ``id``: the part of its text by which it is found; ``hash``: bcrypt's, of its text; ``scopes``: shown absolute
    path prefixes, None for everything; ``requests_per_minute``: 0 for no limit; ``ended_at``: when it was first seen
    that the key is over, which it stays, whatever the clock says later. What expired may be renewed, what was revoked
    never is.
    """

    id: str
    name: str
    hash: str
    role: Role
    created_at: datetime
    scopes: tuple[str, ...] | None = None
    raw: bool = False
    requests_per_minute: int = 0
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def principal(self) -> Principal:
        """Who a request with this key comes from."""
        return Principal(f"key:{self.id}", self.role, self.scopes, self.raw)

    def refusal(self, now: datetime) -> str | None:
        """Why the key may not be used any more, None while it may."""
        ends = [
            (at, how)
            for at, how in ((self.revoked_at, "was revoked"), (self.expires_at, "expired"))
            if at is not None
        ]
        if not ends:
            return None
        end, how = min(ends)
        if end <= now or (self.ended_at is not None and self.revoked_at is not None):
            return f"{how} on {end:%Y-%m-%d %H:%M} UTC"
        if self.ended_at is None:
            return None
        return f"expired while the clock said {self.ended_at:%Y-%m-%d %H:%M} UTC, and stays so until it is renewed"
