"""Versions and error codes."""

import errno
import re
import signal
from typing import Any, Final

from siss.extract.entities.findings import Finding, found, listed_bytes
from siss.model.entity import Confidence, EntityType

_VERSION: Final = re.compile(
    rb"^v?([0-9]{1,10}(?:\.[0-9]{1,10}){0,5}(?:[-+~._]?[A-Za-z][\w.+~-]{0,60}|[-+][\w.+~-]{1,60})?)$"
)
_BARE: Final = re.compile(
    rb"^(?!0[0-9])v?[0-9]{1,4}(?:\.[0-9]{1,6}){2}(?:(?:-|\+|~|\.)?(?:alpha|beta|rc|dev|post|a|b|snapshot|SNAPSHOT|RELEASE|Final|ga|p|el|deb|ubuntu|fc)[\w.+~-]*|[a-z]?-[0-9]+[\w.+~-]*)?$"
)
_DASH: Final = 45
_OPEN, _ZERO, _NINE = b"(09"
_V: Final = frozenset(b"vV")
_BEGINS: Final = frozenset(b"vV0123456789")
_MARKED: Final = re.compile(rb"^[vV][0-9]{1,4}(?:\.[0-9]{1,6}){1,4}(?:[-+][\w.+-]*)?$")
_COMPOUND: Final = re.compile(
    rb"^[A-Za-z][\w+]*(?:-[A-Za-z][\w+]*)*-v?([0-9]{1,3}(?:\.[0-9]{1,6}){2})(?:[-+._][A-Za-z][\w.+-]*)?$"
)
"""A package with its version, ``requests-2.32.3``. Two numbers are as often a name's own, a first of four a year."""

_BUILT: Final = re.compile(
    rb"^(?!1\.2\.840\.|1\.3\.6\.|2\.16\.)[0-9]{1,3}\.[0-9]{1,2}\.(?:[0-9]{4,6}\.[0-9]{1,6}|[0-9]{1,6}\.[0-9]{3,6})$"
    rb"|^[0-9]\.(?:[3-9][0-9]{2}|[0-9]{4,5})\.[0-9]{1,6}\.[0-9]{1,6}$"
)
"""Four numbers that are no address, for they are too large, and no object identifier: ``10.0.22631.0``."""

_PACKAGED: Final = re.compile(
    rb"^[0-9]+(?:\.[0-9]+)+(?:[+~.-][\w]+)*-[0-9]+(?:\.[0-9]+)*"
    rb"(?:(?:[+~.-]|build)?(?:deb|ubuntu|el|fc|amzn|pgdg|bpo)[0-9][\w+~.]*)$"
)
"""As distributions number what they package: ``2.36-9+deb12u4``."""

_ERRNOS: Final = frozenset(name.encode() for name in errno.errorcode.values()) | frozenset(
    (
        b"EAI_AGAIN",
        b"ENOTFOUND",
        b"ESOCKETTIMEDOUT",
        b"EADDRINFO",
        b"ERESOLVE",
        b"EINTEGRITY",
        b"ELIFECYCLE",
        b"EPROTO",
        b"ETARGET",
    )
)
_VENDORS: Final = listed_bytes(
    """
    BEA DRG EXP IMP KUP LNK LRM MY NZE OCI ORA PLS RMAN SP2 TNS UDE UDI
    """
)
_HTTP: Final = re.compile(rb"^HTTP(?:/[0-9.]+)?[\"']?[ :|]+(?:[A-Za-z]+[ :]+)*([1-5][0-9]{2})$")
_SPOKEN: Final = re.compile(
    rb"(?i)^(status(?: code)?|(?:os )?error|err|fehler(?:code)?|error[ _]code|error number|exit (?:code|status)"
    rb"|exited with (?:code|status)|errno|code)"
    rb"[ \t]*([:=#]?)[ \t]*([('\"]?)(-?[0-9]{1,10})$"
)
_STATE: Final = re.compile(rb"^SQLSTATE[ :=]*\[?([0-9A-Z]{5})(?:\](?:: General error:)? \[?([0-9]+))?$")
_MYSQL: Final = re.compile(rb"^(?:ERROR|Error) ([0-9]{4}) \([0-9A-Z]{5}\)$")
_REASON: Final = re.compile(rb"^([45][0-9]{2}) [A-Z][A-Za-z -]+$")
_NUMBERED: Final = re.compile(rb"^\(?([0-9]{1,3})(?:: ?|\))([A-Z].*)$")
_NUMBERS: Final = {
    b"operation not permitted": 1,
    b"no such file or directory": 2,
    b"input/output error": 5,
    b"resource temporarily unavailable": 11,
    b"cannot allocate memory": 12,
    b"permission denied": 13,
    b"device or resource busy": 16,
    b"file exists": 17,
    b"invalid argument": 22,
    b"too many open files": 24,
    b"no space left on device": 28,
    b"read-only file system": 30,
    b"broken pipe": 32,
    b"address already in use": 98,
    b"cannot assign requested address": 99,
    b"network is unreachable": 101,
    b"connection reset by peer": 104,
    b"transport endpoint is not connected": 107,
    b"connection timed out": 110,
    b"connection refused": 111,
    b"host is down": 112,
    b"no route to host": 113,
}
"""Linux's numbers of errors by what it says of them: a number beside it may be that of a line as well."""

_ENDED: Final = re.compile(rb"([0-9]{1,3})/([A-Za-z/]+)")
_SIGNALS: Final = frozenset(one.name for one in signal.Signals)

_OPENED: Final = re.compile(
    rb"^error ([0-9]{1,5})\($|^error\(([0-9]+)\)$|^Exception \(([0-9]+)\)$"
    rb"|^\((?i:error|fehler|erreur) ([0-9]+)\)$|^Error ([0-9]+) [a-z]+$|^\(code ([0-9]+)\)$"
)
_REASONED: Final = re.compile(rb"^([A-Z][A-Za-z/ -]+) \(([0-9]+)\)$")
_HEXADECIMAL: Final = re.compile(
    rb"(?i)^(?:error|fehler|failure|result)(?:[ ]?code)?[ \t:=(]+(0x0*[1-9a-f][0-9a-f]*)$"
)
_FAILED: Final = frozenset(b"400 401 403 404 405 408 409 410 413 415 422 429 500 501 502 503 504".split())
_BRACKETED: Final = re.compile(rb"^\((?:err|rc) ([0-9]+)\)$")
_POSTGRES: Final = re.compile(rb"^(?:28|42|53|55|57)P[0-9]{2}$")
_PACKED: Final = re.compile(
    rb"^0x[0-9A-Fa-f]{8}$|^AADSTS[0-9]+$|^SQL[0-9]+[NWC]$|^[A-Z]{3,5}[0-9]{4,5}[EWS]$|^AH[0-9]{5}$|^WFLY[A-Z]+[0-9]{4}$|^SIG[A-Z]+$|^ERR_[A-Z0-9_]+$|^[A-Z]+_E_[A-Z_]+$"
    rb"|^0xbad[0-9a-f]{4}$|^NT_STATUS_(?!OK$)[A-Z_]+$|^ER_[A-Z_]+$|^(?:RFC|KDC|KRB5(?:KDC)?|SSL|LDAP|CUDA)_ERR(?:OR)?_[A-Z0-9_]+$"
)


_TITLE: Final = re.compile(
    rb"[A-Z][a-z0-9]+(?:[A-Z][A-Za-z0-9]*)+(?:\.[A-Z][A-Za-z0-9]+)*|[A-Z][A-Z0-9]+(?:_[A-Z0-9]+)+"
)
"""Codes that are words: ``AccessDenied``, ``InvalidInstanceID.NotFound``, ``PERMISSION_DENIED``."""

_TOLD: Final = re.compile(r"[45][0-9]{2}|[0-9]{4,5}")
"""What may stand behind ``Error`` without a sign: of HTTP, or long."""

_NO_ERROR: Final = listed_bytes("NoError NO_ERROR")


def read_version(text: bytes) -> str | None:
    """A version where one must stand: ``2``, ``v2.4``, ``17.2-1.pgdg``; without the ``v``."""
    bare = text.rstrip(b".,;:+-")
    parts = _VERSION.match(bare)
    return None if parts is None else parts.group(1).decode()


def read_bare_version(text: bytes) -> Finding | None:
    """A version by its form alone: three numbers, or a ``v`` before two. Four numbers are an address."""
    if text[0] not in _BEGINS or (text[0] in _V and not text[1:2].isdigit()):
        if _DASH not in text or (compound := _COMPOUND.match(text)) is None:
            return None
        return found(EntityType.VERSION, *compound.span(1), compound.group(1).decode(), Confidence.MEDIUM)
    bare = text.rstrip(b".,;:+-")
    if (
        _MARKED.match(bare) is None
        and _BARE.match(bare) is None
        and _BUILT.match(bare) is None
        and _PACKAGED.match(bare) is None
    ):
        return None
    if bare.startswith(b"192.168."):  # the beginning of an address
        return None
    return found(EntityType.VERSION, 0, len(bare), bare.lstrip(b"vV").decode(), Confidence.MEDIUM)


def read_code(key: bytes, value: bytes) -> str | None:
    """The value of a key such as ``errorCode`` or ``status``: what says that something failed."""
    name = key.lower()
    if name.endswith((b"sqlstate", b"hresult")):
        read = value.decode("ascii", "replace")
        if name.endswith(b"hresult"):
            return read.lower() if _PACKED.match(value) else None
        return f"SQLSTATE {read.upper()}" if len(read) == 5 else None
    if _PACKED.match(value) is not None and value.startswith(b"0x"):
        return value.decode().lower() if value[2:3] in b"89Cc" else None
    if b"err" in name and _TITLE.fullmatch(value) is not None:
        return value.decode() if value not in _NO_ERROR else None
    if value in _ERRNOS or (
        _PACKED.match(value) and not value.startswith(b"SIG") and not value.isdigit()
    ):  # ``code: 'ECONNREFUSED'``
        return value.decode()
    if name == b"status" and (ended := _ENDED.fullmatch(value)) is not None:
        return _read_ended(*ended.groups())
    if not value.lstrip(b"-").isdigit() or len(value) > 10:
        return None
    if name.rpartition(b"_")[2] == b"code" and value in _FAILED:
        return f"HTTP {value.decode()}"
    number = value.decode()
    if b"status" in name and b"exit" not in name:
        return f"HTTP {number}" if len(number) == 3 and number[0] in "45" else None
    if name.endswith((b"errno", b"err_no")):
        return f"errno {number}" if number != "0" else None
    if b"err" in name:
        return f"error {number}" if number != "0" else None
    if b"exit" in name:
        return f"exit {number}" if number != "0" else None
    if b"http" in name or b"response" in name:
        return f"HTTP {number}" if len(number) == 3 and number[0] in "45" else None
    return None


def _read_ended(number: bytes, name: bytes) -> str | None:
    """How a process ended, as systemd says: ``status=1/FAILURE``, and ``status=9/KILL`` by a signal."""
    if number == b"0":
        return None
    sent = f"SIG{name.decode()}"
    return sent if sent in _SIGNALS else f"exit {number.decode()}"


def dissect_failure(text: bytes) -> list[Finding]:
    """``HTTP 503``, ``ECONNREFUSED``, ``ORA-12154``, ``errno 13``, ``0x80070005``, ``SQLSTATE[42P01]``."""
    end = len(text)
    if (http := _HTTP.match(text)) is not None:
        code = http.group(1).decode()
        return [found(EntityType.ERROR_CODE, 0, end, f"HTTP {code}", Confidence.HIGH)] if code[0] in "45" else []
    if (state := _STATE.match(text)) is not None:
        own = found(EntityType.ERROR_CODE, 0, state.end(1), f"SQLSTATE {state.group(1).decode()}", Confidence.HIGH)
        return [own, *_find_number(state, 2, "error")]
    if (spoken := _SPOKEN.match(text)) is not None:
        return _dissect_spoken(spoken, end)
    if (mysql := _MYSQL.match(text)) is not None:
        return [found(EntityType.ERROR_CODE, 0, end, f"error {mysql.group(1).decode()}", Confidence.HIGH)]
    if (reason := _REASON.match(text)) is not None:
        return _find_number(reason, 1, "HTTP")
    if (text[0] == _OPEN or _ZERO <= text[0] <= _NINE) and (numbered := _NUMBERED.match(text)) is not None:
        meant = int(numbered.group(1)) == _NUMBERS.get(numbered.group(2).lower())
        return _find_number(numbered, 1, "errno") if meant else []
    if (opened := _OPENED.match(text)) is not None:
        return _find_number(opened, opened.lastindex or 1, "error")
    if (reasoned := _REASONED.match(text)) is not None:
        meant = int(reasoned.group(2)) == _NUMBERS.get(reasoned.group(1).lower())
        return _find_number(reasoned, 2, "errno") if meant else []
    if (packed := _HEXADECIMAL.match(text)) is not None:
        value = packed.group(1).decode().lower()
        return [found(EntityType.ERROR_CODE, *packed.span(1), value, Confidence.HIGH)]
    if (bracketed := _BRACKETED.match(text)) is not None:
        return _find_number(bracketed, 1, "error")
    if _POSTGRES.match(text) is not None:
        return [found(EntityType.ERROR_CODE, 0, end, f"SQLSTATE {text.decode()}", Confidence.HIGH)]
    if text.upper() in _ERRNOS and (text.isupper() or text.islower()):
        text = text.upper()
        return [found(EntityType.ERROR_CODE, 0, end, text.decode(), Confidence.HIGH)]
    if _PACKED.match(text) is not None:
        value = text.decode() if not text.startswith(b"0x") else text.decode().lower()
        return [found(EntityType.ERROR_CODE, 0, end, value, Confidence.HIGH)]
    vendor, dash, number = text.partition(b"-")
    if dash and vendor in _VENDORS and number.isdigit():
        return [found(EntityType.ERROR_CODE, 0, end, text.decode(), Confidence.HIGH)]
    return []


def _find_number(match: re.Match[bytes], group: int, of: str) -> list[Finding]:
    number = match.group(group)
    if number is None or number == b"0":
        return []
    return [
        found(EntityType.ERROR_CODE, match.start(group), match.end(group), f"{of} {number.decode()}", Confidence.HIGH)
    ]


def _dissect_spoken(spoken: Any, end: int) -> list[Finding]:
    word, sign, number = spoken.group(1).lower(), spoken.group(2), spoken.group(4).decode()
    if number == "0":
        return []
    if word.startswith(b"status"):
        if len(number) == 3 and number[0] in "45":
            return [found(EntityType.ERROR_CODE, 0, end, f"HTTP {number}", Confidence.MEDIUM)]
        return []
    if word == b"code":
        return []
    if (
        word in {b"error", b"err", b"fehler"}
        and not sign
        and (not spoken.group(1).istitle() or not _TOLD.fullmatch(number))
    ):
        return []
    kind = "exit" if word.startswith(b"exit") else "errno" if word in {b"errno", b"os error"} else "error"
    return [found(EntityType.ERROR_CODE, 0, end, f"{kind} {number}", Confidence.MEDIUM)]
