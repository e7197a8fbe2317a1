"""Names with backslashes, and paths between quotes, which may have blanks."""

import re
from typing import Final

from siss.extract.entities.addresses import read_ipv4
from siss.extract.entities.findings import Finding, found, shift
from siss.extract.entities.hosts import read_named
from siss.extract.entities.paths import dissect_slashed
from siss.model.entity import Confidence, EntityType

_PROGRAM: Final = re.compile(rb"\.(?:bat|c|cmd|cpp|cs|dll|exe|h|ini|log|msi|ps1|py|sys|txt|vbs)$")
_BLANK: Final = re.compile(rb"\.(?:exe|com|bat|cmd|sh|py|pl)\b.* |/s?bin/[^/]* ")
"""A program and what it is called with, rather than a name with blanks."""


def dissect_windows_path(text: bytes) -> list[Finding]:
    r"""``C:\logs\app.log`` and ``\\server\share\file``; the server of the latter is a host."""
    end = len(text.rstrip(b" .-()"))
    path = text[:end]
    if path.startswith(b"\\\\"):
        server, _, rest = path[2:].partition(b"\\")
        host = read_named(server) if not server[:1].isdigit() else read_ipv4(server)
        if host is None or not rest or b"\\\\" in rest:
            return []
        kind = EntityType.IP_ADDRESS if server[:1].isdigit() else EntityType.HOSTNAME
        share = found(EntityType.FILEPATH, 0, end, path.decode("utf-8", "replace"), Confidence.HIGH)
        return [share, found(kind, 2, 2 + len(server), host, Confidence.MEDIUM)]
    if len(path) < 3 or path[:2] == b"\\\\":
        return []
    value = path.decode("utf-8", "replace").rstrip("\\")
    return [found(EntityType.FILEPATH, 0, end, value, Confidence.HIGH if len(path) > 3 else Confidence.MEDIUM)]


def dissect_quoted(text: bytes) -> list[Finding]:
    """A path between quotes or brackets, with blanks in it; of a program with arguments the program."""
    path = text[1:-1]
    if (call := _BLANK.search(path)) is not None:
        path = path[: path.index(b" ", call.start())]
    if path[:1] != b"/":
        return shift(dissect_windows_path(path), 1)
    if b" " not in path:
        return shift(dissect_slashed(path), 1)
    return [found(EntityType.FILEPATH, 1, 1 + len(path), path.decode("utf-8", "replace"), Confidence.HIGH)]


def dissect_account(text: bytes) -> list[Finding]:
    r"""``CORP\anna``; not one of the parts of a path or of a key of the registry, and no escaped letter."""
    domain, _, rest = text.partition(b"\\")
    escaped = not rest.startswith(b"\\")
    name = rest.lstrip(b"\\").rstrip(b".-")
    if not domain or b"\\" in name or domain.startswith(b"HK") or len(name) < 3 or _PROGRAM.search(name):
        return []
    if name == b"Default":  # a connector of Exchange: ``EX1\\Default Frontend EX1``
        return []
    if not name[:1].isalpha() or (escaped and name[:1] in b"nrtux"):
        return []
    value = f"{domain.decode()}\\{name.decode()}"
    return [found(EntityType.USERNAME, 0, len(text.rstrip(b".-")), value, Confidence.LOW)]
