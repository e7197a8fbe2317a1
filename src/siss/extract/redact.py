"""Redaction: every window passes here, and leaves with fingerprints where its secrets stood.

Line breaks and syntax stay as they were, and ``runs`` lead from the redacted text back to the source. How the text
comes in windows makes no difference: a line waits until the one after it has come, since a value may stand below its
name, and a key block waits for its end. What waits is bounded (``secrets.scan.AFTER`` and a line).

A text that grows may be redacted anew from a line on that ``may_begin_at`` allows, with ``BEFORE`` bytes of what
stood before it as ``context``: the result is that of the whole text.
"""

from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Iterator
from typing import Final

from siss.extract.secrets.candidate import Candidate
from siss.extract.secrets.fingerprint import Fingerprinter, mark
from siss.extract.secrets.scan import AFTER, BEFORE, LONGEST_LINE, Scan, Scanner, Tables
from siss.extract.secrets.tables import LONGEST_HEADER, end_of_header, read_header
from siss.model.secret import SecretFinding, SecretSeverity
from siss.model.spans import Run
from siss.model.text import Window

MOST_FINDINGS: Final = 10_000
"""Findings that are kept of one content; more are redacted and counted."""


_REMEMBERED: Final = 4096
"""Secrets of several lines, inside which nothing may begin anew, that are remembered."""


class Redactor:
    """One content's windows in order. ``line``: the number of the first one.

    ``accepted``: fingerprints that a baseline names; ``context``: text that stands before the first window;
    ``bare``: the file's name says that its one line is a secret; ``may_go_on``: a last line without an end may be
    half of one.
    ``findings`` and ``count`` grow as windows pass; ``critical`` is the first finding that hides the content.
    """

    def __init__(
        self,
        scanner: Scanner,
        fingerprinter: Fingerprinter,
        *,
        line: int = 1,
        accepted: frozenset[str] = frozenset(),
        context: bytes = b"",
        bare: bool = False,
        may_go_on: bool = False,
    ) -> None:
        self._scanner = scanner
        self._fingerprinter = fingerprinter
        self._accepted = accepted
        self._line = line
        self._text_at: int | None = None
        self._buffer = context
        self._at = len(context)
        """Where in the buffer the text begins that was not given back; before it stands context."""
        self._bare = bare and line == 1 and not context
        self._may_go_on = may_go_on
        self._line_offset = 0
        self._tables = Tables()
        self._base = 0
        """How much of the text was let go of before the buffer."""
        self._begins = line == 1 and not context
        self._windows: list[tuple[int, Window]] = []
        """Windows of the text in the buffer, with the offset in the buffer where each begins."""
        self._settled = 0
        """Up to where in the source more text at the end would change nothing."""
        self._whole: deque[tuple[int, int]] = deque(maxlen=_REMEMBERED)
        """Where in the source secrets of several lines stand."""
        self.findings: list[SecretFinding] = []
        self.count = 0
        self.critical: SecretFinding | None = None

    def may_begin_at(self, source: int) -> bool:
        """Whether the text, grown or not, can be redacted anew from a line that begins at a source offset."""
        if source > self._settled or self._tables.used:
            return False  # a row does not say which columns it has
        whole = self._whole
        if len(whole) == _REMEMBERED and source < whole[0][1]:
            return False
        return not any(start < source < end for start, end in whole)

    def take(self, window: Window) -> Window | None:
        """What is settled with this window, redacted; None for nothing yet. With a final one, all of the rest."""
        if self._text_at is None:
            self._text_at = window.start
        if window.data or not self._windows:
            self._windows.append((len(self._buffer), window))
        self._buffer += window.data
        edits: list[Candidate] = []
        stop = self._settle(edits, self._at, final=False)
        self._settled = self._source(stop)
        if window.final:
            whole = self._bare and not edits and self._at == 0
            stop = self._settle(edits, stop, final=True)
            if whole and not edits:
                edits.extend(self._scanner.scan_bare(self._buffer))
        elif stop == self._at:
            return None
        redacted = self._rewrite(edits, stop, final=window.final)
        self._let_go(stop)
        return redacted

    def _settle(self, edits: list[Candidate], at: int, *, final: bool) -> int:
        """Scan what can be decided from an offset on. Gives the offset up to which it is."""
        size = len(self._buffer)
        while at < size:
            settle = self._settle_piece if self._line_offset or self._begins_long(at) else self._settle_lines
            stop = settle(edits, at, final=final)
            if stop == at:
                break
            at = stop
        return at

    def _begins_long(self, at: int) -> bool:
        end = at + LONGEST_LINE
        return end <= len(self._buffer) and self._buffer.find(b"\n", at, end) < 0

    def _settle_piece(self, edits: list[Candidate], at: int, *, final: bool) -> int:
        """A piece of a long line. Pieces are counted from the start of the line."""
        data, size, offset = self._buffer, len(self._buffer), self._line_offset
        self._begins = False
        piece_end = at + LONGEST_LINE - offset % LONGEST_LINE
        line_end = data.find(b"\n", at, piece_end) + 1
        end = min(line_end or piece_end, size)
        if not final and size < end + AFTER:
            return at
        found = self._scan(at, end, final=final).found
        edits.extend(found)
        stop = max(end, found[-1].end) if found else end
        self._line_offset = stop - (data.rfind(b"\n", at, stop) + 1) if line_end else offset + stop - at
        return stop

    def _settle_lines(self, edits: list[Candidate], at: int, *, final: bool) -> int:
        """The same for lines that are not long, up to the first that is."""
        data, size = self._buffer, len(self._buffer)
        if self._begins:
            header = end_of_header(data)
            if not final and not header and size < LONGEST_HEADER:
                return at
            self._begins, self._tables.columns = False, read_header(data[:header])
        end = at
        while (line_end := data.rfind(b"\n", end, end + LONGEST_LINE)) >= 0:
            end = line_end + 1
        if final and size - end < LONGEST_LINE:
            end = stop = size
        elif size - end >= LONGEST_LINE:
            stop = end
        else:
            # The last line waits for the next.
            stop = max(data.rfind(b"\n", at, max(end - 1, at)) + 1, at)
        if stop == at:
            return at
        scan = self._scan(at, end, final=final)
        if scan.open_at is not None:
            stop = min(stop, max(data.rfind(b"\n", at, scan.open_at) + 1, at))
        for candidate in scan.found:
            begin = candidate.start if candidate.begin is None else candidate.begin
            if begin < stop < candidate.end:
                stop = max(data.rfind(b"\n", at, begin) + 1, at)
        edits.extend(candidate for candidate in scan.found if candidate.end <= stop)
        return stop

    def _scan(self, at: int, end: int, *, final: bool) -> Scan:
        return self._scanner.scan(
            self._buffer,
            at,
            end,
            final=final,
            tables=self._tables,
            base=self._base,
            may_go_on=self._may_go_on,
        )

    def _rewrite(self, edits: list[Candidate], stop: int, *, final: bool) -> Window:
        assert self._text_at is not None
        start = self._at
        source_start = self._source(start)
        out: list[bytes] = []
        runs: list[Run] = []
        text_at, at, line, counted = self._text_at, start, self._line, start
        data = self._buffer
        mapped = bool(edits) or any(window.runs for _, window in self._windows)
        for candidate in edits:
            begin = candidate.start if candidate.begin is None else candidate.begin
            if data.find(b"\n", begin, candidate.end) >= 0:
                self._whole.append((self._source(begin), self._source(candidate.end, end=True)))
            line += data.count(b"\n", counted, candidate.start)
            counted = candidate.start
            fingerprint = self._fingerprinter.of(candidate.value)
            shown = candidate.quote + mark(candidate.rule, fingerprint) + candidate.quote
            first = text_at + candidate.start - at
            for begin, end in candidate.edits or ((candidate.start, candidate.end),):
                end = _character_end(data, end)  # noqa: PLW2901 - a bounded pattern may end inside one
                out += (data[at:begin], shown)
                runs.extend(self._kept(at, begin, text_at))
                text_at += begin - at
                if shown:
                    runs.append(Run(text_at, self._source(begin), 0, 0))
                text_at += len(shown)
                at, shown = end, b""
            around = len(candidate.quote)
            self._note(candidate, fingerprint, line, first + around, text_at - around)
        out.append(data[at:stop])
        if mapped:
            runs.extend(self._kept(at, stop, text_at))
            if at == stop and runs:
                runs.append(Run(text_at, self._source(stop), 1, 1))
        self._line = line + data.count(b"\n", counted, stop)
        redacted = Window(self._text_at, b"".join(out), source_start, final, tuple(runs))
        self._text_at = redacted.end
        return redacted

    def _note(self, candidate: Candidate, fingerprint: str, line: int, start: int, end: int) -> None:
        self.count += 1
        if self.count > MOST_FINDINGS and (self.critical is not None or not candidate.critical):
            return
        finding = SecretFinding(
            candidate.rule,
            SecretSeverity.CRITICAL if candidate.critical else SecretSeverity.HIGH,
            fingerprint,
            line,
            start,
            end,
            self._source(candidate.start),
            self._source(candidate.end, end=True),
            fingerprint in self._accepted,
        )
        self.findings.append(finding)
        if self.critical is None and finding.hides:
            self.critical = finding

    def _source(self, at: int, *, end: bool = False) -> int:
        """The source offset of an offset in the buffer."""
        base, window = self._windows[0]
        for found in self._windows:
            if found[0] > at or (end and found[0] == at):
                break
            base, window = found
        return window.span_map.to_source(window.start + at - base, end=end)

    def _kept(self, start: int, end: int, text_at: int) -> Iterator[Run]:
        """The runs of a stretch of the buffer that stays, at its place in the redacted text."""
        for index, (base, window) in enumerate(self._windows):
            stop = self._windows[index + 1][0] if index + 1 < len(self._windows) else len(self._buffer)
            low, high = max(start, base), min(end, stop)
            if low >= high:
                continue
            shift = text_at + low - start - (window.start + low - base)
            if not window.runs:
                yield Run(text_at + low - start, window.source_start + low - base, 1, 1)
                continue
            begin, last = window.start + low - base, window.start + high - base
            first = max(bisect_right(window.runs, begin, key=_text_of) - 1, 0)
            for number in range(first, bisect_left(window.runs, last, key=_text_of)):
                run = window.runs[number]
                if run.text >= begin:
                    yield Run(run.text + shift, run.source, run.text_unit, run.source_unit)
                else:
                    yield Run(begin + shift, window.span_map.to_source(begin), run.text_unit, run.source_unit)

    def _let_go(self, stop: int) -> None:
        """Keep the text that waits, and some before it."""
        cut = max(stop - BEFORE, 0)
        self._buffer = self._buffer[cut:]
        self._base += cut
        self._at = stop - cut
        kept = [(base - cut, window) for base, window in self._windows]
        while len(kept) > 1 and kept[1][0] <= self._at:
            kept.pop(0)
        self._windows = kept


def _text_of(run: Run) -> int:
    return run.text


def _character_end(data: bytes, end: int) -> int:
    while end < len(data) and data[end] & 0xC0 == 0x80:
        end += 1
    return end
