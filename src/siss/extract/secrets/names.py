# ruff: noqa: E501, SIM905 - expressions and word lists are easier to read whole
"""Names that say secret: read whole, so that ``dbPassword`` is one and ``password_file`` is not."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

NAMES: Final = (
    rb"pass(?:w(?:or)?d|wort|phrase|code)?|pwd|pswd|psk|kennwort|contrase(?:n|\xc3\xb1)a|senha|wachtwoord|mot[_.-]?de[_.-]?passe|\bmdp|geheimnis|zugangscode"
    rb"|\bclave|l(?:o|\xc3\xb6)senord|adgangskode|salasana|\bheslo|\bhas(?:l|\xc5\x82)o|(?:snmp|r[ow]|read|write)[_.-]?community|pepper|totp"
    rb"|secret|token|authtok|api[_.-]?key|(?:access|private|auth|account|encrypt(?:ion)?|signing|shared|secret|master|app|nonce|logged_in|"
    rb"session|storage|consumer|client|service|deploy|license|webhook|jwt|cookie|hmac|crypt(?:o)?|validation|decryption|routing|application|fernet|upgrade|subscription|write|des|aes|nzb|wifi|wlan|wpa2?|wep)[_.-]?key|cle[_.-]?api|credentials?|key[_-]?material|salt|_?auth|(?:bind|root|admin|user|db|my|sql|key|ldap)[_-]?pw|\bpw\b|[_-]pw\b"
)
"""What a name has in it, as an RE2 expression; ``read_name`` decides."""

TELLING_HEADINGS: Final = "passw|passphrase|passcode|kennwort|mot de passe|contrase|senha|wachtwoord|^pass$"
"""What a heading has in it, in any table, whose column holds passwords."""

_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_PASSWORDS: Final = re.compile(
    r"(?:\w*(?:password|passwd|passphrase|passwort|kennwort|contrasena|senha|wachtwoord|motdepasse|passcode|losenord|zugangscode|geheimnis)|mdp|clave|adgangskode|salasana|heslo|haslo|(?:r[ow]|read|write)community|pass|pwd|pswd|psk|"
    r"(?:db|my|root|user|admin|smtp|ftp|ssh|ldap|vnc|vpn|mqtt|sudo|become|mail|sql|rcon|bind|control|remote|\w{1,8}db)(?:pass|pwd|pw)|authtok|pw)"
)
_KEYS: Final = re.compile(
    r"(?:secret|secrets|(?:client|app|consumer|auth|api|shared|jwt|session)secret|token|(?:access|auth|api|bot|oauth|refresh|id|identity|security|session|device|deploy|registry|bearer|private|personal)token|"
    r"(?:api|access|secret|private|auth|account|encryption|signing|shared|master|app|storage|consumer|client|service|deploy|license)key|"
    r"(?:password)?salt|pepper|totp|credential|credentials|authtoken|oauth)"
)
_BEFORE_KEY: Final = frozenset(
    """api access private auth account encrypt encryption signing shared secret master app nonce in session storage
    consumer client service deploy license webhook jwt cookie hmac crypt crypto validation decryption routing application
    fernet upgrade subscription write des aes nzb""".split()
)
_DIGESTS: Final = frozenset({"hash", "digest", "md", "sha", "crypt", "bcrypt", "hashed"})
_PAGING: Final = (["next"], ["change"], ["page"], ["continuation"], ["pagination"], ["idempotency"])
"""Tokens that say where a list goes on."""
_COMMUNITIES: Final = (["snmp"], ["ro"], ["rw"], ["read"], ["write"])
_FOLDED: Final = str.maketrans("\u00f1\u00f6\u0142", "nol")
_WIRELESS: Final = re.compile(r".*(?:wifi|wlan|wpa2?|wep)")
_TAIL_WORDS: Final = frozenset(
    """prod production dev development staging stage test live sandbox new old current default value val base v x b64 base64
    encrypted enc string str text plain raw primary secondary main local in""".split()
)


@dataclass(frozen=True, slots=True)
class Name:
    """What a name promises: a password that people choose, or a key that machines make."""

    text: str
    password: bool
    salt: bool = False
    digest: bool = False
    """Of a password, as in ``password_hash``."""


@lru_cache(maxsize=4096)
def read_name(raw: str) -> Name | None:
    """The kind of secret that a whole name speaks of; None where it speaks of something about one."""
    words = [word.lower() for word in _WORD.findall(raw.translate(_FOLDED))]
    if words[-2:] == ["view", "only"]:
        del words[-2:]
    while words and (words[-1].isdigit() or words[-1] in _TAIL_WORDS):
        words.pop()
    if (
        not words
        or re.search(r"\.\d$", raw)
        or words[-1] in {"chpasswd", "ftpasswd", "htpasswd", "smbpasswd", "kpasswd"}
    ):
        return None
    last = words[-1]
    if last == "token" and words[-2:-1] in _PAGING:
        return None
    if _PASSWORDS.fullmatch(last) or words[-2:] in (["pass", "word"], ["pass", "phrase"], ["pass", "code"]):
        return Name(raw, password=True)
    if (
        words[-3:] == ["pre", "shared", "key"]
        or (last == "passe" and words[-3:-1] == ["mot", "de"])
        or (last == "community" and words[-2:-1] in _COMMUNITIES)
    ):
        return Name(raw, password=True)
    if words[-2:] in (["key", "material"], ["bind", "credentials"]):
        return Name(raw, password=True)
    if last in _DIGESTS and len(words) > 1 and (_PASSWORDS.fullmatch(words[-2]) or words[-3:-1] == ["pass", "word"]):
        return Name(raw, password=False, digest=True)
    if last == "key" and _WIRELESS.fullmatch("".join(words[-3:-1])):
        return Name(raw, password=True)
    if (
        _KEYS.fullmatch(last)
        or last == "auth"
        or words[-2:] == ["cle", "api"]
        or (last == "key" and len(words) > 1 and words[-2] in _BEFORE_KEY)
    ):
        return Name(raw, password=False, salt=last == "salt" or words[-2:] in (["nonce", "key"], ["in", "key"]))
    return None
