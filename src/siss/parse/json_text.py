r"""JSON: elements and members as sections of at most 4 KiB, with their JSONPath as label.

One scanner serves every size. It walks the containers that are too large for a section and matches anything
smaller whole, with one possessive regular expression that counts brackets; msgspec then checks each such piece
strictly, without building objects. So there is no recursion, memory is a window plus 4 KiB whatever the document,
a long string is passed in parts, and an error costs one piece: scanning goes on behind it, because text with a
comment, a trailing comma or a missing end still has elements worth finding. A parser that builds the document
first (orjson) does none of this, and large files would need a second one.

Names that come twice in an object are valid (RFC 8259, section 4) and stand in the text twice: nothing is noted.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import msgspec

from siss.model.content import Section
from siss.model.text import Ledger, Window
from siss.parse.json_faults import JsonFaults
from siss.parse.json_patterns import (
    BLANK,
    CONTAINERS,
    ELEMENT,
    ELEMENTS,
    IN_STRING,
    MATCHED_LEVELS,
    MEMBERS,
    ONE_COMMENT,
    ONE_STRING,
    ONE_WORD,
    TO_BRACKET,
)
from siss.parse.source_map import SourceMap

SECTION_BYTES: Final = 4096
RUN_BYTES: Final = 1024
"""Neighbours are one section up to this size, or each of a list of numbers would be a section."""
_LONGEST_WAIT: Final = 1 << 16
"""How long a comment or a word may be before it is no longer waited for."""
_LABEL_CHARS: Final = 200
_STEP_BYTES: Final = 64
_COUNT = msgspec.json.Decoder(list[msgspec.Raw]).decode
_PLAIN_NAME = re.compile(r"[^\W\d]\w*")


class _Want(IntEnum):
    """What comes next."""

    VALUE = 0
    KEY = 1
    COLON = 2
    COMMA = 3


@dataclass(slots=True)
class _Frame:
    """An open container that is too large for a section, and the place of its present element."""

    array: bool
    index: int = 0
    key: str = ""

    @property
    def step(self) -> str:
        if self.array:
            return f"[{self.index}]"
        return f".{self.key}" if _PLAIN_NAME.fullmatch(self.key) else f"[{self.key!r}]"


class _NeedMore(Exception):  # noqa: N818 - not an error: what comes next is in the next window
    pass


class JsonParser:
    """Finds the sections of a JSON document. ``max_depth``: levels beyond it are passed over as text."""

    def __init__(self, ledger: Ledger, *, max_depth: int = 32) -> None:
        self._max_depth = max_depth
        self._source_map = SourceMap()
        self._faults = JsonFaults(ledger, self._source_map)
        self._frames: list[_Frame] = []
        self._want = _Want.VALUE
        self._after_comma = False
        self._in_string = False
        self._skipped = 0  # containers open beyond the depth limit
        self._values = 0
        self._text = b""
        self._base = 0
        self._at = 0
        self._item = -1  # where the present element or member begins, in the whole text
        self._final = False

    def feed(self, window: Window) -> Iterator[Section]:
        """The elements and members that end in this window."""
        if self._faults.hopeless:
            return iter(())
        kept = self._text[self._at :]
        self._source_map.note(window)
        self._base = window.start - len(kept)
        self._text, self._at = kept + window.data if kept else window.data, 0
        self._final = window.final
        return self._scan()

    def close(self) -> Iterator[Section]:
        """What the end of the text completes; notes what is missing there."""
        self._final = True
        yield from self._scan()
        if self._faults.hopeless:
            return
        if self._in_string:
            self._note_error(len(self._text), "the text ends inside a string", "'\"'")
        elif self._skipped or self._frames:
            closing = "]" if self._frames[-1].array else "}"
            self._note_error(len(self._text), "the text ends inside a container", f"',' or '{closing}'")
        elif not self._values:
            self._note_error(len(self._text), "there is no value", "a JSON value")

    def _scan(self) -> Iterator[Section]:
        try:
            while not self._faults.hopeless:
                if self._in_string:
                    yield from self._pass_string()
                elif self._skipped:
                    yield from self._pass_depths()
                else:
                    self._pass_blank()
                    if self._at >= len(self._text):
                        return
                    yield from self._step()
        except _NeedMore:
            return

    def _step(self) -> Iterator[Section]:
        """One comma, colon, bracket, name or value, or a run of small ones."""
        byte, frame = self._text[self._at], self._frames[-1] if self._frames else None
        if byte in b"]}":
            self._close_container(frame, byte)
        elif self._want is _Want.COMMA or byte == 0x2C:
            self._pass_comma(frame, byte)
        elif self._want is _Want.COLON:
            if byte == 0x3A:
                self._at += 1
            else:
                self._note_error(self._at, "a member's name without a colon", "':'")
            self._want = _Want.VALUE
        elif self._want is _Want.KEY:
            yield from self._read_members()
        else:
            if self._item < 0:
                self._item = self._base + self._at
            self._await(SECTION_BYTES)
            run = None
            if frame is not None and frame.array:
                run = ELEMENTS[self._levels()].match(self._text, self._at, self._at + RUN_BYTES)
            if run:
                yield self._pass_run(run)
            elif byte in b"[{":
                yield from self._read_container(byte)
            else:
                yield from self._read_scalar(byte)

    def _levels(self) -> int:
        """How deep one expression may look from here."""
        return min(MATCHED_LEVELS, self._max_depth - len(self._frames))

    def _pass_comma(self, frame: _Frame | None, byte: int) -> None:
        if byte == 0x2C:
            if self._want is not _Want.COMMA:
                self._note_error(self._at, "a comma without a value before it", "a value")
            self._at += 1
        elif frame is not None:
            self._note_error(self._at, "no comma after a value", "',' or ']'" if frame.array else "',' or '}'")
            self._at += byte == 0x3A
        if frame is None:
            self._note_error(self._at, "more after the end of the document", "the end of the text")
        else:
            frame.index += 1
        self._begin_item(frame)
        self._after_comma = True

    def _begin_item(self, frame: _Frame | None) -> None:
        self._item = -1
        self._want = _Want.VALUE if frame is None or frame.array else _Want.KEY

    def _end_value(self) -> None:
        self._item, self._want = -1, _Want.COMMA
        self._values += not self._frames

    def _emit(self, end: int) -> Section:
        """The present item up to an offset in the buffer; what follows of it is the next section."""
        section = Section(self._item, self._base + end, label=self._label())
        self._item = section.end
        return section

    def _close_container(self, frame: _Frame | None, byte: int) -> None:
        if frame is None:
            self._note_error(self._at, f"{chr(byte)!r} closes nothing", "a JSON value or the end of the text")
            self._at += 1
            return
        if frame.array != (byte == 0x5D):
            self._note_error(self._at, f"{chr(byte)!r} closes another bracket", "']'" if frame.array else "'}'")
        elif self._want is not _Want.COMMA and (
            self._after_comma or (self._want is not _Want.KEY and not frame.array)
        ):
            self._note_error(self._at, f"nothing before {chr(byte)!r}", "a value" if frame.array else "a member")
        self._frames.pop()
        self._at += 1
        self._end_value()

    def _read_container(self, byte: int) -> Iterator[Section]:
        """A small container as one section; a large one is entered."""
        at = self._at
        if found := CONTAINERS[self._levels()].match(self._text, at, at + SECTION_BYTES):
            self._faults.check(found[0], self._base + at)
            self._at = found.end()
            yield self._emit(self._at)
            self._end_value()
            return
        self._at += 1
        if len(self._frames) >= self._max_depth:
            self._faults.note_depth(self._base + at, self._max_depth)
            self._skipped = 1
        else:
            frame = _Frame(byte == 0x5B)
            self._frames.append(frame)
            self._begin_item(frame)
            self._after_comma = False

    def _read_members(self) -> Iterator[Section]:
        """A run of small members as one section, or one name."""
        text, at = self._text, self._at
        self._item = self._base + at
        if text[at] != 0x22:
            self._note_error(at, "no member name", "'\"' or '}'")
            self._want = _Want.VALUE
            return
        self._await(SECTION_BYTES)
        name = ONE_STRING.match(text, at, at + SECTION_BYTES)
        step = (name[0][1:-1] if name else text[at + 1 : at + SECTION_BYTES])[:_STEP_BYTES]
        self._frames[-1].key = step.decode("utf-8", "ignore")
        if name is None:
            self._in_string = True
            self._at += 1
        elif run := MEMBERS[self._levels()].match(text, at, at + RUN_BYTES):
            yield self._pass_run(run)
        else:
            self._at = name.end()
            self._want = _Want.COLON

    def _read_scalar(self, byte: int) -> Iterator[Section]:
        """One string or word, or the start of a long string."""
        text, at = self._text, self._at
        if byte == 0x22:
            found = ONE_STRING.match(text, at, at + SECTION_BYTES)
            if found is None:
                self._in_string = True
                self._at += 1
                return
        else:
            found = ONE_WORD.match(text, at)
            if found is None:
                self._note_error(at, f"{chr(text[at])!r} where a value should be", "a JSON value")
                self._at += 1
                return
            if found.end() == len(text):
                self._await(_LONGEST_WAIT)
        self._faults.check(found[0], self._base + at)
        self._at = found.end()
        yield self._emit(self._at)
        self._end_value()

    def _pass_run(self, run: re.Match[bytes]) -> Section:
        """Complete elements or members, each with its comma, as one section."""
        frame = self._frames[-1]
        body = run[0].rstrip()[:-1]
        section = self._emit(run.start() + len(body))
        if frame.array:
            frame.index += self._count(b"[" + body + b"]", run)
        else:
            self._faults.check(b"{" + body + b"}", self._base + run.start(), added=1)
        self._at = run.end()
        self._begin_item(frame)
        self._after_comma = True
        return section

    def _count(self, piece: bytes, run: re.Match[bytes]) -> int:
        try:
            return len(_COUNT(piece))
        except msgspec.DecodeError:
            self._faults.check(piece, self._base + run.start(), added=1)
            return sum(1 for _ in ELEMENT.finditer(run[0]))

    def _pass_string(self) -> Iterator[Section]:
        """The rest of a string that is longer than a section, in parts as the windows come."""
        found = IN_STRING.match(self._text, self._at)
        assert found is not None
        self._at = found.end()
        if self._at < len(self._text) and self._text[self._at] == 0x22:
            self._at += 1
            self._in_string = False
            yield self._emit(self._at)
            if self._want is _Want.KEY:
                self._want = _Want.COLON
            elif not self._skipped:
                self._end_value()
            return
        if self._base + self._at > self._item:
            yield self._emit(self._at)
        raise _NeedMore

    def _pass_depths(self) -> Iterator[Section]:
        """What lies beyond the depth limit, counting brackets only."""
        text, at, open_now = self._text, self._at, self._skipped
        while open_now:
            found = TO_BRACKET.match(text, at)
            assert found is not None
            at = found.end()
            if at >= len(text):
                break
            if text[at] == 0x22:
                self._in_string = len(text) - at > SECTION_BYTES or self._final
                at += self._in_string
                break
            open_now += 1 if text[at] in b"[{" else -1
            at += 1
        self._skipped, self._at = open_now, at
        if self._base + at > self._item:
            yield self._emit(at)
        if not open_now:
            self._end_value()
        elif not self._in_string:
            raise _NeedMore

    def _pass_blank(self) -> None:
        """White space, and the comments of JSONC."""
        text = self._text
        while True:
            blank = BLANK.match(text, self._at)
            assert blank is not None
            self._at = blank.end()
            if self._at >= len(text) or text[self._at] != 0x2F:
                return
            comment = ONE_COMMENT.match(text, self._at)
            if comment is None or comment.end() == len(text):
                self._await(_LONGEST_WAIT)
            if comment is None:
                return
            self._faults.note_comments(self._base + self._at)
            self._at = comment.end()

    def _await(self, size: int) -> None:
        """Go on only with so much text ahead, or all there is."""
        if not self._final and len(self._text) - self._at < size:
            raise _NeedMore

    def _label(self) -> str:
        label = "$" + "".join(frame.step for frame in self._frames)
        return label if len(label) <= _LABEL_CHARS else label[: _LABEL_CHARS - 1] + "…"

    def _note_error(self, at: int, what: str, expected: str) -> None:
        """``at``: an offset in the buffer."""
        self._faults.note_error(self._base + at, what, expected)
