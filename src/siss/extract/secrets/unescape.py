"""The value behind its escapes, so that it has one fingerprint in JSON, XML, a URL and plain text."""

import base64
import binascii
import html
import re
from typing import Final
from urllib.parse import unquote_to_bytes

_ENTITY: Final = re.compile(rb"&(?:amp|lt|gt|quot|apos|#\d{1,7}|#[xX][0-9a-fA-F]{1,6});")
_ESCAPE: Final = re.compile(
    rb"\\(?:u([0-9a-fA-F]{4})(?:\\u([dD][c-fC-F][0-9a-fA-F]{2}))?|x([0-9a-fA-F]{2})|(.))", re.DOTALL
)
_SIMPLE: Final = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"b": b"\b", b"f": b"\f"}
_BASE64: Final = re.compile(rb"[A-Za-z0-9+/_-]+={0,2}")


def unescape_string(raw: bytes) -> bytes:
    r"""Backslash escapes as JSON and most languages write them, then XML entities."""
    return unescape_entities(_ESCAPE.sub(_escaped, raw) if b"\\" in raw else raw)


def unescape_entities(raw: bytes) -> bytes:
    """The five entities of XML and character references."""
    if b"&" not in raw:
        return raw
    return _ENTITY.sub(lambda found: html.unescape(found[0].decode("ascii")).encode("utf-8", "replace"), raw)


def unescape_url(raw: bytes) -> bytes:
    """Percent escapes, and the entities of a URL inside XML."""
    return unquote_to_bytes(unescape_entities(raw))


def decode_base64(raw: bytes) -> bytes | None:
    """What base64 (either alphabet, padded or not) stands for; None for anything else."""
    raw = raw.replace(b"\\/", b"/")
    if not _BASE64.fullmatch(raw):
        return None
    body = raw.rstrip(b"=").replace(b"-", b"+").replace(b"_", b"/")
    try:
        return base64.b64decode(body + b"=" * (-len(body) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def decode_text(raw: bytes) -> bytes | None:
    """The same, if the result is printable text: base64 that hides a password, not binary data."""
    found = decode_base64(raw)
    if not found:
        return None
    try:
        return found if found.decode("utf-8").rstrip("\r\n").isprintable() else None
    except UnicodeDecodeError:
        return None


def _escaped(found: re.Match[bytes]) -> bytes:
    unit, low, byte, simple = found.groups()
    if byte is not None:
        return bytes([int(byte, 16)]) if int(byte, 16) < 128 else chr(int(byte, 16)).encode()
    if unit is None:
        return _SIMPLE.get(simple, simple)
    code = int(unit, 16)
    if low is not None:
        if 0xD800 <= code < 0xDC00:
            return chr(0x10000 + ((code - 0xD800) << 10) + int(low, 16) - 0xDC00).encode()
        return chr(code).encode("utf-8", "replace") + b"?"
    return chr(code).encode("utf-8", "replace")
