"""Passwords under names that are not written in Latin letters, and lists of keys and accounts that name nothing.

What chrony, ntpd and Exim read: a line of theirs has no name for the secret, but a form of its own.
"""

import re
from typing import Final

from siss.extract.secrets.judges import Line, Match, argument, chosen

_WORDS: Final = (
    "(?:П|п)ароль|ПАРОЛЬ|(?:П|п)арола|(?:Л|л)озинка|密码|密碼|口令|パスワード|비밀번호|암호|סיסמה|كلمة المرور|รหัสผ่าน"
).encode()

_NAMED: Final = rb"(?:" + _WORDS + rb")(?:[\"']?[ \t]*(?:[:=]|\xef\xbc\x9a)[ \t]*[\"']?|>)"
"""The second sign for a colon is that of Chinese and Japanese."""

_KEY_OF_CLOCK: Final = (
    rb"[0-9]{1,5}[ \t]+(?:MD5|SHA1|SHA256|SHA384|SHA512|SHA3-\d{3}|AES128|AES256|AES128CMAC|TIGER|WHIRLPOOL|M)[ \t]+"
)
_CLOCKS: Final = re.compile(rb"(?i)\b(?:ntp|chrony)|[ \t](?:HEX|ASCII):|# ?(?:MD5|SHA1|AES128CMAC) key")
_ACCOUNTS: Final = re.compile(rb"(?i)\bexim|passwd\.client|password file|[:]login:password")
_NEAR: Final = 2048


def _of_clock(data: bytes, found: Match, raw: bytes) -> bytes | None:
    """Alone, a number, an algorithm and hexadecimal digits are the checksum of something."""
    stated = found[0][: found.start(1) - found.start()].endswith((b"HEX:", b"ASCII:"))
    if not stated and _CLOCKS.search(data, max(found.start() - _NEAR, 0), found.end() + 100) is None:
        return None
    return chosen(data, found, raw)


def _of_account(data: bytes, found: Match, raw: bytes) -> bytes | None:
    """Three fields with colons are many things: a comment above must say that these are accounts."""
    near = data[max(found.start() - _NEAR, 0) : found.start()]
    return argument(data, found, raw) if _ACCOUNTS.search(near) is not None else None


FOREIGN: Final = (
    Line(
        "password",
        _NAMED + rb"[!-~]{4}",
        _NAMED + rb"([!#-&(-;=-~]{4,128})",
        argument,
    ),
    Line(
        "ntp-key",
        rb"(?m:^[ \t]*" + _KEY_OF_CLOCK + rb"\S{4})",
        rb"[ \t]*" + _KEY_OF_CLOCK + rb"(?:HEX:|ASCII:)?(\S{4,256})[ \t]*(?=\r?\n|\Z|#)",
        _of_clock,
    ),
    Line(
        "mail-password",
        rb"(?m:^(?:\*|\*?[\w-]*(?:\.[\w-]+)+):[\w.+@-]+:[^\s:/]{6}[^\s:]*[ \t]*\r?$)",
        rb"(?:\*|\*?[\w-]*(?:\.[\w-]+)+):[\w.+@-]{1,128}:([^\s:/]{6}[^\s:]{0,122})[ \t]*(?=\r?\n|\r?\Z)",
        _of_account,
    ),
)
