"""XML: elements as sections of at most 4 KiB, with their path as label, from expat's own byte offsets.

An element is a section when its parent is too large for one; so text is cut where its structure is. Expat keeps no
tree and does not recurse; the stack here holds what is open, never deeper than ``max_depth``.

Entities are the door to most attacks on XML parsers (billion laughs, quadratic blow-up, XXE), so none is ever
declared to expat's reach: at the first declaration structural parsing ends, before anything could be expanded, and
the rest is indexed as lines. External subsets and references are never fetched. Expat before 2.6 takes quadratic
time for one token over many feeds, hence ``TOKEN_BYTES``.
"""

import math
from collections.abc import Iterator
from typing import Final
from xml.parsers import expat

from siss.model.content import Section
from siss.model.coverage import Gap, Reason
from siss.model.text import Ledger, Window
from siss.parse.source_map import SourceMap
from siss.possessive import compile_possessive

SECTION_BYTES: Final = 4096
TOKEN_BYTES: Final = 4 << 20
"""The longest tag, comment or processing instruction that is waited for."""
_DEEPEST: Final = 10_000
"""Where structural parsing ends: expat keeps some bytes for each open element."""
_FEED_BYTES: Final = 1 << 20
_LABEL_CHARS: Final = 200
_STEP_CHARS: Final = 60
_TAG: Final = compile_possessive(rb"""<(?:[^>"']++|"[^"]*+"|'[^']*+')*+>""")


class _Stop(Exception):  # noqa: N818 - not an error: structure is not looked at any further
    pass


_Child = tuple[str, int, int, int]
"""Name, number among its namesakes, start, end."""
_Open = tuple[str, int, int, dict[str, int], list[_Child]]
"""Name, number, start, counts of its children by name, and those that are sections if it turns out to be large."""


class XmlParser:
    """Finds the sections of an XML document. ``max_depth``: levels beyond it are passed over as text."""

    def __init__(self, ledger: Ledger, *, max_depth: int = 32) -> None:
        self._ledger = ledger
        self._max_depth = max_depth
        self._source_map = SourceMap()
        self._open: list[_Open] = []
        self._large = 0  # how many of the open elements, from the root on, are larger than a section
        self._limit: float = math.inf  # where the next of them becomes so
        self._below = 0  # elements open beyond the depth limit
        self._deep = False
        self._skipped_entity = False
        self._ready: list[Section] = []
        self._base = 0  # text offset that expat counts from
        self._fed = 0
        self._text = b""  # from the token on that expat waits for the end of
        self._text_at = 0
        self._ended = False
        # What the declaration says is about the source; the text is UTF-8.
        parser = self._parser = expat.ParserCreate("utf-8")
        parser.ordered_attributes = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.EntityDeclHandler = self._refuse_entity
        parser.ExternalEntityRefHandler = self._refuse_external
        parser.SkippedEntityHandler = self._skip_entity

    def feed(self, window: Window) -> Iterator[Section]:
        """The elements that end in this window."""
        self._source_map.note(window)
        if self._ended:
            return iter(())
        if not self._fed:
            self._base = window.start
        for at in range(0, len(window.data), _FEED_BYTES):
            self._parse(window.data[at : at + _FEED_BYTES], final=False)
        return self._take()

    def close(self) -> Iterator[Section]:
        """Nothing more, but what is wrong at the end."""
        self._parse(b"", final=True)
        del self._parser  # it holds this one by its handlers: a cycle, which would keep the text until a collection
        return self._take()

    def _parse(self, data: bytes, *, final: bool) -> None:
        if self._ended:
            return
        self._text_at = self._fed - len(self._text)
        self._text += data
        self._fed += len(data)
        try:
            self._parser.Parse(data, final)
            waiting = max(self._parser.CurrentByteIndex, 0)
            self._text = self._text[waiting - self._fed :] if waiting < self._fed else b""
            if len(self._text) > TOKEN_BYTES and not final:
                self._note(Reason.PARSE_ERROR, waiting, f"a tag or comment of more than {TOKEN_BYTES:,} bytes")
                self._stop()
        except expat.ExpatError as error:
            self._note(Reason.PARSE_ERROR, self._parser.ErrorByteIndex, expat.ErrorString(error.code))
            self._stop()
        except _Stop:
            self._stop()

    def _take(self) -> Iterator[Section]:
        ready, self._ready = self._ready, []
        return iter(ready)

    def _stop(self) -> None:
        """No more structure: what is open was not seen whole, its complete children were."""
        self._ended = True
        for depth in range(len(self._open)):
            self._release(depth)
        self._open.clear()
        self._text = b""

    def _start(self, name: str, _attributes: list[str]) -> None:
        at = self._parser.CurrentByteIndex
        if at > self._limit:
            self._enlarge(at)
        opened = self._open
        depth = len(opened)
        if depth >= self._max_depth:
            self._pass_over(at)
            return
        number = 0
        if depth:
            counts = opened[-1][3]
            number = counts[name] = counts.get(name, 0) + 1
        opened.append((name, number, at, {}, []))
        if depth == self._large:
            self._limit = at + SECTION_BYTES

    def _end(self, _name: str) -> None:
        if self._below:
            self._below -= 1
            return
        at = self._parser.CurrentByteIndex
        if at > self._limit:
            self._enlarge(at)
        name, number, start, _, _ = self._open.pop()
        depth = len(self._open)
        if depth > self._large:
            self._open[-1][4].append((name, number, start, self._after_tag(start, at)))
            return
        self._limit = math.inf
        if depth < self._large:
            self._large = depth
        else:
            self._emit(depth, (name, number, start, self._after_tag(start, at)))

    def _pass_over(self, at: int) -> None:
        if not self._deep:
            self._deep = True
            self._note(Reason.DEPTH_LIMIT, at, f"nested deeper than {self._max_depth} levels")
        self._below += 1
        if self._below > _DEEPEST:
            raise _Stop

    def _enlarge(self, at: int) -> None:
        """Elements that are larger than a section by now give their children as sections."""
        while self._large < len(self._open) and at - self._open[self._large][2] > SECTION_BYTES:
            self._release(self._large)
            self._large += 1
        self._limit = self._open[self._large][2] + SECTION_BYTES if self._large < len(self._open) else math.inf

    def _release(self, depth: int) -> None:
        waiting = self._open[depth][4]
        for child in waiting:
            self._emit(depth + 1, child)
        waiting.clear()

    def _emit(self, depth: int, child: _Child) -> None:
        name, number, start, end = child
        label = "".join(_step(above, count) for above, count, *_ in self._open[:depth]) + _step(name, number)
        if len(label) > _LABEL_CHARS:
            label = label[: _LABEL_CHARS - 1] + "…"
        self._ready.append(Section(self._base + start, self._base + end, label=label))

    def _after_tag(self, start: int, at: int) -> int:
        """The offset after an element. Expat says where its end tag begins, or, of an empty one, where it ends."""
        text, inside = self._text, at - self._text_at
        if text[inside - 2 : inside] == b"/>" and start >= self._text_at:
            tag = _TAG.match(text, start - self._text_at)
            if tag and tag.end() == inside:
                return at
        found = text.find(b">", inside)
        return self._text_at + found + 1 if found >= 0 else at

    def _refuse_entity(self, name: str, *_rest: object) -> None:
        self._note(
            Reason.ENTITIES_REFUSED, self._parser.CurrentByteIndex, f"entity {name[:_STEP_CHARS]!r} is declared"
        )
        raise _Stop

    def _refuse_external(self, *_names: object) -> int:
        self._note(Reason.ENTITIES_REFUSED, self._parser.CurrentByteIndex, "an external entity is referred to")
        raise _Stop

    def _skip_entity(self, name: str, _parameter: bool) -> None:
        if not self._skipped_entity:
            self._skipped_entity = True
            at = self._parser.CurrentByteIndex
            self._note(Reason.ENTITIES_REFUSED, at, f"entity {name[:_STEP_CHARS]!r} stands as written")

    def _note(self, reason: Reason, index: int, what: str) -> None:
        offset = self._base + max(index, 0)
        detail = f"Line {self._source_map.line(offset)}: {what}."
        self._ledger.note(Gap(reason, start=self._source_map.source(offset), detail=detail, lost=False))


def _step(name: str, number: int) -> str:
    return f"/{name[:_STEP_CHARS]}[{number}]" if number else f"/{name[:_STEP_CHARS]}"
