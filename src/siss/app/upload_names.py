"""What an upload may be called: a path below the upload root that cannot lead out of it."""

import unicodedata
from collections.abc import Callable
from typing import Final

from siss.discover.ignore import IGNORE_FILE, IgnoreRules
from siss.discover.paths import shown_path
from siss.errors import InvalidRequestError

MOST_NAME: Final = 255
"""Bytes of one name: what file systems take."""
MOST_PATH: Final = 4000
"""Bytes of a path below the upload root."""
MOST_DEPTH: Final = 64


def check_path(folder: str, name: str, rules: IgnoreRules, redact_path: Callable[[str], str] = str) -> str:
    """The path of an upload below the root, NFC. Raises ``InvalidRequestError`` for one that must not be.

    ``folder``: where the caller wants it, ``name``: as the file was called, which may have folders of its own
    (``logs/app.log``). Nothing is repaired: a name that is changed is not the one that is asked for later. So
    one that ``redact_path`` changes, as it holds a credential, is refused too.
    """
    whole = unicodedata.normalize("NFC", f"{folder.rstrip('/')}/{name}" if folder else name)
    if whole.startswith("/") or name.startswith("/"):
        raise _refused(whole, "is absolute; name it relative to the upload folder")
    if len(_encode(whole)) > MOST_PATH:
        raise _refused(whole, f"is longer than {MOST_PATH:,} bytes")
    parts = whole.split("/")
    if len(parts) > MOST_DEPTH:
        raise _refused(whole, f"has more than {MOST_DEPTH} folders")
    for part in parts:
        _check_part(whole, part)
    _check_found(whole, parts, rules)
    if (told := redact_path(whole)) != whole:
        raise _refused(told, "holds a credential, which would not be shown")
    return whole


def _check_part(whole: str, part: str) -> None:
    if part in {"", ".", ".."}:
        raise _refused(whole, "has a part that is empty, . or ..")
    if "\\" in part:
        raise _refused(whole, "has a backslash; folders are parted by /")
    if any(unicodedata.category(letter) in {"Cc", "Cs", "Zl", "Zp"} for letter in part):
        raise _refused(whole, "has a character that cannot be seen")
    if shown_path(_encode(part)) != part:
        raise _refused(whole, "has a character that would be shown as an escape")
    if len(_encode(part)) > MOST_NAME:
        raise _refused(whole, f"has a name longer than {MOST_NAME} bytes")
    if part != part.strip():
        raise _refused(whole, "has a name that begins or ends with a blank")


def _check_found(whole: str, parts: list[str], rules: IgnoreRules) -> None:
    """What would never be indexed is refused: an upload that nobody finds is lost."""
    if parts[-1] == IGNORE_FILE.decode():
        raise _refused(whole, "would change what is indexed")
    for depth, part in enumerate(parts):
        folder = "/".join(parts[:depth])
        rule = rules.find(_encode(folder), _encode(part), is_folder=depth < len(parts) - 1)
        if rule is not None:
            raise _refused(whole, f"would not be indexed ({rule.text}, {rule.origin})")


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _refused(path: str, because: str) -> InvalidRequestError:
    return InvalidRequestError(f"The name {path[:200]!r} {because}.", field="file")
