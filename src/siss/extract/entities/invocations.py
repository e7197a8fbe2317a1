"""What the commands of clients name among their arguments: where they go, as whom, to which database.

In histories of shells, in scripts and in what ``cron`` and ``sudo`` log. One letter means other things in other
programs (``-p`` is a port for ssh, a password for mysql), so each family has its own; words are the same in all.
"""

import re
from typing import Final

from siss.extract.entities.addresses import read_ipv4, read_port
from siss.extract.entities.findings import Finding, found
from siss.extract.entities.hosts import read_named
from siss.extract.entities.names import read_name, read_user
from siss.model.entity import Confidence, EntityType

_POSTGRES: Final = r"psql|pg_(?:dump(?:all)?|restore|isready|basebackup)|(?:create|drop|vacuum|reindex)db"
_MYSQL: Final = r"mysql(?:dump|admin|import|check|show)?|mariadb(?:-dump|-admin)?"
_MONGO: Final = r"mongo(?:sh|dump|restore|export|import)?"
_SHELL: Final = r"ssh|sshfs|autossh|ssh-copy-id"

INVOCATIONS: Final = (
    rf"\b(?:{_POSTGRES}|{_MYSQL}|{_MONGO}|{_SHELL}|redis-cli)"
    r"(?:[ \t]+[\w.@]+)?[ \t]+--?[A-Za-z][^\s|;&<>]*(?:[ \t]+[^\s|;&<>]+)*"
)
"""What this module reads: pure text, a part of ``WORDS``."""

_HOST, _PORT, _USER, _DATABASE = EntityType.HOSTNAME, EntityType.PORT, EntityType.USERNAME, EntityType.DATABASE
_WORDS: Final = {
    b"--host": _HOST,
    b"--port": _PORT,
    b"--user": _USER,
    b"--username": _USER,
    b"--dbname": _DATABASE,
    b"--database": _DATABASE,
    b"--databases": _DATABASE,
    b"--db": _DATABASE,
}
_FAMILIES: Final = tuple(
    (re.compile(rf"(?:{pattern})[ \t]".encode()), {**_WORDS, **letters})
    for pattern, letters in (
        (_POSTGRES, {b"-h": _HOST, b"-p": _PORT, b"-U": _USER, b"-d": _DATABASE}),
        (_MYSQL, {b"-h": _HOST, b"-P": _PORT, b"-u": _USER, b"-D": _DATABASE, b"-B": _DATABASE}),
        (_MONGO, {b"-h": _HOST, b"-u": _USER, b"-d": _DATABASE}),
        (_SHELL, {b"-p": _PORT, b"-l": _USER}),
        ("redis-cli", {b"-h": _HOST, b"-p": _PORT}),
    )
)
_ARGUMENT: Final = re.compile(rb"[^\s]+")
_VALUE: Final = re.compile(rb"[A-Za-z0-9_][\w.@-]*")
_LISTING: Final = frozenset({b"-B", b"--databases"})
"""Options with several values."""


def dissect_invocation(text: bytes) -> list[Finding] | None:
    """What the options of a command name; None if it is none of these."""
    options = next((options for family, options in _FAMILIES if family.match(text)), None)
    if options is None:
        return None
    findings: list[Finding] = []
    kind: EntityType | None = None
    listing = False
    for argument in _ARGUMENT.finditer(text):
        word, start = argument.group(), argument.start()
        if word.startswith(b"-"):
            name, equals, value = word.partition(b"=")
            kind, listing = options.get(name), name in _LISTING
            if equals and kind is not None:
                findings += _read(kind, value, start + len(name) + 1)
                kind = None
            continue
        if kind is not None:
            findings += _read(kind, word, start)
        if not listing:
            kind = None
    return findings


def _read(kind: EntityType, word: bytes, start: int) -> list[Finding]:
    bare = word.strip(b"'\"`,.):")
    if not _VALUE.fullmatch(bare):
        return []
    at = start + word.find(bare)
    value: str | None
    if kind is _HOST:
        if (address := read_ipv4(bare)) is not None:
            return [found(EntityType.IP_ADDRESS, at, at + len(bare), address, Confidence.HIGH)]
        value = read_named(bare)
    elif kind is _PORT:
        value = read_port(bare)
    else:
        value = read_user(bare) if kind is _USER else read_name(bare)
    return [] if value is None else [found(kind, at, at + len(bare), value, Confidence.MEDIUM)]
