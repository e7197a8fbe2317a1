"""Snippets: the lines of a chunk that answer the question, with the words found marked.

A pure function of local text. Of all windows that fit, the one with most different phrases and words is shown, on
one line if possible: a short line is shown whole, a long one cut around the match.
"""

import html
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from typing import Final

from siss.model.content import Chunk
from siss.model.hit import Snippet
from siss.model.spans import SpanMap
from siss.search.highlight import Highlighter, Mark

__all__ = ["WIDTH", "Highlighter", "make_snippet"]

WIDTH: Final = 200
"""Characters that a snippet shows at the most, ellipses and the rest of a long match aside."""

_SNAP: Final = 24
_ELLIPSIS: Final = "\u2026"
_MARKUP: Final = re.compile(r"[&<>\"']")
_BLANK: Final = re.compile(r"\s")
_ANSI: Final = re.compile(r"\x1b(?:\[[0-?]{0,32}[ -/]{0,8}[@-~]|\][^\x07\x1b]{0,256}(?:\x07|\x1b\\)|[@-Z\\^_])")
_HARMLESS: Final = {
    **{code: 0x2400 + code for code in range(0x20) if code not in {0x09, 0x0A}},
    0x7F: 0x2421,
    **dict.fromkeys([*range(0x80, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F], 0xFFFD),
}
"""Control characters as their pictures, and overrides of the writing direction as the replacement character."""
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_ODD: Final = re.compile("[^\t\n\x20-\x7e\u00a0-\u200d\u2010-\u2029\u202f-\u2065\u206a-\ud7ff\ue000-\U0010ffff]")


def make_snippet(
    highlighter: Highlighter, block: bytes, block_start: int, span_map: SpanMap, chunk: Chunk, *, width: int = WIDTH
) -> Snippet:
    """The best window of a chunk.

    ``block`` is UTF-8 text that begins at byte ``block_start`` of the content's text and holds the chunk;
    ``span_map`` leads from offsets in the content's text to the source. Where nothing matches (a name or a filter
    did), the beginning of the chunk is shown and the spans are empty. The line and the spans are those of the first
    match of the best ones, though neighbouring lines that are shown, too, may have others.
    """
    data = block[chunk.start - block_start : chunk.end - block_start]
    text = data.decode("utf-8", "surrogateescape")
    marks = highlighter.marks(text)
    whole_line = bool(chunk.level_mask) or chunk.time_min_us is not None
    if marks:
        first_at, last_at = _best(text, marks, width, highlighter.preferred(text))
        (begin, end, *_), stop = marks[first_at], marks[last_at].end
    else:
        begin = end = stop = next(highlighter.preferred(text), len(text) - len(text.lstrip()))
    shown_from, shown_to = _stretch(text, begin, stop, width, whole_line=whole_line)
    inside = [mark for mark in marks if shown_from <= mark.start and mark.end <= shown_to]
    plain, marked = _written(text, shown_from, shown_to, inside)
    text_start = chunk.start + _bytes_of(text[:begin])
    text_end = text_start + _bytes_of(text[begin:end])
    return Snippet(
        html=marked,
        text=plain,
        line=chunk.line + text.count("\n", 0, begin),
        start=span_map.to_source(text_start),
        end=span_map.to_source(text_end, end=True) if text_end > text_start else span_map.to_source(text_start),
        text_start=text_start,
        text_end=text_end,
    )


def _best(text: str, marks: list[Mark], width: int, preferred: Iterator[int]) -> tuple[int, int]:
    """First and last match of the window that says most: phrases first, then words, preferred lines, closeness."""
    wanted = {text.rfind("\n", 0, at) for at in preferred}
    if not wanted and len({mark.word for mark in marks}) == 1:  # one word: each match says as much as any
        shortest = min(range(len(marks)), key=lambda at: marks[at].end - marks[at].start)
        return shortest, shortest
    counts: Counter[str] = Counter()
    phrases = 0
    best, choice = (-1, -1, False, False, 0, 0), (0, 0)
    left = 0
    for right, mark in enumerate(marks):
        # A word counts once in a window: a line with all words beats one that repeats a phrase.
        phrases += mark.phrase and not counts[mark.word]
        counts[mark.word] += 1
        while left < right and (mark.end - marks[left].start > width or counts[marks[left].word] > 1):
            gone = marks[left]
            counts[gone.word] -= 1
            if not counts[gone.word]:
                phrases -= gone.phrase
                del counts[gone.word]
            left += 1
        start = marks[left].start
        one_line = text.find("\n", start, mark.start) < 0
        value = (
            phrases,
            len(counts),
            bool(wanted) and text.rfind("\n", 0, start) in wanted,
            one_line,
            start - mark.end,
            -left,
        )
        if value > best:
            best, choice = value, (left, right)
    return choice


def _stretch(text: str, start: int, end: int, width: int, *, whole_line: bool) -> tuple[int, int]:
    """Grow a match to its whole lines and, in prose, to its neighbours; cut where a line is too long."""
    begin = text.rfind("\n", 0, start) + 1
    stop = text.find("\n", end)
    stop = len(text) if stop < 0 else stop
    if stop - begin > width:
        return _cut(text, begin, stop, start, end, width)
    while not whole_line and stop < len(text):
        following = text.find("\n", stop + 1)
        following = len(text) if following < 0 else following
        if following - begin > width or not text[stop:following].strip():
            break
        stop = following
    while not whole_line and begin > 0:
        before = text.rfind("\n", 0, begin - 1) + 1
        if stop - before > width or not text[before:begin].strip():
            break
        begin = before
    return begin, stop


def _cut(text: str, begin: int, stop: int, start: int, end: int, width: int) -> tuple[int, int]:
    room = max(0, width - (end - start))
    first = max(begin, start - room // 3)
    last = min(stop, first + max(width, end - first))
    first = max(begin, min(first, last - width))
    if first > begin:
        blank = _BLANK.search(text, first, min(start, first + _SNAP))
        first = blank.end() if blank else _past_marks(text, first, start)
    if last < stop:
        blanks = [found.start() for found in _BLANK.finditer(text, max(end, last - _SNAP), last)]
        last = blanks[-1] if blanks else _past_marks(text, last, stop)
    return first, last


def _past_marks(text: str, at: int, limit: int) -> int:
    """Forward over combining marks, so that no letter loses its accent."""
    while at < limit and unicodedata.combining(text[at]):
        at += 1
    return at


def _written(text: str, start: int, end: int, marks: list[Mark]) -> tuple[str, str]:
    """The stretch as plain text, and as HTML with the matches marked."""
    head = "" if start == 0 or text[start - 1] == "\n" else _ELLIPSIS
    tail = "" if end >= len(text) or text[end] == "\n" or text[end : end + 2] == "\r\n" else _ELLIPSIS
    harmless = str if _ODD.search(text, start, end) is None else _harmless
    escape = str if _MARKUP.search(text, start, end) is None else html.escape
    plain, marked = [head], [head]
    at = start
    for mark in marks:
        before, word = harmless(text[at : mark.start]), harmless(text[mark.start : mark.end])
        plain += before, word
        marked += escape(before), "<em>", escape(word), "</em>"
        at = mark.end
    rest = harmless(text[at:end].removesuffix("\r"))
    return "".join((*plain, rest, tail)), "".join((*marked, escape(rest), tail))


def _harmless(text: str) -> str:
    """Without colours and cursor movements; other control characters as pictures."""
    return _SURROGATE.sub("\ufffd", _ANSI.sub("", text).replace("\r\n", "\n").translate(_HARMLESS))


def _bytes_of(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogateescape"))
