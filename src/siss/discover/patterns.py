r"""One line of gitignore syntax as a regular expression for RE2.

Git's rules (gitignore(5), wildmatch.c) over bytes: ``*`` and ``?`` stop at slashes, ``**`` between slashes does
not, a slash in front or in the middle ties a pattern to its folder, one at the end means folders only, ``!`` takes
back, ``\`` quotes. A path is matched as it stands below the file's folder, a folder's with a slash at its end, and
only the entry itself is meant: what lies in an ignored folder is never asked about. RE2 runs in linear time, so no
pattern of a user's can stall a scan.
"""

import re
from dataclasses import dataclass
from typing import Final

_CLASSES: Final = {
    b"alnum": b"0-9A-Za-z",
    b"alpha": b"A-Za-z",
    b"blank": b" \\t",
    b"cntrl": b"\\x00-\\x1f\\x7f",
    b"digit": b"0-9",
    b"graph": b"!-~",
    b"lower": b"a-z",
    b"print": b" -~",
    b"punct": b"!-/:-@\\[-`{-~",
    b"space": b" \\t-\\r",
    b"upper": b"A-Z",
    b"xdigit": b"0-9A-Fa-f",
}
_NOTHING: Final = rb"[^\x00-\xff]"


@dataclass(frozen=True, slots=True)
class Pattern:
    """A line that means something: ``regex`` for RE2 over latin-1 bytes, ``keeps`` where it begins with ``!``."""

    regex: bytes
    keeps: bool


def compile_line(line: bytes) -> Pattern | str | None:
    """The pattern of a line without its line end; None for blanks and comments, a sentence if it cannot match."""
    body = _strip_blanks(line)
    if not body or body.startswith(b"#"):
        return None
    keeps = body.startswith(b"!")
    if keeps:
        body = body[1:]
    folders_only = body.endswith(b"/")
    if folders_only:
        body = body[:-1]
    anchored = b"/" in body
    body = body.removeprefix(b"/")
    if not body:
        return "names nothing"
    glob = _translate(body)
    if glob is None:
        return "ends in an open bracket or a backslash that quotes nothing"
    head = b"" if anchored else b"(?:.*/)?"
    tail = b"/" if folders_only else b"/?"
    return Pattern(b"(?s)^" + head + glob + tail + b"$", keeps)


def _strip_blanks(line: bytes) -> bytes:
    """Without trailing blanks, unless the last of them is quoted with a backslash."""
    end = len(line)
    while end and line[end - 1] == 0x20:
        quotes = len(line[: end - 1]) - len(line[: end - 1].rstrip(b"\\"))
        if quotes % 2:
            break
        end -= 1
    return line[:end]


def _translate(glob: bytes) -> bytes | None:
    out: list[bytes] = []
    at, end = 0, len(glob)
    while at < end:
        char = glob[at : at + 1]
        if char == b"*":
            stars = at
            while at < end and glob[at] == 0x2A:
                at += 1
            opens = stars == 0 or glob[stars - 1] == 0x2F
            closes = at == end or glob[at] == 0x2F
            if at - stars != 2 or not (opens and closes):
                out.append(b"[^/]*")
            elif at == end:
                # Behind a folder "**" is everything inside it; alone it is everything.
                out.append(b".+")
            else:
                out.append(b"(?:.*/)?")
                at += 1
        elif char == b"?":
            out.append(b"[^/]")
            at += 1
        elif char == b"[":
            bracket = _translate_bracket(glob, at + 1)
            if bracket is None:
                return None
            regex, at = bracket
            out.append(regex)
        elif char == b"\\":
            if at + 1 == end:
                return None
            out.append(re.escape(glob[at + 1 : at + 2]))
            at += 2
        else:
            out.append(re.escape(char))
            at += 1
    return b"".join(out)


def _translate_bracket(glob: bytes, at: int) -> tuple[bytes, int] | None:
    """The class that begins behind ``[`` and where it ends; None where it never does."""
    negated = glob[at : at + 1] in {b"!", b"^"}
    at += negated
    ranges: list[bytes] = []
    first = True
    while True:
        char = glob[at : at + 1]
        if not char:
            return None
        if char == b"]" and not first:
            break
        first = False
        if char == b"[" and glob[at + 1 : at + 2] == b":":
            close = glob.find(b"]", at + 2)
            if close < 0:
                return None
            if close > at + 2 and glob[close - 1 : close] == b":":
                name = glob[at + 2 : close - 1]
                if name not in _CLASSES:
                    return None
                ranges.append(_CLASSES[name])
                at = close + 1
                continue
        if char == b"\\":
            at += 1
            char = glob[at : at + 1]
            if not char:
                return None
        at += 1
        low = high = char[0]
        if glob[at : at + 1] == b"-" and glob[at + 1 : at + 2] not in {b"", b"]"}:
            at += 1
            if glob[at : at + 1] == b"\\":
                at += 1
                if at == len(glob):
                    return None
            high = glob[at]
            at += 1
        if low <= high:
            ranges.append(b"\\x%02x-\\x%02x" % (low, high))
    at += 1
    inside = b"".join(ranges)
    if negated:
        return b"[^/" + inside + b"]", at
    # A bracket never matches a slash, whatever it lists; RE2 has no subtraction, so slashes are cut out.
    return (b"[" + _without_slash(inside) + b"]" if inside else _NOTHING), at


def _without_slash(inside: bytes) -> bytes:
    allowed = re.compile(b"(?s)[" + inside + b"]")
    kept = [byte for byte in range(256) if byte != 0x2F and allowed.match(bytes([byte]))]
    return b"".join(b"\\x%02x" % byte for byte in kept) or b"\\x00"
