"""Names that only their surroundings tell: of users, databases, services and secrets."""

import re
from typing import Final

from siss.extract.entities.findings import Finding, found, listed_bytes
from siss.model.entity import Confidence, EntityType

_PLACEHOLDER: Final = listed_bytes(
    """
    - -1 0 1 a access account admin() all amd64 an and any argument arm64 authenticated authentication bool
    boolean by can char i386 closed code connection current default defined disabled down enabled error failed
    false field for from group has id in int integer interface invalid is it key list logged login long me
    missing must my name nil no none not null number object off ok on open option optional or other password
    path postauth preauth profile required root: self session short ssh ssh1 ssh2 sub should some status str string
    success test text that the this to true type undef undefined unknown unset up user username value varchar was
    will with you your
    """
)
_USERLIKE: Final = re.compile(rb"[A-Za-z_][\w.@$+\\-]{0,63}|system:[a-z][\w:.-]{0,120}")
_FILED: Final = re.compile(rb"\.(?:cfg|conf|css|html?|ini|js|json|log|pdf|properties|py|sh|txt|xml|ya?ml)$")
_NAMELIKE: Final = re.compile(rb"[A-Za-z_][\w.@$-]{0,99}")

_CREDENTIAL: Final = re.compile(
    rb"^([\w.-]*?(?i:passw(?:or)?d|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credentials?)[\w-]*)"
    rb"([\"']?[ \t]{0,2}(?:=>|[=:]))(?:[ \t]{0,2}[\"']?(\xc2\xab.*))?$|^([A-Z][A-Z0-9_]*)$"
)
_SECRET_WORD: Final = re.compile(
    rb"(?i)(?:passw(?:or)?d|passphrase|pwd|secret|api_?key|access_?key|private_?key|encryption_?key|signing_?key|auth_?key"
    rb"|ssh_?key|master_?key|license_?key|credentials?|(?:^|[_.-])token(?:$|[_.-])|[a-z]Token$)"
)
_NOT_SECRET: Final = re.compile(
    rb"(?i)(?:tokens|max_?token|token_?(?:count|type|limit|size|len)|tokeniz|expir|_?(?:min|max)?_?len(?:gth)?$|policy|_?age$"
    rb"|^(?:check|compare|validate|verify)_|prompt|hint|reset|change|_?enabled?$|_?required$)"
)
_PROPER: Final = re.compile(
    rb"[_.-]|[a-z][A-Z]|^PG|^[A-Z]{6,}$|^(?i:password|passwd|secret|apikey|passphrase|credentials?)$"
)


def read_user(text: bytes) -> str | None:
    """A user's name: a word, perhaps with a domain, that is not a word of the sentence."""
    if (
        _USERLIKE.fullmatch(text) is None
        or text.lower() in _PLACEHOLDER
        or (text.count(b".") > 1 and b"@" not in text)
        or text.startswith((b"self.", b"this."))
        or _FILED.search(text) is not None
    ):
        return None
    return text.decode()


def read_name(text: bytes) -> str | None:
    """The name of a database or a service."""
    if _NAMELIKE.fullmatch(text) is None or text.lower() in _PLACEHOLDER:
        return None
    return text.decode()


def read_service(text: bytes) -> str | None:
    """A service as Windows has them: several words, of which none is a word of the sentence."""
    words = text.split(b" ")
    if any(word.lower() in _PLACEHOLDER for word in words) or (len(words) > 1 and not text[:1].isupper()):
        return None
    return text.decode() if len(words) > 1 else read_name(text)


def dissect_credential(text: bytes) -> list[Finding]:
    """The name of a secret: ``AWS_SECRET_ACCESS_KEY``, ``db.password``. Never what stands beside it."""
    parts = _CREDENTIAL.match(text)
    if parts is None:
        return []
    name = parts.group(1) or parts.group(4)
    if _SECRET_WORD.search(name) is None or _NOT_SECRET.search(name) is not None or _PROPER.search(name) is None:
        return []
    bare = name.strip(b"._-")
    if bare[:1].isupper() and not bare.isupper() and b"_" not in bare:  # a class
        return []
    start = name.index(bare)
    if parts.group(4) is not None:
        sure = b"_" in name or name.startswith(b"PG")
    else:
        sure = parts.group(2) != b":" or parts.group(3) is not None or not bare.isalpha()
    if not sure:
        return []
    return [found(EntityType.CREDENTIAL_REF, start, start + len(bare), bare.decode(), Confidence.HIGH)]
