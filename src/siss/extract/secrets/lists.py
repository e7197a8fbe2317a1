"""Lists of secrets: ``"passwords": ["…", "…"]`` in JSON and YAML's flow, one below the other in YAML.

Each value is judged by itself, by the name that stands before the list, within ``LOOK_BACK`` bytes.
"""

import re
from typing import Final

from siss.extract.secrets.assignments import judge_value
from siss.extract.secrets.candidate import Candidate
from siss.extract.secrets.names import NAMES, read_name
from siss.extract.secrets.read_value import FoundValue
from siss.extract.secrets.unescape import unescape_string

LOOK_BACK: Final = 4096

HINT: Final = (
    rb"(?i:(?:"
    + NAMES
    + rb")[a-z0-9_.-]*[\"']?[ \t]*[:=]>?[ \t]*(?:\[[ \t\r\n]*[\"']|(?:#[^\n]*)?\r?\n[ \t]*-[ \t]))"
)
"""Where a list begins; without it near by, no proposal needs to be looked for."""

PROPOSAL: Final = (
    rb"[\[,][ \t]*(?:\r?\n[ \t]*)?(?:\"[^\"\n]{4,}\"|'[^'\n]{4,}')"
    rb"|(?m:^[ \t]*-[ \t]+[\"']?[^\s\"'{\[&*!#:-][^\s\"'{\[]{3,}[\"']?[ \t]*\r?$)"
)

_ITEM: Final = re.compile(
    rb"[\[,][ \t]*(?:\r?\n[ \t]*)?(?:\"([^\"\n]{4,256})\"|'([^'\n]{4,256})')"
    rb"|([ \t]*)-[ \t]+[\"']?([^\s\"'{\[]{4,256})"
)
_STRINGS: Final = re.compile(rb"\s*(?:(?:\"[^\"\n]*\"|'[^'\n]*')\s*(?:,\s*)?)*")
_NAME: Final = re.compile(rb"([\w.$-]{1,80})[\"']?[ \t]*[:=]>?[ \t]*\Z")
_HEAD: Final = re.compile(rb"([ \t]*)(?:-[ \t]+)?[\"']?([\w.$-]{1,80})[\"']?[ \t]*:[ \t]*(?:#.*)?")


def classify_item(data: bytes, start: int, end: int) -> Candidate | None:  # noqa: ARG001 - one form for all detectors
    """A string of a list whose name says that it holds secrets."""
    item = _ITEM.match(data, start)
    if item is None or item.lastindex is None:
        return None
    begin = max(start - LOOK_BACK, 0)
    raw = item[item.lastindex]
    name = _name_of_block(data, begin, start, len(item[3])) if item[4] else _name_of_array(data, begin, start)
    if name is None or not any(48 <= byte < 58 for byte in raw):
        return None  # words are the names of secrets, or kinds of them
    known = read_name(name) or (read_name(name[:-1]) if name[-1:] in "sS" else None)
    if known is None:
        return None
    value = raw if item[4] else unescape_string(raw)
    return judge_value(known, FoundValue(*item.span(item.lastindex), value, config=True))


def _name_of_array(data: bytes, begin: int, start: int) -> str | None:
    """What stands before the bracket, if only strings stand between it and the item."""
    bracket = start if data[start : start + 1] == b"[" else data.rfind(b"[", begin, start)
    if bracket < 0 or (bracket < start and _STRINGS.fullmatch(data, bracket + 1, start) is None):
        return None
    name = _NAME.search(data, max(bracket - 100, 0), bracket)
    return name[1].decode("utf-8", "replace") if name else None


def _name_of_block(data: bytes, begin: int, start: int, indent: int) -> str | None:
    """What stands in the line above the first item, if only items as far in stand between."""
    for line in reversed(data[begin:start].split(b"\n")[:-1]):
        text = line.strip()
        if not text or text.startswith(b"#"):
            continue
        at = len(line) - len(line.lstrip(b" \t"))
        if text.startswith(b"- ") and at == indent:
            continue
        head = _HEAD.fullmatch(line.rstrip(b"\r"))
        return head[2].decode("utf-8", "replace") if head and len(head[1]) <= indent else None
    return None
