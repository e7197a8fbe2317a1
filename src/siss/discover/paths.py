r"""Three forms of a path: the bytes to open it by, the text to show, the key to compare by.

The text must be safe to print and must tell different names apart. So what cannot stand in it as it is becomes an
escape: ``\xhh`` for a byte that is not UTF-8 and for a control character, ``\uhhhh`` for a character that moves
other text around (C1 controls, line separators, bidirectional overrides). A backslash in a name stays a backslash,
unless it would begin something that looks like an escape; then it is shown as ``\x5c``. Two names are shown alike
only if they are the same after NFC.
"""

import contextlib
import os
import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Final

from siss.model.secret import MARK_BEGINS

_PLAIN: Final = re.compile(rb"[ -\[\]-~]*")
_SPECIAL: Final = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\udc80-\udcff]"
    r"|\\(?=x[0-9a-f]{2}|u[0-9a-f]{4})",
)
_WINDOWS: Final = re.compile(r"[A-Za-z]:\\|\\\\")


def shown_path(raw: bytes) -> str:
    """The text of a path or a name: NFC, escaped as the module says. Slashes stay slashes."""
    if _PLAIN.fullmatch(raw):
        return raw.decode("ascii")
    return _SPECIAL.sub(_escape, unicodedata.normalize("NFC", raw.decode("utf-8", "surrogateescape")))


def comparison_key(raw: bytes, case_insensitive: bool) -> bytes:
    """What two spellings of the same path have in common: NFC, case-folded where the root folds case.

    Bytes that are not UTF-8 stand for themselves, so the key of such a name is no other name's. Folding is
    Unicode's canonical caseless match (section 3.13, D145): fold between two normalisations.
    """
    if raw.isascii():
        return raw.lower() if case_insensitive else raw
    text = raw.decode("utf-8", "surrogateescape")
    if case_insensitive:
        text = unicodedata.normalize("NFD", text).casefold()
    return unicodedata.normalize("NFC", text).encode("utf-8", "surrogateescape")


def join_raw(folder: bytes, name: bytes) -> bytes:
    """A name below a folder, relative to the root; the root itself is empty."""
    return folder + b"/" + name if folder else name


def absolute_path(root: bytes, path: bytes) -> bytes:
    """Where a path relative to a root is; the root itself for the empty one."""
    return root.rstrip(b"/") + b"/" + path if path else root


def join_shown(folder: str, name: str) -> str:
    """The same for what is shown."""
    return folder + "/" + name if folder else name


def find_raw(root: bytes, shown: str, tell: Callable[[str], str] = str) -> bytes:
    """The bytes of a shown path relative to a root: of what is there and is shown so; as it is written otherwise.

    ``tell``: what of a shown name may be told, where that is not all of it.
    """
    path = b""
    for part in shown.split("/"):
        name = os.fsencode(part)
        folder = absolute_path(root, path)
        if not os.path.lexists(absolute_path(root, join_raw(path, name))):
            with contextlib.suppress(OSError):  # whoever looks there is told
                name = next((found for found in os.listdir(folder) if tell(shown_path(found)) == part), name)
        path = join_raw(path, name)
    return path


def map_path(shown: str, mapping: Mapping[str, str]) -> str | None:
    r"""A shown absolute path as users reach it on their own mounts (``SISS_PATH_MAP``), or None.

    None, too, for one in which a name is not shown as it is: nothing can be opened by it.
    The longest folder that matches decides. A target that looks like Windows (``Z:\``, ``\\host\share``) gets
    backslashes all through.
    """
    if MARK_BEGINS in shown:
        return None
    for source in sorted(mapping, key=len, reverse=True):
        folder = source.rstrip("/")
        if shown == folder or shown.startswith(folder + "/"):
            target = mapping[source]
            rest = shown[len(folder) :]
            if _WINDOWS.match(target):
                return target.rstrip("\\") + rest.replace("/", "\\") if rest else target
            return (target.rstrip("/") + rest) or "/"
    return None


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code >= 0xDC80 and code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    return f"\\x{code:02x}" if code < 0x80 else f"\\u{code:04x}"
