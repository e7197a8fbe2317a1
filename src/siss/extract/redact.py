"""Redaction: every window passes here, and leaves with fingerprints where its secrets stood.

Line breaks and syntax stay as they were, and ``runs`` lead from the redacted text back to the source. Offsets are in
the original text that waits (``Original.data``), unless they are said to be in the redacted text or the source.

How the text comes in windows makes no difference: a line waits until the one after it has come, since a value may
stand below its name, and a key block waits for its end. What waits is bounded (``secrets.scan.AFTER`` and a line).

A text that grows may be redacted anew from a line on that ``may_begin_at`` allows, with ``BEFORE`` bytes of what
stood before it as ``context``: the result is that of the whole text.
"""

from collections import deque
from typing import Final

from siss.extract.original import Original
from siss.extract.secrets.candidate import Candidate
from siss.extract.secrets.fingerprint import Fingerprinter, mark
from siss.extract.secrets.piece import Piece
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
        self._original = Original(context)
        self._text_at: int | None = None
        """How long the redacted text is, from the start of the content."""
        self._bare = bare and line == 1 and not context
        self._may_go_on = may_go_on
        self._line_offset = 0
        self._tables = Tables()
        self._begins = line == 1 and not context
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
        original = self._original
        original.append(window)
        edits: list[Candidate] = []
        stop = self._settle(edits, original.at, final=False)
        self._settled = original.source_of(stop)
        if window.final:
            whole = self._bare and not edits and original.at == 0
            stop = self._settle(edits, stop, final=True)
            if whole and not edits:
                edits.extend(self._scanner.scan_bare(original.data))
        elif stop == original.at:
            return None
        redacted = self._rewrite(edits, stop, final=window.final)
        original.let_go(stop, keep=BEFORE)
        return redacted

    def _settle(self, edits: list[Candidate], at: int, *, final: bool) -> int:
        """Scan what can be decided from an offset on. Gives the offset up to which it is."""
        size = len(self._original.data)
        while at < size:
            settle = self._settle_piece if self._line_offset or self._begins_long(at) else self._settle_lines
            stop = settle(edits, at, final=final)
            if stop == at:
                break
            at = stop
        return at

    def _begins_long(self, at: int) -> bool:
        end = at + LONGEST_LINE
        return end <= len(self._original.data) and self._original.data.find(b"\n", at, end) < 0

    def _settle_piece(self, edits: list[Candidate], at: int, *, final: bool) -> int:
        """A piece of a long line. Pieces are counted from the start of the line."""
        data, size, offset = self._original.data, len(self._original.data), self._line_offset
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
        data, size = self._original.data, len(self._original.data)
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
        piece = Piece(self._original.data, at, end, self._original.base, final)
        return self._scanner.scan(piece, self._tables, may_go_on=self._may_go_on)

    def _rewrite(self, edits: list[Candidate], stop: int, *, final: bool) -> Window:
        assert self._text_at is not None
        original, start = self._original, self._original.at
        draft = _Draft(original, start, self._text_at, mapped=bool(edits) or original.mapped)
        counted = start
        for candidate in edits:
            begin = candidate.start if candidate.begin is None else candidate.begin
            if original.data.find(b"\n", begin, candidate.end) >= 0:
                self._whole.append((original.source_of(begin), original.source_of(candidate.end, end=True)))
            self._line += original.data.count(b"\n", counted, candidate.start)
            counted = candidate.start
            fingerprint = self._fingerprinter.of(candidate.value)
            shown = candidate.quote + mark(candidate.rule, fingerprint) + candidate.quote
            text_start = draft.text_at + candidate.start - draft.at
            for begin, end in candidate.edits or ((candidate.start, candidate.end),):
                draft.keep(begin)
                draft.replace(_character_end(original.data, end), shown)
                shown = b""
            around = len(candidate.quote)
            self._note(candidate, fingerprint, text_start + around, draft.text_at - around)
        self._line += original.data.count(b"\n", counted, stop)
        redacted = draft.close(stop, self._text_at, original.source_of(start), final=final)
        self._text_at = redacted.end
        return redacted

    def _note(self, candidate: Candidate, fingerprint: str, start: int, end: int) -> None:
        """``start``, ``end``: half-open offsets of the fingerprint in the redacted text."""
        self.count += 1
        if self.count > MOST_FINDINGS and (self.critical is not None or not candidate.critical):
            return
        finding = SecretFinding(
            candidate.rule,
            SecretSeverity.CRITICAL if candidate.critical else SecretSeverity.HIGH,
            fingerprint,
            self._line,
            start,
            end,
            self._original.source_of(candidate.start),
            self._original.source_of(candidate.end, end=True),
            fingerprint in self._accepted,
        )
        self.findings.append(finding)
        if self.critical is None and finding.hides:
            self.critical = finding


class _Draft:
    """A redacted window while it is written.

    ``at``: offset up to which the original is in it; ``text_at``: the same place as an offset in the redacted text;
    ``mapped``: the two may differ in length.
    """

    def __init__(self, original: Original, at: int, text_at: int, *, mapped: bool) -> None:
        self._original = original
        self._mapped = mapped
        self._parts: list[bytes] = []
        self._runs: list[Run] = []
        self.at = at
        self.text_at = text_at

    def keep(self, end: int) -> None:
        """Take over the original up to an offset."""
        self._parts.append(self._original.data[self.at : end])
        if self._mapped:
            self._runs.extend(self._original.runs(self.at, end, self.text_at))
        self.text_at += end - self.at
        self.at = end

    def replace(self, end: int, shown: bytes) -> None:
        """Put something else, or nothing, in the place of the original up to an offset."""
        if shown:
            self._runs.append(Run(self.text_at, self._original.source_of(self.at), 0, 0))
            self._parts.append(shown)
        self.text_at += len(shown)
        self.at = end

    def close(self, stop: int, text_start: int, source_start: int, *, final: bool) -> Window:
        """The window that ends with the original up to ``stop``."""
        if self.at == stop and self._runs:
            self._runs.append(Run(self.text_at, self._original.source_of(stop), 1, 1))
        self.keep(stop)
        return Window(text_start, b"".join(self._parts), source_start, final, tuple(self._runs))


def _character_end(data: bytes, end: int) -> int:
    while end < len(data) and data[end] & 0xC0 == 0x80:
        end += 1
    return end
