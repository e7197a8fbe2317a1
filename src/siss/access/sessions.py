"""Signing in with a browser: codes of links that are good once, and what a cookie then holds in place of a key.

A code is kept by the digest of its text, in a file that whoever can unlink it has used: one process of those that
answer, once. A session is no record: it names a key and its end, sealed with a secret of this run of the service, so
that a forged one costs nothing and none outlives the service. It holds a digest of the key's hash besides: it ends
with the key, and does not pass to the one that it is rotated into.
"""

import contextlib
import hashlib
import hmac
import re
import secrets
import socket
from pathlib import Path
from typing import Final

from siss.model.key import ApiKey
from siss.state import StateFolder

SIGN_IN: Final = "/sign-in"
"""Where a link leads."""

CODE_SECONDS: Final = 15 * 60
"""How long a sign-in link is good."""

SESSION_SECONDS: Final = 12 * 60 * 60
"""How long a browser is signed in at the most."""

CLOCK_SECONDS: Final = 60
"""A clock may be set back by so much. What has longer to go than it ever had was made by one that ran ahead."""

_FOLDER: Final = "sign-in"
_CODE: Final = re.compile(r"[\w-]{43}", re.ASCII)
_SESSION: Final = re.compile(r"((\w{12})\.(\d{1,12})\.([0-9a-f]{32}))\.([0-9a-f]{64})", re.ASCII)


def sign_in_link(address: str, code: str) -> str:
    """What signs a browser in. Who listens everywhere (``address``) is called by the name of the machine."""
    for everywhere in ("//0.0.0.0:", "//[::]:"):
        address = address.replace(everywhere, f"//{socket.gethostname()}:")
    return f"{address}{SIGN_IN}?code={code}"


class SignInCodes:
    """Codes of one state folder, each good once. Times are seconds since the epoch."""

    def __init__(self, folder: StateFolder) -> None:
        self._folder = folder.run / _FOLDER

    def clear(self) -> None:
        """Forget those of an earlier run."""
        for file in self._folder.glob("*"):
            file.unlink(missing_ok=True)

    def make(self, key_id: str, now: float) -> str:
        """A code that signs in with the rights of a key."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        code = secrets.token_urlsafe(32)
        file = self._file(code)
        file.touch(mode=0o600)
        file.write_text(f"{key_id} {now + CODE_SECONDS:.0f}", "ascii")
        return code

    def take(self, code: str, now: float) -> str | None:
        """The id of its key, once; None for a code that is unknown, used or too old."""
        if not _CODE.fullmatch(code):
            return None
        file = self._file(code)
        with contextlib.suppress(FileNotFoundError, ValueError):
            key_id, ends_at = file.read_text("ascii").split()
            file.unlink()  # of two that come at once, one finds it gone
            return key_id if _lasts(float(ends_at), CODE_SECONDS, now) else None
        return None

    def _file(self, code: str) -> Path:
        return self._folder / hashlib.sha256(code.encode()).hexdigest()


class Sessions:
    """What cookies hold. ``secret``: of this run of the service, the same in all its processes."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def seal(self, key: ApiKey, now: float) -> str:
        """A session with the rights of a key."""
        told = f"{key.id}.{now + SESSION_SECONDS:.0f}.{_digest(key)}"
        return f"{told}.{self._mac(told)}"

    def key_of(self, session: str, now: float) -> str | None:
        """The id of the key of a session that was sealed here and has not ended; the key is to be looked at yet."""
        match = _SESSION.fullmatch(session)
        if match is None or not hmac.compare_digest(match[5], self._mac(match[1])):
            return None
        return match[2] if _lasts(int(match[3]), SESSION_SECONDS, now) else None

    @staticmethod
    def is_of(session: str, key: ApiKey) -> bool:
        """Whether a session that was sealed here began with this key as it is now."""
        match = _SESSION.fullmatch(session)
        return match is not None and match[4] == _digest(key)

    def _mac(self, text: str) -> str:
        return hmac.digest(self._secret, text.encode(), "sha256").hex()


def _lasts(ends_at: float, seconds: float, now: float) -> bool:
    """Whether what was good for so many seconds is so now."""
    return 0 < ends_at - now <= seconds + CLOCK_SECONDS


def _digest(key: ApiKey) -> str:
    return hashlib.sha256(key.hash.encode()).hexdigest()[:32]
