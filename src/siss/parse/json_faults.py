"""What is wrong with a JSON text, on its ledger: the first error, that there are comments, that it is too deep."""

import re
from typing import Final

import msgspec

from siss.model.coverage import Gap, Reason
from siss.model.text import Ledger
from siss.parse.json_patterns import blank_comments
from siss.parse.source_map import SourceMap

MOST_ERRORS: Final = 1000
"""After so many there is no structure worth looking for."""

_AT_BYTE = re.compile(r"(?:JSON is malformed: )?(.*?)(?: \(byte (\d+)\))?")
_CHECK = msgspec.json.Decoder(msgspec.Raw).decode


class JsonFaults:
    """Notes each sort of fault once. Offsets: bytes of the whole text."""

    def __init__(self, ledger: Ledger, source_map: SourceMap) -> None:
        self._ledger = ledger
        self._source_map = source_map
        self._noted: set[str] = set()
        self._errors = 0

    @property
    def hopeless(self) -> bool:
        """Whether so much is wrong that it is no JSON."""
        return self._errors > MOST_ERRORS

    def check(self, piece: bytes, at: int, *, added: int = 0) -> None:
        """Note what is wrong with a complete piece at an offset. ``added``: bytes that were put before its own."""
        try:
            _CHECK(piece)
        except msgspec.DecodeError as error:
            if b"/" in piece and (bare := blank_comments(piece)) != piece:
                self.note_comments(at)
                self.check(bare, at, added=added)
                return
            found = _AT_BYTE.fullmatch(str(error))
            assert found is not None
            if found[2] is None:
                self.note_error(at, "an escape without its other half", "a pair of surrogates")
            else:
                self.note_error(at + int(found[2]) - added, found[1], "")

    def note_error(self, at: int, what: str, expected: str) -> None:
        """Only the first is noted: later ones mostly follow from it."""
        self._errors += 1
        if "error" in self._noted:
            return
        where = f"Line {self._source_map.line(at)}: {what}"
        self._note("error", Reason.PARSE_ERROR, at, f"{where}, expected {expected}." if expected else f"{where}.")

    def note_comments(self, at: int) -> None:
        """The text has comments."""
        self._note("comments", Reason.PARSE_ERROR, at, "Comments are not JSON; the rest is read as JSONC.")

    def note_depth(self, at: int, levels: int) -> None:
        """A container begins below so many others."""
        self._note("depth", Reason.DEPTH_LIMIT, at, f"Nested deeper than {levels} levels.")

    def _note(self, once: str, reason: Reason, at: int, detail: str) -> None:
        if once not in self._noted:
            self._noted.add(once)
            self._ledger.note(Gap(reason, start=self._source_map.source(at), detail=detail, lost=False))
