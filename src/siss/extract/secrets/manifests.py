"""The values of a Kubernetes Secret, whatever their keys: base64 under ``data``, plain under ``stringData``.

Whether a pair belongs to one is told from the ``LOOK_BACK`` bytes before it: ``kind: Secret`` stands there, or, as
kubectl sorts its answers, ``apiVersion: v1`` right before ``data``.
"""

import re
from typing import Final

from siss.extract.secrets.candidate import Candidate
from siss.extract.secrets.unescape import decode_base64
from siss.extract.secrets.values import is_password, is_placeholder, is_random, is_reference

HINT: Final = b"apiVersion"
"""Without this near by, no proposal needs to be looked for."""

LOOK_BACK: Final = 4096

PROPOSAL: Final = (
    rb"(?m:^[ \t]+[A-Za-z0-9_.-]+:[ \t]+[\"']?[A-Za-z0-9+/]{8,}={0,2}[\"']?[ \t]*\r?$)"
    rb"|\"[A-Za-z0-9_.-]+\"[ \t]*:[ \t]*\"[A-Za-z0-9+/]{8,}={0,2}\""
)

_PAIR: Final = re.compile(rb"([ \t]*)(\"?)[\w.-]{1,253}\2[ \t]*:[ \t]*[\"']?([A-Za-z0-9+/]+={0,2})")
_SECRET: Final = re.compile(rb"\"?\bkind\"?[ \t]*:[ \t]*\"?Secret\b")
_SORTED: Final = re.compile(rb"\"?\bapiVersion\"?[ \t]*:[ \t]*\"?v1\"?[ \t]*,?[ \t]*\r?\n?[ \t]*$")
PLAIN: Final = rb"(?m:^[ \t]+[\"']?[A-Za-z0-9_.-]+[\"']?:[ \t]+[\"']?[^\s\"'#|>&*!{\[][^\s\"']{3,}[\"']?[ \t]*\r?$)"

_PLAIN_PAIR: Final = re.compile(rb"([ \t]*)[\"']?[\w.-]{1,253}[\"']?:[ \t]+[\"']?([^\s\"']{4,512})")
_OF_YAML: Final = re.compile(rb"(?m:^([ \t]*(?:- )?)data:[ \t]*\r?$)")
_OF_PLAIN_YAML: Final = re.compile(rb"(?m:^([ \t]*(?:- )?)stringData:[ \t]*\r?$)")
_OF_JSON: Final = re.compile(rb"\"data\"[ \t]*:[ \t]*\{[^{}]*\Z")
_DOCUMENT: Final = re.compile(rb"(?m:^---)")


def classify_manifest(data: bytes, start: int, end: int) -> Candidate | None:  # noqa: ARG001 - one form for all detectors
    """The value of a pair, if it stands in a Secret."""
    pair = _PAIR.match(data, start)
    if pair is None or len(pair[3]) % 4:
        return None
    before = _document_before(data, start)
    block = _json_block(before) if pair[2] else _yaml_block(_OF_YAML, before, len(pair[1]))
    if block is None or not (_SECRET.search(before) or _SORTED.search(before[:block])):
        return None
    value = decode_base64(pair[3])
    if value is None or not _is_secret(value, pair[3]):
        return None
    return Candidate("kubernetes-secret", *pair.span(3), value.rstrip(b"\r\n"))


def classify_plain(data: bytes, start: int, end: int) -> Candidate | None:  # noqa: ARG001 - one form for all detectors
    """The same under ``stringData``: there, users and hosts stand as they are, so it needs a digit."""
    pair = _PLAIN_PAIR.match(data, start)
    if pair is None:
        return None
    before = _document_before(data, start)
    text = pair[2].decode("utf-8", "replace")
    if (
        _yaml_block(_OF_PLAIN_YAML, before, len(pair[1])) is None
        or not _SECRET.search(before)
        or not any(map(str.isdigit, text))
        or not is_password(text, config=True)
        or is_placeholder(text)
        or is_reference(text)
    ):
        return None
    return Candidate("kubernetes-secret", *pair.span(2), pair[2])


def _document_before(data: bytes, start: int) -> bytes:
    before = data[max(start - LOOK_BACK, 0) : start]
    return before[max((found.end() for found in _DOCUMENT.finditer(before)), default=0) :]


def _yaml_block(heading: re.Pattern[bytes], before: bytes, indent: int) -> int | None:
    """Where the ``heading`` stands whose pair a line with this indentation is."""
    at = None
    for found in heading.finditer(before):
        if len(found[1]) < indent:
            at = found
    if at is None:
        return None
    lines = before[at.end() :].split(b"\n")[1:-1]
    inside = all(not line.strip() or len(line) - len(line.lstrip(b" \t")) >= indent for line in lines)
    return at.start() if inside else None


def _json_block(before: bytes) -> int | None:
    found = _OF_JSON.search(before)
    return None if found is None else found.start()


def _is_secret(value: bytes, raw: bytes) -> bool:
    if value.startswith(b"-----BEGIN CERTIFICATE"):
        return False
    try:
        text = value.decode("utf-8").strip()
    except UnicodeDecodeError:
        return is_random(raw.decode("ascii"))
    return len(text) > 3 and not is_placeholder(text) and not is_reference(text)
