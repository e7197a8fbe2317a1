# ruff: noqa: E501 - expressions are easier to read whole
"""Private keys in blocks: PEM, OpenSSH, PGP, PuTTY, and PEM inside base64.

Only runs of base64 are taken out, so line breaks, their escapes, indentation, quotes and concatenation stay: the block
keeps its number of lines and a key inside JSON or source code leaves valid JSON or source code behind.
"""

import re
from typing import Final

from siss.extract.secrets.candidate import Candidate, NeedsMore
from siss.extract.secrets.unescape import decode_base64

LONGEST_BLOCK: Final = 1 << 18
"""Bytes between BEGIN and END, at the most: no key is as long."""

PROPOSAL: Final = (
    rb"-----BEGIN[ A-Z0-9_-]{0,40}(?:PRIVATE KEY(?: BLOCK)?|OpenVPN Static key V1)-----|---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----"
    rb"|\bPrivate-Lines: [0-9]+|\bLS0tLS1CRUdJTi[A-Za-z0-9+/=]{30}"
)

_END: Final = re.compile(rb"-{4,5} ?END[ A-Z0-9_-]{0,40}-{0,5}")
# What may stand between BEGIN and END: escaped line ends first, since their letters look like base64.
_PIECE: Final = re.compile(
    rb"(?P<skip>\\+[rnt]|[\s\"'`,+;.#*>|)(]+|\\|(?<=[ \t\n])//(?=[ \t])|[uU]0000|%0[AaDd]|&#(?:10|13|x[aAdD]);|<[^<>\n]{0,20}>"
    rb"|(?:Proc-Type|DEK-Info|Version|Comment|Hash|Charset|MessageID|Subject|x-[\w-]{1,40}):[^\n\\]{0,200})"
    rb"|(?P<body>[A-Za-z0-9+/=]+)"
)
_PPK: Final = re.compile(rb"Private-Lines: (\d{1,4})[ \t]*(\r?\n)")
_BASE64: Final = re.compile(rb"[A-Za-z0-9+/]{40,}={0,2}")
_HEX: Final = re.compile(rb"[0-9a-fA-F]{128,}")
_LEAST: Final = 40
_LONGEST_PIECE: Final = 256
_KINDS: Final = ((b"PGP", "pgp-private-key"), (b"OPENSSH", "ssh-private-key"), (b"SSH2", "ssh-private-key"))


def classify_block(data: bytes, start: int, end: int, *, final: bool) -> Candidate | None:
    """The key that begins at a proposed place. Raises ``NeedsMore`` where the text ends inside it."""
    head = data[start:end]
    if head.startswith(b"LS0"):
        return _wrapped(data, start, final=final)
    if head.startswith(b"Private-Lines"):
        return _putty(data, start, final=final)
    rule = next((rule for word, rule in _KINDS if word in head), "private-key")
    return _block(data, start, end, rule, final=final)


def _block(data: bytes, begin: int, start: int, rule: str, *, final: bool) -> Candidate | None:
    limit = min(len(data), start + LONGEST_BLOCK)
    at, runs, parts = start, list[tuple[int, int]](), list[bytes]()
    ended = False
    while at < limit:
        if data[at] == 0x2D and (_END.match(data, at, limit)):
            ended = True
            break
        piece = _PIECE.match(data, at, limit)
        if piece is None:
            break
        if piece.lastgroup == "body":
            runs.append(piece.span())
            parts.append(piece[0])
        at = piece.end()
    if not ended and not final and limit == len(data) and limit - at < _LONGEST_PIECE:
        raise NeedsMore
    if not ended:
        # Prose may follow a block that was cut off: only runs as long as a line of a key belong to it.
        while runs and runs[-1][1] - runs[-1][0] < _LEAST and not (len(runs) > 1 and _continues(data, runs)):
            runs.pop()
            parts.pop()
    value = b"".join(parts)
    if len(value) < _LEAST or not runs:
        return None
    critical = _is_key(value, rule, data[begin : runs[0][0]])
    return Candidate(rule, runs[0][0], runs[-1][1], value, critical, tuple(runs), begin=begin)


def _continues(data: bytes, runs: list[tuple[int, int]]) -> bool:
    """Whether the last run is the short last line of a key: it ends a line that begins right after a full one."""
    (start, end), before = runs[-1], runs[-2]
    rest = data[end : end + 1]
    return (
        before[1] - before[0] >= _LEAST
        and b"\n" in data[before[1] : start]
        and rest in {b"", b"\n", b"\r", b'"', b"'"}
    )


def _is_key(value: bytes, rule: str, head: bytes) -> bool:
    """Whether the bytes are a key as its format begins, so that documentation and tests of a parser are not critical."""
    body = decode_base64(value.partition(b"=")[0][: len(value) // 4 * 4]) or b""
    if rule == "ssh-private-key":
        return body.startswith((b"openssh-key-v1\0", b"\x3f\x6f\xf9\xeb"))
    if rule == "pgp-private-key":
        return bool(body) and body[0] & 0x80 != 0
    if b"OpenVPN" in head:
        return _HEX.fullmatch(value) is not None
    if b"DEK-Info" in head:
        return len(body) >= 32 and len(body) % 8 == 0
    # DER: a sequence, and its length.
    return len(body) >= 32 and body[0] == 0x30 and (body[1] in {0x81, 0x82} or body[1] == len(body) - 2)


def _putty(data: bytes, start: int, *, final: bool) -> Candidate | None:
    found = _PPK.match(data, start)
    if found is None:
        return None
    at, runs = found.end(), list[tuple[int, int]]()
    for _ in range(min(int(found[1]), 400)):
        line = data.find(b"\n", at)
        if line < 0 and not final:
            raise NeedsMore
        stop = len(data) if line < 0 else line
        run = (at, at + len(data[at:stop].rstrip()))
        if run[1] - run[0] > 200 or not _BODY.fullmatch(data, *run):
            break
        runs.append(run)
        at = stop + 1
    if not runs:
        return None
    value = b"".join(data[a:b] for a, b in runs)
    return Candidate(
        "putty-private-key", runs[0][0], runs[-1][1], value, len(value) >= _LEAST, tuple(runs), begin=start
    )


_BODY: Final = re.compile(rb"[A-Za-z0-9+/]+={0,2}")


def _wrapped(data: bytes, start: int, *, final: bool) -> Candidate | None:
    found = _BASE64.match(data, start, min(len(data), start + LONGEST_BLOCK))
    if found is None:
        return None
    if found.end() == len(data) and not final:
        raise NeedsMore
    decoded = decode_base64(found[0]) or b""
    begin = re.search(rb"-----BEGIN[ A-Z0-9]*PRIVATE KEY[^\n]*-----", decoded)
    if begin is None:
        return None
    key = _block(decoded, 0, begin.end(), "private-key", final=True)
    return None if key is None else Candidate("private-key", *found.span(), key.value, key.critical)
