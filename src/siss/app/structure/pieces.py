"""JSON Lines that are too large for one evaluation: piece by piece, each of whole lines."""

import time
from collections.abc import AsyncGenerator
from typing import Final, NamedTuple

from msgspec.structs import replace

from siss.app.evaluators import CUT_SHORT, LATE, Evaluators
from siss.app.read_ahead import read_ahead
from siss.model.content import Kind
from siss.model.structure import Evaluated, EvaluationTask, StructureMatch, StructureQuery
from siss.ports.structure import CandidateFile
from siss.ports.texts import Texts
from siss.search.jsonpath.evaluate import NOT_JSON

PIECE_BYTES: Final = 4 << 20
LONGEST_LINE: Final = 10 << 20
"""Bytes of the longest line: a document of JSON may be as large."""
TOO_LONG: Final = f"not looked into from line {{}} on, which is longer than {LONGEST_LINE >> 20} MiB"


class _Piece(NamedTuple):
    """Whole lines. ``start``: where they begin in the text, in bytes; ``line``: how many lines are before them."""

    text: bytes
    start: int
    line: int


async def evaluate_pieces(
    texts: Texts, evaluators: Evaluators, query: StructureQuery, file: CandidateFile, limit: int, deadline: float
) -> Evaluated:
    """The first ``limit`` matches in all the lines of a file, and how many there are; with no limit, whether any are.

    What goes wrong in one piece costs that piece, and is the ``problem``. Where ``deadline`` (``time.monotonic()``)
    comes first it begins with ``CUT_SHORT`` and says how far the evaluation came.
    """
    matches: list[StructureMatch] = []
    total = decoded = reached = 0
    problem = ""
    async with read_ahead(_pieces(texts, file)) as pieces:
        async for piece in pieces:
            if len(piece.text) > LONGEST_LINE:
                problem = problem or TOO_LONG.format(piece.line + 1)
                break
            task = EvaluationTask(
                0, query.language, query.expression, Kind.JSONL, piece.text, limit - len(matches), deadline=deadline
            )
            (answer,) = await evaluators.evaluate([task])
            if answer.problem in {LATE, CUT_SHORT} or time.monotonic() > deadline:
                problem = f"{CUT_SHORT} ({reached >> 20} of {file.text_bytes >> 20} MiB were looked into)"
                break
            matches += [_moved(match, piece) for match in answer.matches]
            total += answer.total
            reached = piece.start + len(piece.text)
            decoded += answer.problem != NOT_JSON
            problem = problem or (answer.problem if answer.problem != NOT_JSON else "")
            if total and not limit:
                break
    return Evaluated(0, matches, total, problem or ("" if decoded else NOT_JSON))


async def _pieces(texts: Texts, file: CandidateFile) -> AsyncGenerator[_Piece]:
    """The text in pieces that end with a line, and less than a line that is too long."""
    at = start = line = 0
    rest = b""
    while at < file.text_bytes and len(rest) <= LONGEST_LINE:
        read = await texts.read(file.content_id, at, at + PIECE_BYTES)
        if not read:
            break  # it is being indexed again, and is shorter
        at += len(read)
        end = read.rfind(b"\n") + 1
        if not end:
            rest += read
            continue
        piece = _Piece(rest + read[:end], start, line)
        rest = read[end:]
        yield piece
        start, line = start + len(piece.text), line + piece.text.count(b"\n")
    if rest:
        yield _Piece(rest, start, line)


def _moved(match: StructureMatch, piece: _Piece) -> StructureMatch:
    """A match in a piece as one in the text."""
    return replace(
        match,
        line=None if match.line is None else match.line + piece.line,
        start=None if match.start is None else match.start + piece.start,
        end=None if match.end is None else match.end + piece.start,
        document=None if match.document is None else match.document + piece.line,
    )
