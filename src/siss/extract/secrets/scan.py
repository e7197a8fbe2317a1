"""All detectors over a stretch of text: a few RE2 passes propose, Python decides on the places that they name.

What is found at a place depends on the text within ``BEFORE`` bytes before it and ``AFTER`` bytes after it. Lines are
cut apart only where they are longer than ``LONGEST_LINE``, counted from their start. So it does not matter how the
text comes in pieces.
"""

from bisect import bisect_right, insort
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from siss.extract.secrets import assignments, bare, dumps, keyblocks, lists, manifests, sheets, tokens, unfinished
from siss.extract.secrets.candidate import Candidate, NeedsMore
from siss.extract.secrets.custom import NOTHING, Customisation
from siss.extract.secrets.dumps import Dump
from siss.extract.secrets.fingerprint import MARK
from siss.extract.secrets.forms import FORMS
from siss.extract.secrets.piece import Piece
from siss.extract.secrets.sheets import Sheets
from siss.extract.secrets.tables import Columns
from siss.matching import Searcher, compile_searcher

VERSION: Final = 15
"""Raised when the same text gives other results than before: contents are then read again."""

BEFORE: Final = 4096
AFTER: Final = keyblocks.LONGEST_BLOCK + 1024
LONGEST_LINE: Final = 1 << 16

_Detector = Callable[[bytes, int, int], Candidate | None]


@dataclass(frozen=True, slots=True)
class Scan:
    """What stands in a stretch. ``open_at``: where a secret begins whose end has not come yet."""

    found: list[Candidate]
    open_at: int | None = None


@dataclass(slots=True)
class Tables:
    """What a text that is read in order has said of the tables in it.

    ``columns``: of the table that all of the text is, as its first line says.
    """

    columns: Columns | None = None
    dump: Dump = field(default_factory=Dump)
    sheets: Sheets = field(default_factory=Sheets)

    @property
    def used(self) -> bool:
        """Whether anything is remembered: then the text below cannot be read by itself."""
        return self.columns is not None or self.dump.used or self.sheets.used


class Scanner:
    """The rules, compiled once a process. Scanning has no state."""

    def __init__(self, custom: Customisation = NOTHING) -> None:
        self._custom = custom
        self._blocks = compile_searcher(keyblocks.PROPOSAL)
        # Most texts have nothing of these, and a look by each tells. As one automaton its states would multiply.
        self._rare = [
            compile_searcher(one)
            for one in (
                keyblocks.PROPOSAL,
                manifests.HINT,
                sheets.NEAR,
                dumps.HINT,
                *(form.proposal for form in FORMS),
            )
        ]
        self._usual: list[tuple[Searcher, _Detector]] = [
            *((compile_searcher(rule.pattern.encode()), rule.classify) for rule in reversed(custom.rules)),
            (compile_searcher(tokens.proposal()), tokens.classify_token),
            (compile_searcher(assignments.PROPOSAL), assignments.classify_assignment),
        ]
        self._manifests = [
            (compile_searcher(manifests.PROPOSAL), manifests.classify_manifest),
            (compile_searcher(manifests.PLAIN), manifests.classify_plain),
        ]
        self._list_begins = compile_searcher(lists.HINT)
        self._lists = (compile_searcher(lists.PROPOSAL), lists.classify_item)
        self._passes: list[tuple[Searcher, _Detector]] = [
            *self._usual[:-1],
            *((compile_searcher(form.proposal), form.classify) for form in FORMS),
            self._usual[-1],
        ]
        self._near_sheet = compile_searcher(sheets.NEAR)
        self._sheets = compile_searcher(sheets.HINT)
        self._statements = compile_searcher(dumps.HINT)

    def scan(self, piece: Piece, tables: Tables | None = None, *, may_go_on: bool = False) -> Scan:
        """The secrets whose value begins in a piece, each at the start of a line or of a piece of one.

        ``piece.data`` has ``BEFORE`` bytes before it and ``AFTER`` behind, where there are as many; ``tables``: what
        the text said before of the tables in it; None for a lone text, in which no dump is looked for; ``may_go_on``:
        somebody may yet write the end of the last line, so what may be the beginning of a secret is one.
        """
        data, start, end, base = piece.data, piece.start, piece.end, piece.base
        sheet = Sheets() if tables is None else tables.sheets
        begin = max(data.rfind(b"\n", 0, max(start - 1, 0)) + 1, start - BEFORE, 0)
        accepted = _Accepted(self._custom, data)
        if data.find(b"\xc2\xabsecret:", begin, end) >= 0:
            accepted.taken.extend(found.span() for found in MARK.finditer(data, begin))
        rare = any(_has(search, data, begin, end) for search in self._rare)
        if rare:
            self._find_blocks(piece, accepted)
            if accepted.open_at is not None:
                end = accepted.open_at
                piece = replace(piece, end=end)
        self._find_in_lines(piece, begin, accepted, rare=rare)
        if tables is not None and tables.columns is not None:
            accepted.take(tables.columns.find(data, start, end, LONGEST_LINE))
        if rare or sheet.is_open(base + start):
            accepted.take_rows(sheet.find(piece, self._find_sheets(data, begin, end)), end)
        if tables is not None and (rare or tables.dump.is_open(base + start)):
            statements = (at for at, _ in _proposals(self._statements, data, begin, end))
            accepted.take_rows(tables.dump.find(piece, statements), end)
        if may_go_on and piece.final and end == len(data) and not data.endswith((b"\n", b"\r")):
            half = unfinished.classify_unfinished(data, begin)
            if half is not None and half.start >= start:
                accepted.take((half,))
        accepted.found.sort(key=lambda candidate: candidate.start)
        return Scan(accepted.found, accepted.open_at)

    def _find_blocks(self, piece: Piece, accepted: "_Accepted") -> None:
        """Private keys, which have many lines; one without an end leaves the stretch open where it begins."""
        data = piece.data
        for at, stop in _proposals(self._blocks, data, piece.start, piece.end):
            try:
                block = keyblocks.classify_block(data, at, stop, final=piece.final or len(data) - at > AFTER)
            except NeedsMore:
                accepted.open_at = at
                return
            if block is not None:
                accepted.take((block,))

    def _find_in_lines(self, piece: Piece, begin: int, accepted: "_Accepted", *, rare: bool) -> None:
        """What one line tells, or a few: tokens, assignments, manifests, and the forms of single tools."""
        data, start, end = piece.data, piece.start, piece.end
        passes = self._passes if rare else self._usual
        if data.find(manifests.HINT, max(start - BEFORE, 0), end if rare else begin) >= 0:
            passes = [*self._manifests, *passes]
        named: list[int] = []
        for search, classify in passes[:-1]:
            accepted.take(_candidates(search, classify, piece, begin))
        search, classify = passes[-1]

        def note(data: bytes, at: int, stop: int) -> Candidate | None:
            named.append(at)
            return classify(data, at, stop)

        accepted.take(_candidates(search, note, piece, begin))
        # A list has a name before it, as an assignment has: without any there is nothing to look for.
        before = max(begin - lists.LOOK_BACK, 0)
        if _has(self._list_begins, data, before, min(begin + 256, end)) or (
            named and _has(self._list_begins, data, named[0], end)
        ):
            accepted.take(_candidates(*self._lists, piece, begin))

    def _find_sheets(self, data: bytes, begin: int, end: int) -> Iterator[int]:
        """Where the heading of a table may begin."""
        if not any(data.find(sign, begin, end) >= 0 for sign in sheets.SIGNS):
            return
        if _has(self._near_sheet, data, begin, end):
            yield from (at for at, _ in _proposals(self._sheets, data, begin, end))

    def scan_bare(self, data: bytes) -> list[Candidate]:
        """The secret that is all there is of a text, where the name of its file says so."""
        accepted = _Accepted(self._custom, data)
        if (candidate := bare.classify_bare(data)) is not None:
            accepted.take((candidate,))
        return accepted.found


class _Accepted:
    """Candidates that are kept. Where two claim the same place, the one that came first has it.

    ``taken``: places that have a candidate, in order; ``open_at``: where a secret begins whose end has not come yet.
    """

    def __init__(self, custom: Customisation, data: bytes) -> None:
        self._custom = custom
        self._data = data
        self.found: list[Candidate] = []
        self.taken: list[tuple[int, int]] = []
        self.open_at: int | None = None

    def take(self, candidates: Iterable[Candidate]) -> None:
        """Accept those that the settings and comments do not allow, and whose place is free."""
        for candidate in candidates:
            if self._custom.keeps(candidate.rule, candidate.value) and not is_allowed(self._data, candidate):
                self._place(candidate)

    def take_rows(self, candidates: Iterable[Candidate], end: int) -> None:
        """The same for rows of a table, of which the last may have no end yet; none begins behind ``end``."""
        try:
            self.take(candidates)
        except NeedsMore as more:
            self.open_at = min(more.args[0], end if self.open_at is None else self.open_at)

    def _place(self, candidate: Candidate) -> None:
        taken = self.taken
        index = bisect_right(taken, (candidate.start, candidate.end))
        if index and taken[index - 1][1] > candidate.start:
            return
        if index < len(taken) and taken[index][0] < candidate.end:
            return
        insort(taken, (candidate.start, candidate.end))
        self.found.append(candidate)


def is_allowed(data: bytes, candidate: Candidate) -> bool:
    """Whether a comment on one of the secret's lines says that it is none."""
    begin = data.rfind(b"\n", max(candidate.start - BEFORE, 0), candidate.start) + 1
    stop = data.find(b"\n", candidate.end, candidate.end + BEFORE)
    line = data[max(begin, candidate.start - BEFORE, 0) : stop if stop >= 0 else candidate.end + BEFORE]
    return b"gitleaks:allow" in line or b"siss:allow" in line


def _has(search: Searcher, data: bytes, start: int, end: int) -> bool:
    return search(data, start, end)[0] >= 0


def _proposals(search: Searcher, data: bytes, start: int, end: int) -> Iterator[tuple[int, int]]:
    while start < end:
        span = search(data, start, end)
        if span[0] < 0:
            return
        yield span
        start = max(span[1], span[0] + 1)


def _candidates(search: Searcher, classify: _Detector, piece: Piece, begin: int) -> Iterator[Candidate]:
    """Candidates that begin in a piece, of what is proposed from ``begin`` on."""
    data, start, end = piece.data, piece.start, piece.end
    while begin < end:
        span = search(data, begin, end)
        if span[0] < 0:
            return
        candidate = classify(data, *span)
        if candidate is not None and start <= candidate.start < end:
            yield candidate
        # Another rule may propose a place inside of one that came to nothing.
        again = candidate is None and span[1] - span[0] <= _SHORT
        begin = max(span[0] + 1 if again else span[1], span[0] + 1)


_SHORT: Final = 100
"""Bytes of a proposal that is looked at for others inside of it: longer ones would make a hostile line slow."""
